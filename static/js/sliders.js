/* Puts a slider beside every number field that asks for one. The field stays what is sent, and can be typed into. */
"use strict";

(() => {
  const STEPS = 1000;

  /* Where a value stands between low and high, 0 to 1, and back. A logarithmic scale that starts at 0 is even up to 1. */
  const scale = (kind, low, high) => {
    if (kind !== "logarithmic") return { at: (value) => (value - low) / (high - low), value: (at) => low + at * (high - low) };
    const shift = low > 0 ? 0 : 1 - low;
    const [first, last] = [Math.log(low + shift), Math.log(high + shift)];
    return { at: (value) => (Math.log(value + shift) - first) / (last - first), value: (at) => Math.exp(first + at * (last - first)) - shift };
  };

  /* Three significant digits, or a whole number, inside the bounds. */
  const tidy = (value, whole, low, high) => {
    const rounded = Number(value.toPrecision(3));
    return Math.min(high, Math.max(low, whole ? Math.round(rounded) : rounded));
  };

  const attach = (field) => {
    const [low, high, whole] = [Number(field.min), Number(field.max), field.step === "1"];
    const label = document.querySelector(`label[for="${CSS.escape(field.id)}"]`);
    if (!(high > low) || !label) return;
    const along = scale(field.dataset.slider, low, high);
    const range = document.createElement("input");
    range.type = "range";
    range.min = 0;
    range.max = STEPS;
    range.setAttribute("aria-label", `${label.textContent.trim()}, slider`);

    const tell = () => range.setAttribute("aria-valuetext", `${Number(field.value).toLocaleString("en-GB")} ${field.dataset.unit}`.trim());
    const follow = () => {
      const value = Number(field.value);
      if (field.value === "" || Number.isNaN(value)) return;
      range.value = Math.round(along.at(Math.min(high, Math.max(low, value))) * STEPS);
      tell();
    };
    range.addEventListener("input", () => {
      field.value = String(tidy(along.value(Number(range.value) / STEPS), whole, low, high));
      tell();
    });
    field.addEventListener("input", follow);
    follow();
    field.closest("[data-slider-field]").insertBefore(range, field.closest(".with-unit"));
  };

  document.querySelectorAll("input[data-slider]").forEach(attach);
})();
