"""The charts of a summary's metrics over time, drawn by `planner.reports.charts` from what `facts_summary` says.

Every function takes the JSON of a shape and gives a chart without a figure where there is nothing to draw.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from planner.reports import facts_summary as facts
from planner.reports import marks
from planner.reports.charts import Chart, draw
from planner.reports.facts import BLUE, GREEN, ORANGE, PURPLE
from planner.reports.wording import bytes_scale, rate, size

_COLOURS = {"operations": BLUE, "reads": GREEN, "writes": ORANGE, "scripts": PURPLE}


def rates_chart(shape: Mapping[str, Any]) -> Chart:
    """Commands a second by class."""
    found = facts.rates_facts(shape)
    traces = []
    for line in facts.lines(shape, facts.RATES):
        times, values = [at for at, _ in line.points], [value for _, value in line.points]
        hover = [f"{rate(value)} {line.name}" for value in values]
        traces.append(marks.line(line.name, times, values, _COLOURS[line.name], hover=hover))
    layout = {"xaxis": marks.axis("Time (UTC)"), "yaxis": marks.from_zero(found.title)}
    return draw(found, traces, layout)


def memory_chart(shape: Mapping[str, Any]) -> Chart:
    """Memory used."""
    found = facts.memory_facts(shape)
    traces, scale = [], bytes_scale(0)
    for line in facts.lines(shape, facts.MEMORY)[:1]:
        times, values = [at for at, _ in line.points], [value for _, value in line.points]
        scale = bytes_scale(max(values))
        heights = [value / scale.divisor for value in values]
        traces.append(marks.line(line.name, times, heights, BLUE, hover=[size(value) for value in values]))
    layout = {"xaxis": marks.axis("Time (UTC)"), "yaxis": marks.from_zero(f"Memory used ({scale.unit})")}
    return draw(found, traces, layout)
