"""Marks and axes of the pages' charts as plain plotly data: the house style in one place. Imports no plotly."""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from planner.reports.facts import GREY
from planner.reports.facts_money import CostBar
from planner.reports.facts_outlook import LimitMark
from planner.reports.wording import latency, two_lines, usd
from planner.sizing.model.result import Sensitivity
from planner.sizing.outlook import PlanChange

GRID = "rgba(127,127,127,0.25)"
ROW = 34  # pixels of height for each bar of a horizontal chart
_FAINTEST = 0.35
_LABEL_SHARE = 0.16  # a segment this wide or wider carries its name inside

Trace = dict[str, Any]
Layout = dict[str, Any]


def line(
    name: str, x: Sequence[Any], y: Sequence[float | None], colour: str, *, hover: Sequence[str], dash: str = "solid"
) -> Trace:
    """A line that breaks at None; `hover` says each value with its unit."""
    markers = len(x) <= 60
    return {
        "type": "scatter",
        "mode": "lines+markers" if markers else "lines",
        "name": name,
        "x": list(x),
        "y": list(y),
        "customdata": list(hover),
        "line": {"color": colour, "width": 2, "dash": dash},
        "marker": {"size": 6},
        "hovertemplate": "%{customdata}<extra>" + escaped(name) + "</extra>",
        "connectgaps": False,
    }


def changes(found: Sequence[PlanChange], colour: str) -> Trace:
    """A diamond in every month whose plan is another than the month before's."""
    words = [f"month {one.month}: {one.after}, {usd(one.monthly_usd)} a month" for one in found]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "plan changes",
        "showlegend": False,
        "x": [one.month for one in found],
        "y": [float(one.monthly_usd or 0) for one in found],
        "customdata": [escaped(text) for text in words],
        "marker": {"symbol": "diamond", "size": 11, "color": colour, "line": {"color": GREY, "width": 1}},
        "hovertemplate": "%{customdata}<extra></extra>",
    }


def limits(found: Sequence[LimitMark]) -> Layout:
    """A dashed upright line with a name for each month in which a limit is hit."""
    lines = [
        {"type": "line", "xref": "x", "yref": "paper", "x0": one.month, "x1": one.month, "y0": 0, "y1": 1}
        | {"line": {"color": GREY, "width": 1.5, "dash": "dash"}}
        for one in found
    ]
    names = [
        {"x": one.month, "y": 1 - 0.08 * (place % 4), "xref": "x", "yref": "paper", "text": escaped(one.name)}
        | {"showarrow": False, "xanchor": "right", "xshift": -4, "font": {"size": 11}}
        for place, one in enumerate(found)
    ]
    return {"shapes": lines, "annotations": names}


def area(name: str, x: Sequence[int], y: Sequence[float | None], colour: str, unit: str) -> Trace:
    """A filled line from zero, over seconds."""
    return {
        "type": "scatter",
        "mode": "lines",
        "name": name,
        "x": list(x),
        "y": list(y),
        "line": {"color": colour, "width": 1.5, "shape": "hvh"},
        "fill": "tozeroy",
        "fillcolor": tint(colour, 0.2),
        "hovertemplate": f"%{{y:,.4~g}} {unit} at %{{x}} s<extra></extra>",
    }


def bar(name: str, labels: Sequence[str], values: Sequence[float], colour: str, *, hover: Sequence[str]) -> Trace:
    """Upright bars."""
    return {
        "type": "bar",
        "name": name,
        "x": list(labels),
        "y": list(values),
        "customdata": list(hover),
        "marker": {"color": colour},
        "hovertemplate": "%{x}: %{customdata}<extra>" + escaped(name) + "</extra>",
    }


def ranking(name: str, labels: Sequence[str], values: Sequence[float], colour: str, *, hover: Sequence[str]) -> Trace:
    """Lying bars, the first on top (with `rows_axis`), each with its figure beside it."""
    upright = bar(name, labels, values, colour, hover=hover)
    return upright | {
        "orientation": "h",
        "x": list(values),
        "y": [escaped(label) for label in labels],
        "text": list(hover),
        "textposition": "auto",
        "hovertemplate": "%{y}: %{customdata}<extra>" + escaped(name) + "</extra>",
    }


def segment(item: CostBar, index: int, colour: str, widest: float) -> Trace:
    """Line `index` of a design's bar, paler the further along; named inside when it is wide enough."""
    piece = item.segments[index]
    last = max(len(item.segments) - 1, 1)
    text = piece.name if float(piece.usd) >= _LABEL_SHARE * widest else ""
    return {
        "type": "bar",
        "orientation": "h",
        "name": piece.name,
        "x": [float(piece.usd)],
        "y": [label(item.title)],
        "marker": {
            "color": tint(colour, 1 - (1 - _FAINTEST) * index / last),
            "line": {"color": "rgba(255,255,255,0.7)", "width": 1},
        },
        "text": [escaped(text)],
        "textposition": "inside",
        "insidetextanchor": "middle",
        "constraintext": "both",
        "hovertemplate": f"{escaped(piece.name)}: {usd(piece.usd)} a month<extra>{escaped(item.title)}</extra>",
    }


def whiskers(bars: Sequence[CostBar]) -> Trace:
    """The range of each design's total as an error bar at the likely total."""
    totals = [f"{usd(item.likely)} a month, from {usd(item.low)} to {usd(item.high)}" for item in bars]
    return {
        "type": "scatter",
        "mode": "markers",
        "name": "range",
        "x": [float(item.likely) for item in bars],
        "y": [label(item.title) for item in bars],
        "customdata": totals,
        "marker": {"color": GREY, "size": 7, "symbol": "line-ns-open"},
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": [float(item.high - item.likely) for item in bars],
            "arrayminus": [float(item.likely - item.low) for item in bars],
            "color": GREY,
            "thickness": 2,
            "width": 7,
        },
        "hovertemplate": "total %{customdata}<extra></extra>",
    }


def swing(name: str, items: Sequence[Sensitivity], ends: Sequence[Decimal], base: Decimal, colour: str) -> Trace:
    """Bars from `base` to each end of a tornado."""
    return {
        "type": "bar",
        "orientation": "h",
        "name": name,
        "base": [float(base)] * len(ends),
        "x": [float(end - base) for end in ends],
        "y": [label(item.name) for item in items],
        "customdata": [usd(end) for end in ends],
        "marker": {"color": colour},
        "hovertemplate": "%{y}: %{customdata} a month<extra>" + escaped(name) + "</extra>",
    }


def axis(title: str, **more: Any) -> Layout:
    """An axis with its unit in the title."""
    return {
        "title": {"text": title, "standoff": 12},
        "gridcolor": GRID,
        "zerolinecolor": GRID,
        "automargin": True,
        **more,
    }


def from_zero(title: str, **more: Any) -> Layout:
    """An axis that shows its zero."""
    return axis(title, rangemode="tozero", **more)


def rows_axis() -> Layout:
    """The category axis of lying bars: first on top, names in full."""
    return {"autorange": "reversed", "automargin": True, "type": "category"}


def latency_axis(lowest: float, highest: float) -> Layout:
    """A logarithmic axis over whole decades of µs, labelled in the unit a person would say."""
    low, high = 1.0, 10.0
    while low * 10 <= lowest:
        low *= 10
    while high < highest:
        high *= 10
    decades = [low]
    while decades[-1] < high:
        decades.append(decades[-1] * 10)
    span = [math.log10(low), math.log10(high)]
    ticks = {"tickvals": decades, "ticktext": [latency(value) for value in decades]}
    return axis("Latency (logarithmic)", type="log", range=span, **ticks)


def level(value: float, label: str) -> Layout:
    """A dashed line across the chart at `value`."""
    return {
        "shapes": [
            {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": value, "y1": value}
            | {"line": {"color": GREY, "width": 1.5, "dash": "dash"}}
        ],
        "annotations": [
            {"xref": "paper", "x": 1, "y": value, "text": label, "showarrow": False, "yanchor": "bottom"}
            | {"xanchor": "right"}
        ],
    }


def upright_line(value: Decimal) -> Layout:
    """A line from bottom to top at `value`."""
    shape = {"type": "line", "yref": "paper", "y0": 0, "y1": 1, "x0": float(value), "x1": float(value)}
    return {"shapes": [shape | {"line": {"color": GREY, "width": 1.5}}]}


def tint(colour: str, alpha: float) -> str:
    """`#rrggbb` with an opacity."""
    red, green, blue = (int(colour[start : start + 2], 16) for start in (1, 3, 5))
    return f"rgba({red},{green},{blue},{alpha:.2f})"


def label(title: str) -> str:
    """A long name on two lines, so that it leaves room for the bars."""
    return "<br>".join(escaped(line) for line in two_lines(title))


def escaped(text: str) -> str:
    """Names come from recordings; plotly reads a little HTML in labels, so `<` and `&` must not pass as such."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
