"""The charts of the pages; the only door to plotly.

Each function gives a `Chart`: a plotly figure as JSON, a sentence, and a table of the same figures for screen readers
and for browsers without scripts. No HTML and no script is made here (`templates/reports/_chart.html` does that), so the
pages' content security policy needs no exception. Grounds are transparent and the page sets the ink.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import plotly.graph_objects as go
import plotly.io

from engine.external_measurement import Timed
from engine.measurement import Measurement
from planner.reports import facts_measured as measured
from planner.reports import facts_money as money
from planner.reports import facts_outlook as outlook
from planner.reports import facts_recorded as recorded
from planner.reports import marks
from planner.reports.document import EstimateDocument
from planner.reports.facts import BLUE, GREEN, ORANGE, VERMILLION, Facts, Ranked, coarse, top_and_rest
from planner.reports.marks import Layout, Trace
from planner.reports.wording import bytes_scale, count, latency, share, size, usd

_POINTS = 1200  # of a series over time; longer ones are drawn in steps
_HEIGHT = 340
_LEGEND_ROW = 20  # pixels: the names of designs are long and stand one below the other


@dataclass(frozen=True, slots=True)
class Chart:
    """A chart as data. `figure_json`: plotly's `{"data": …, "layout": …}`, empty when there is nothing to draw.

    `rows` are as wide as `columns`; `summary` stands on its own and says why when nothing is drawn.
    """

    title: str
    figure_json: str
    summary: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]

    @property
    def figure(self) -> Any:
        """The figure as plain data, for templates; None when there is nothing to draw."""
        return json.loads(self.figure_json) if self.figure_json else None


def latency_chart(measurement: Timed) -> Chart:
    """Response (solid) and service (dotted) time by quantile and class, on a logarithmic axis."""
    traces = []
    labels = [label for _, label in measured.QUANTILES]
    for name in measured.latency_classes(measurement):
        timing, colour = measurement.latency_us[name], measured.CLASS_COLOURS[name]
        for kind, quantiles, dash in (("response", timing.response, "solid"), ("service", timing.service, "dot")):
            values = measured.quantile_values(quantiles)
            hover = [latency(value) for value in values]
            traces.append(marks.line(f"{name}, {kind}", labels, values, colour, hover=hover, dash=dash))
    layout = {"xaxis": marks.axis("Quantile", type="category"), "yaxis": _latency_axis(traces)}
    return draw(measured.latency_facts(measurement), traces, layout)


def latency_over_time(measurement: Timed) -> Chart:
    """Median and 99th percentile of response time in each second of the replay."""
    series = measurement.series
    traces = []
    for name, values, colour in (("p50", series.response_p50_us, BLUE), ("p99", series.response_p99_us, VERMILLION)):
        steps = coarse(values, _POINTS)
        hover = [f"{latency(us)} at {second} s" for second, us in zip(steps.seconds, steps.values, strict=True)]
        traces.append(marks.line(name, steps.seconds, steps.values, colour, hover=hover))
    layout = {"xaxis": marks.axis("Second of the replay"), "yaxis": _latency_axis(traces)}
    return draw(measured.latency_over_time_facts(measurement), traces, layout)


def throughput_over_time(measurement: Timed) -> Chart:
    """Operations answered in each second of the replay."""
    facts = measured.throughput_facts(measurement)
    return _over_time(facts, measurement.series.operations, BLUE, "ops/s", "Operations per second", "replay")


def memory_chart(measurement: Measurement) -> Chart:
    """Dataset and overhead of each shard's primary, stacked."""
    shards = measurement.memory.shards
    scale = bytes_scale(max((shard.used_bytes for shard in shards), default=0))
    names = [f"shard {shard.shard}" for shard in shards]
    traces = []
    for name, colour in (("dataset", BLUE), ("overhead", ORANGE)):
        values = [getattr(shard, f"{name}_bytes") for shard in shards]
        heights = [value / scale.divisor for value in values]
        traces.append(marks.bar(name, names, heights, colour, hover=[size(value) for value in values]))
    layout = {"barmode": "stack", "xaxis": {"type": "category"}, "yaxis": marks.from_zero(f"Memory ({scale.unit})")}
    return draw(measured.memory_by_shard_facts(measurement), traces, layout)


def memory_by_family(measurement: Measurement) -> Chart:
    """Memory of the largest key families."""
    groups = (("Memory", measured.memory_families(measurement)),)
    return bytes_ranking(measured.memory_by_family_facts(measurement), groups, "Memory", (BLUE,))


def data_written_chart(measurement: Measurement) -> Chart:
    """Where the data written comes from: bytes by command and by key family."""
    groups = measured.written_by(measurement)
    return bytes_ranking(measured.data_written_facts(measurement), groups, "Data written", (VERMILLION, BLUE))


def data_written_rate_chart(measurement: Measurement) -> Chart:
    """Bytes written in each second of the replay, with the limit of all shards when it is within sight."""
    per_second = measurement.data_written.per_second
    cap = measured.cap_in_sight(measurement)
    scale = bytes_scale(max(max(per_second, default=0), cap or 0))
    values = [value / scale.divisor for value in per_second]
    unit = f"{scale.unit}/s"
    facts = measured.data_written_rate_facts(measurement)
    shards = measurement.topology.shards
    more = {} if cap is None else marks.level(cap / scale.divisor, f"limit: {shards} x 100 MB/s")
    return _over_time(facts, values, VERMILLION, unit, f"Data written ({unit})", "replay", more)


def cost_chart(document: EstimateDocument) -> Chart:
    """The monthly bill of each design, its lines stacked in shades of the design's colour, whiskers for the range."""
    bars = money.cost_bars(document)
    colours = money.design_colours(document)
    widest = float(max((bar.high for bar in bars), default=0)) or 1.0
    traces = [marks.segment(bar, index, colours[bar.id], widest) for bar in bars for index in range(len(bar.segments))]
    traces.append(marks.whiskers(bars))
    layout = {
        "barmode": "relative",
        "showlegend": False,
        "hovermode": "closest",
        "height": 90 + 70 * len(bars),
        "xaxis": marks.from_zero("USD a month", tickprefix="$", tickformat=",~f"),
        "yaxis": marks.rows_axis(),
    }
    return draw(money.cost_facts(document), traces, layout)


def growth_chart(document: EstimateDocument) -> Chart:
    """The monthly bill of each design over the horizon; a line ends where nothing fits any more."""
    points = document.result.growth
    colours = money.design_colours(document)
    months = [point.month for point in points]
    traces = []
    for design in document.result.designs:
        bills = [point.monthly_usd.get(design.id) for point in points]
        values = [None if bill is None else float(bill) for bill in bills]
        hover = [f"{usd(bill)} in month {month}" for month, bill in zip(months, bills, strict=True)]
        traces.append(marks.line(design.title, months, values, colours[design.id], hover=hover))
    changes = outlook.changes_by_design(document)
    traces += [marks.changes(found, colours[each]) for each, found in changes.items() if found]
    dollars = {"tickprefix": "$", "tickformat": ",~f"}
    wide = money.growth_is_wide(document)
    bills_axis = (
        marks.axis("USD a month (logarithmic)", type="log", dtick=1, **dollars)
        if wide
        else marks.from_zero("USD a month", **dollars)
    )
    layout = {
        "height": _HEIGHT + _LEGEND_ROW * len(document.result.designs),
        "xaxis": marks.axis("Month (0 = now)"),
        "yaxis": bills_axis,
        **marks.limits(outlook.limit_marks(document)),
    }
    return draw(money.growth_facts(document), traces, layout)


def hit_curve_chart(document: EstimateDocument) -> Chart:
    """Hit rate of reads by cache size, and the monthly bill of the database under a cache of that size."""
    curve = money.hit_curve(document)
    scale = bytes_scale(max((point.cache_bytes for point in curve), default=0))
    sizes = [point.cache_bytes / scale.divisor for point in curve]
    rates = [point.hit_rate * 100 for point in curve]
    hover = [f"{share(point.hit_rate)} hit with {size(point.cache_bytes)}" for point in curve]
    traces = [marks.line("hit rate", sizes, rates, BLUE, hover=hover)]
    layout: Layout = {
        "xaxis": marks.from_zero(f"Cache size ({scale.unit})"),
        "yaxis": marks.axis("Hit rate of reads (%)", range=[0, 105]),
    }
    bills = money.database_bills(document)
    if bills:
        dollars = [float(bill) for bill in bills]
        hover = [
            f"{usd(bill)} a month with {size(point.cache_bytes)}" for point, bill in zip(curve, bills, strict=True)
        ]
        traces.append(marks.line("database bill", sizes, dollars, GREEN, hover=hover, dash="dash") | {"yaxis": "y2"})
        second = {"overlaying": "y", "side": "right", "showgrid": False, "tickprefix": "$", "tickmode": "auto"}
        layout["yaxis2"] = marks.from_zero("Database, USD a month", **second)
    return draw(money.hit_curve_facts(document), traces, layout)


def sensitivity_chart(document: EstimateDocument) -> Chart:
    """A tornado: the recommended design's total when one input at a time moves between its low and high value."""
    items = money.ranked_sensitivity(document)
    base = money.sensitivity_base(document)
    traces = [
        marks.swing("at its low value", items, [item.low_usd for item in items], base, BLUE),
        marks.swing("at its high value", items, [item.high_usd for item in items], base, ORANGE),
    ]
    layout = {
        "barmode": "overlay",
        "hovermode": "closest",
        "height": 130 + marks.ROW * len(items),
        "xaxis": marks.axis("USD a month", tickprefix="$", tickformat=",~f"),
        "yaxis": marks.rows_axis(),
        **marks.upright_line(base),
    }
    return draw(money.sensitivity_facts(document), traces, layout)


def command_mix_chart(profile: Mapping[str, Any]) -> Chart:
    """How often each command is called, of a profile in the JSON form of DESIGN §8."""
    commands = top_and_rest(profile["commands"], "other commands")
    names, calls = [name for name, _ in commands], [number for _, number in commands]
    traces = [marks.ranking("operations", names, calls, BLUE, hover=[count(number) for number in calls])]
    return draw(recorded.command_mix_facts(profile), traces, ranking_layout("Operations", len(commands)))


def rate_curve_chart(profile: Mapping[str, Any]) -> Chart:
    """Operations in each second of the recording, of a profile in the JSON form of DESIGN §8."""
    facts = recorded.rate_curve_facts(profile)
    return _over_time(facts, profile.get("curve") or (), BLUE, "ops/s", "Operations per second", "recording")


def _over_time(
    facts: Facts, values: Sequence[float], colour: str, unit: str, title: str, of: str, more: Layout | None = None
) -> Chart:
    steps = coarse(values, _POINTS)
    trace = marks.area(title, steps.seconds, steps.values, colour, unit)
    layout = {"xaxis": marks.axis(f"Second of the {of}"), "yaxis": marks.from_zero(title), "showlegend": False}
    return draw(facts, [trace], layout | (more or {}))


def bytes_ranking(facts: Facts, groups: Sequence[tuple[str, Ranked]], title: str, colours: Sequence[str]) -> Chart:
    """Lying bars of bytes in one unit, one colour a group."""
    scale = bytes_scale(max((number for _, ranked in groups for _, number in ranked), default=0))
    traces = []
    for (name, ranked), colour in zip(groups, colours, strict=True):
        lengths = [number / scale.divisor for _, number in ranked]
        hover = [size(number) for _, number in ranked]
        traces.append(marks.ranking(name, [label for label, _ in ranked], lengths, colour, hover=hover))
    bars = sum(len(ranked) for _, ranked in groups)
    return draw(facts, traces, ranking_layout(f"{title} ({scale.unit})", bars))


def ranking_layout(title: str, bars: int) -> Layout:
    """The layout of lying bars under an axis from zero."""
    return {
        "height": 120 + 28 * bars,
        "hovermode": "closest",
        "bargap": 0.25,
        "barmode": "overlay",
        "xaxis": marks.from_zero(title),
        "yaxis": marks.rows_axis(),
    }


def _latency_axis(traces: Sequence[Trace]) -> Layout:
    values = [value for trace in traces for value in trace["y"] if value]
    return marks.latency_axis(min(values, default=1.0), max(values, default=1.0))


def draw(facts: Facts, traces: Sequence[Trace], layout: Layout) -> Chart:
    """The chart of these marks; no figure when the facts have no rows."""
    figure_json = _figure_json(traces, layout) if facts.rows else ""
    return Chart(facts.title, figure_json, facts.summary, facts.columns, facts.rows)


def _figure_json(traces: Sequence[Trace], layout: Layout) -> str:
    """Checked by plotly, without its large default template."""
    house: Layout = {
        "template": "none",
        "height": _HEIGHT,
        "margin": {"l": 60, "r": 20, "t": 20, "b": 50},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"family": "inherit", "size": 13, "color": "#7F7F7F"},
        "hovermode": "x unified",
        "showlegend": len(traces) > 1,
        "legend": {"orientation": "h", "yanchor": "bottom", "y": 1.02, "x": 0},
        "barcornerradius": 2,
    }
    figure = go.Figure(data=list(traces), layout=house | layout)
    return str(plotly.io.to_json(figure, validate=True, engine="json"))
