/* Draws every .chart from the figure JSON it carries, in the page's own colours, and again when the colour scheme changes. */
"use strict";

(() => {
  const token = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

  const figureOf = (element) => {
    const block = element.querySelector('script[type="application/json"]') ||
      (element.nextElementSibling && element.nextElementSibling.matches('script[type="application/json"]') ? element.nextElementSibling : null);
    const text = element.dataset.figure || (block && block.textContent);
    return text ? JSON.parse(text) : null;
  };

  const themed = (layout) => {
    const axis = { gridcolor: token("--line"), linecolor: token("--line-strong"), zerolinecolor: token("--line"), tickcolor: token("--line") };
    const result = {
      ...layout,
      paper_bgcolor: "rgba(0,0,0,0)",
      plot_bgcolor: "rgba(0,0,0,0)",
      font: { ...(layout.font || {}), family: token("--sans"), color: token("--ink-soft"), size: 12 },
      hoverlabel: { bgcolor: token("--surface"), bordercolor: token("--line-strong"), font: { color: token("--ink"), family: token("--sans") } },
      autosize: true,
    };
    delete result.width;
    for (const name of Object.keys(layout).filter((key) => /^[xy]axis\d*$/.test(key)).concat(["xaxis", "yaxis"])) {
      result[name] = { ...(layout[name] || {}), ...axis, automargin: true };
    }
    return result;
  };

  /* A name inside a pale part of a bar stands, in fact, on the page: plotly takes the colour for a full one. */
  const legible = (trace) => {
    const found = /^rgba\(.*,\s*([\d.]+)\)$/.exec((trace.marker && trace.marker.color) || "");
    return trace.type === "bar" && found && Number(found[1]) < 0.8 ? { ...trace, insidetextfont: { color: token("--ink") } } : trace;
  };

  const draw = (element) => {
    const figure = figureOf(element);
    if (!figure || !window.Plotly) return;
    window.Plotly.react(element, figure.data.map(legible), themed(figure.layout || {}), { displayModeBar: false, responsive: true, ...(figure.config || {}) })
      .then(() => { element.dataset.drawn = "true"; });
  };

  const drawAll = () => document.querySelectorAll(".chart").forEach(draw);

  document.addEventListener("DOMContentLoaded", drawAll);
  document.addEventListener("htmx:afterSwap", drawAll);
  window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
})();
