"""The printed charts: SVG for the PDF, the same facts and colours as the pages' charts.

Deterministic: the same document gives the same bytes (no date, salted ids). Text is paths and needs no font.
Object-oriented matplotlib on its SVG canvas; no pyplot, no window, no shared figure state.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable, Sequence
from decimal import Decimal
from functools import cache, partial
from pathlib import Path

import matplotlib
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.ticker import MaxNLocator

from engine.measurement import Measurement
from engine.ramp.model import Ramp
from planner.reports import facts_measured as measured
from planner.reports import facts_money as money
from planner.reports import facts_outlook as outlook
from planner.reports import facts_ramp as ramps
from planner.reports.document import EstimateDocument
from planner.reports.facts import BLUE, GREEN, ORANGE, VERMILLION, Ranked, coarse
from planner.reports.wording import bytes_scale, latency, size, two_lines, usd

INK, SOFT, GRID = "#1F2933", "#52606D", "#D9E2EC"
_MM = 1 / 25.4
_FULL, _HALF = 174.0, 84.0  # widths in mm: the text block and half of it
_POINTS = 400
_MISSING = "\u25a1"

FONTS = Path(matplotlib.get_data_path()) / "fonts" / "ttf"  # DejaVu and the fallback of last resort

# The only use of matplotlib in the project, so its settings are the project's.
matplotlib.rcParams.update(
    {
        "svg.fonttype": "path",
        "svg.hashsalt": "headroom",
        "text.parse_math": False,
        "font.family": "DejaVu Sans",
        "font.size": 7,
        "axes.edgecolor": GRID,
        "axes.labelcolor": SOFT,
        "text.color": INK,
        "xtick.color": SOFT,
        "ytick.color": SOFT,
        "xtick.major.size": 0,
        "ytick.major.size": 0,
        "ytick.minor.size": 0,
        "legend.frameon": False,
    }
)


def cost_by_design(document: EstimateDocument) -> bytes:
    """Each design's bill, its lines in shades of its colour, a whisker for the range."""
    bars = money.cost_bars(document)
    colours = money.design_colours(document)
    figure, axes = _figure(_FULL, 15 + 11.0 * max(len(bars), 1))
    for row, bar in enumerate(bars):
        left = 0.0
        for index, piece in enumerate(bar.segments):
            alpha = 1 - 0.65 * index / max(len(bar.segments) - 1, 1)
            axes.barh(row, float(piece.usd), left=left, height=0.55, color=colours[bar.id], alpha=alpha, edgecolor="w")
            left += float(piece.usd)
        spread = [[float(bar.likely - bar.low)], [float(bar.high - bar.likely)]]
        axes.errorbar(float(bar.likely), row, xerr=spread, color=INK, capsize=2.5, elinewidth=0.9)
        text = f"{'at least ' if bar.at_least else ''}{usd(bar.likely)}"
        axes.annotate(
            text, (float(bar.high), row), xytext=(5, 0), textcoords="offset points", va="center", weight="bold"
        )
    axes.set_yticks(range(len(bars)), [_two_lines(bar.title) for bar in bars], color=INK)
    axes.invert_yaxis()
    axes.set_xlim(0, 1.2 * float(max((bar.high for bar in bars), default=Decimal(1))) or 1)
    axes.set_xlabel("USD a month (whisker: range)")
    _dollars(axes, "x")
    return _svg(figure)


def growth(document: EstimateDocument) -> bytes:
    """Each design's bill over the horizon."""
    colours = money.design_colours(document)
    points = document.result.growth
    figure, axes = _figure(_FULL, 58)
    for design in document.result.designs:
        bills = [point.monthly_usd.get(design.id) for point in points]
        values = [float("nan") if bill is None else float(bill) for bill in bills]
        months = [point.month for point in points]
        axes.plot(months, values, color=colours[design.id], label=_drawable(design.title), marker="o", markersize=2.5)
    for design_id, found in outlook.changes_by_design(document).items():
        at = [one.month for one in found], [float(one.monthly_usd or 0) for one in found]
        axes.plot(*at, "D", color=colours[design_id], markersize=4.5, markeredgecolor=INK, markeredgewidth=0.4)
    for mark in outlook.limit_marks(document):
        axes.axvline(mark.month, color=SOFT, linewidth=0.8, linestyle="--")
        axes.annotate(
            mark.name, (mark.month, 1), xycoords=("data", "axes fraction"), xytext=(-2, -2), fontsize=6,
            textcoords="offset points", rotation=90, va="top", ha="right", color=SOFT,
        )  # fmt: skip
    if money.growth_is_wide(document):
        axes.set_yscale("log")
        _whole_decades(axes)
        axes.set_ylabel("USD a month (logarithmic)")
    else:
        axes.set_ylim(bottom=0)
        axes.set_ylabel("USD a month")
    axes.set_xlabel("Month (0 = now)")
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    _dollars(axes, "y")
    _legend(figure, axes)
    return _svg(figure)


def latency_by_class(measurement: Measurement) -> bytes:
    """Response (solid) and service (dotted) time by quantile, logarithmic."""
    figure, axes = _figure(_HALF, 52)
    labels = [label for _, label in measured.QUANTILES]
    for name in measured.latency_classes(measurement):
        timing, colour = measurement.latency_us[name], measured.CLASS_COLOURS[name]
        for kind, quantiles, style in (("response", timing.response, "-"), ("service", timing.service, ":")):
            values = [max(value, 0.1) for value in measured.quantile_values(quantiles)]
            axes.plot(labels, values, style, color=colour, label=f"{name}, {kind}", marker="o", markersize=2)
    axes.set_yscale("log")
    _whole_decades(axes)
    axes.yaxis.set_major_formatter(lambda value, _: latency(value))
    axes.yaxis.set_minor_formatter(lambda *_: "")
    axes.set_ylabel("Latency (logarithmic)")
    _legend(figure, axes)
    return _svg(figure)


def latency_by_rate(ramp: Ramp) -> bytes:
    """Response time against the rate asked, the objectives dashed, the knee upright."""
    figure, axes = _figure(_FULL, 62)
    for line in ramps.lines(ramp):
        style = {"solid": "-", "dot": ":"}[line.dash]
        values = [max(value, 0.1) for value in line.values_us]
        axes.plot(line.rates, values, style, color=line.colour, label=line.name, marker="o", markersize=2)
    for key, name, colour in ramps.CLASSES:
        objective = ramp.objective_us[key]
        label = f"objective of {name}, {latency(objective)}"
        axes.axhline(objective, color=colour, linestyle="--", linewidth=0.7, alpha=0.6, label=label)
    if ramp.knee_ops_per_s is not None:
        axes.axvline(ramp.knee_ops_per_s, color=GREEN, linewidth=1, label=f"knee, {ramps.knee_words(ramp)}")
    axes.set_yscale("log")
    _whole_decades(axes)
    axes.yaxis.set_major_formatter(lambda value, _: latency(value))
    axes.yaxis.set_minor_formatter(lambda *_: "")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:,.0f}")
    axes.set_xlim(left=0)
    axes.set_xlabel("Rate asked (operations a second)")
    axes.set_ylabel("Response time (logarithmic)")
    _legend(figure, axes)
    return _svg(figure)


def memory_by_family(measurement: Measurement) -> bytes:
    """Memory of the largest key families."""
    return _ranking(measured.memory_families(measurement), "Memory", BLUE)


def written_by_family(measurement: Measurement) -> bytes:
    """Data written by key family."""
    return _ranking(measured.written_by(measurement)[1][1], "Data written", VERMILLION)


def data_written_per_second(measurement: Measurement) -> bytes:
    """Bytes written in each second of the replay, with the limit when it is within sight."""
    figure, axes = _figure(_HALF, 52)
    cap = measured.cap_in_sight(measurement)
    steps = coarse(measurement.data_written.per_second, _POINTS)
    values = [value or 0.0 for value in steps.values]
    scale = bytes_scale(max([*values, cap or 0.0, 0.0]))
    heights = [value / scale.divisor for value in values]
    axes.fill_between(steps.seconds, heights, step="post", color=VERMILLION, alpha=0.2, linewidth=0)
    axes.step(steps.seconds, heights, where="post", color=VERMILLION, linewidth=0.9)
    if cap is not None:
        axes.axhline(cap / scale.divisor, color=INK, linestyle="--", linewidth=0.8)
        axes.annotate("limit of all shards", (0, cap / scale.divisor), xytext=(2, 2), textcoords="offset points")
    axes.set_ylim(bottom=0)
    axes.set_xlabel("Second of the replay")
    axes.set_ylabel(f"Data written ({scale.unit}/s)")
    return _svg(figure)


def sensitivity(document: EstimateDocument) -> bytes:
    """The tornado of the recommended design's total."""
    items = money.ranked_sensitivity(document)
    base = float(money.sensitivity_base(document))
    figure, axes = _figure(_FULL, 20 + 6.0 * max(len(items), 1))
    for name, colour, ends in (
        ("at its low value", BLUE, [float(item.low_usd) for item in items]),
        ("at its high value", ORANGE, [float(item.high_usd) for item in items]),
    ):
        axes.barh(range(len(items)), [end - base for end in ends], left=base, height=0.6, color=colour, label=name)
    axes.axvline(base, color=INK, linewidth=0.8)
    axes.set_yticks(range(len(items)), [_two_lines(item.name) for item in items], color=INK)
    axes.invert_yaxis()
    axes.set_xlabel("USD a month, recommended design")
    _dollars(axes, "x")
    _legend(figure, axes)
    return _svg(figure)


def hit_curve(document: EstimateDocument) -> bytes:
    """Hit rate by cache size."""
    curve = money.hit_curve(document)
    figure, axes = _figure(_HALF, 52)
    scale = bytes_scale(max((point.cache_bytes for point in curve), default=0))
    sizes = [point.cache_bytes / scale.divisor for point in curve]
    axes.plot(sizes, [point.hit_rate * 100 for point in curve], color=BLUE, marker="o", markersize=2.5)
    axes.set_ylim(0, 105)
    axes.set_xlim(left=0)
    axes.set_xlabel(f"Cache size ({scale.unit})")
    axes.set_ylabel("Hit rate of reads (%)")
    return _svg(figure)


def _ranking(ranked: Ranked, title: str, colour: str) -> bytes:
    figure, axes = _figure(_HALF, 52)
    scale = bytes_scale(max((number for _, number in ranked), default=0))
    rows = range(len(ranked))
    axes.barh(rows, [number / scale.divisor for _, number in ranked], height=0.6, color=colour)
    for row, (_, number) in enumerate(ranked):
        place = (number / scale.divisor, row)
        axes.annotate(size(number), place, xytext=(3, 0), textcoords="offset points", va="center", fontsize=6)
    axes.set_yticks(rows, [_shortened(name) for name, _ in ranked], color=INK)
    axes.invert_yaxis()
    axes.margins(x=0.25)
    axes.set_xlabel(f"{title} ({scale.unit})")
    axes.grid(visible=False, axis="y")
    return _svg(figure)


def _figure(width_mm: float, height_mm: float) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(width_mm * _MM, height_mm * _MM), layout="constrained")
    FigureCanvasSVG(figure)
    axes = figure.add_subplot()
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.grid(color=GRID, linewidth=0.6)
    axes.set_axisbelow(True)
    return figure, axes


def _svg(figure: Figure) -> bytes:
    target = io.BytesIO()
    figure.savefig(target, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    return target.getvalue()


def _whole_decades(axes: Axes) -> None:
    low, high = axes.get_ylim()
    axes.set_ylim(10.0 ** math.floor(math.log10(low)), 10.0 ** math.ceil(math.log10(high)))


def _legend(figure: Figure, axes: Axes) -> None:
    handles, labels = axes.get_legend_handles_labels()
    if handles:
        figure.legend(handles, labels, loc="outside upper left", ncols=3, fontsize=6, handlelength=1.6)


def _dollars(axes: Axes, which: str) -> None:
    axis = axes.xaxis if which == "x" else axes.yaxis
    axis.set_major_formatter(lambda value, _: f"${value:,.0f}" if value == round(value) else f"${value:,.2f}")


def _two_lines(title: str) -> str:
    return "\n".join(two_lines(_drawable(title)))


def _shortened(name: str, longest: int = 22) -> str:
    name = _drawable(name)
    return name if len(name) <= longest else f"{name[: longest - 1]}…"


def _drawable(text: str) -> str:
    """Signs that the chart's font lacks as empty boxes: a name from a recording may hold any script."""
    known = _glyphs()
    return "".join(letter if ord(letter) in known else _MISSING for letter in text)


@cache
def _glyphs() -> frozenset[int]:
    return frozenset(FT2Font(font_manager.findfont("DejaVu Sans")).get_charmap())


def all_charts(document: EstimateDocument) -> dict[str, bytes]:
    """Every chart that has something to show, by the name under which the PDF's template asks for it."""
    found = document.measurement
    ramp = found.ramp if found.ramp is not None and found.ramp.steps else None
    drawn = {} if ramp is None else {"ramp": latency_by_rate(ramp)}
    charts: Sequence[tuple[str, bool, Callable[[], bytes]]] = (
        ("cost", bool(money.cost_facts(document).rows), partial(cost_by_design, document)),
        ("growth", bool(document.result.growth), partial(growth, document)),
        ("sensitivity", bool(money.ranked_sensitivity(document)), partial(sensitivity, document)),
        ("hit_curve", bool(document.result.needs.hit_curve), partial(hit_curve, document)),
        ("latency", bool(measured.latency_classes(found)), partial(latency_by_class, found)),
        ("memory", bool(measured.memory_families(found)), partial(memory_by_family, found)),
        ("written", bool(measured.written_by(found)[1][1]), partial(written_by_family, found)),
        ("written_rate", bool(measured.data_written_rate_facts(found).rows), partial(data_written_per_second, found)),
    )
    return drawn | {name: draw() for name, wanted, draw in charts if wanted}
