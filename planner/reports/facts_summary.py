"""What the charts of a summary's metrics over time say; the summary as the JSON of its shape. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from planner.reports.facts import TABLE_ROWS, Facts
from planner.reports.wording import joined, rate, size

RATES = {"TotalCmdsCount": "operations", "GetTypeCmds": "reads", "SetTypeCmds": "writes", "EvalBasedCmds": "scripts"}
POINTS = 1000  # drawn of a metric
MEMORY = {"BytesUsedForMemoryDB": "memory used", "BytesUsedForCache": "memory used"}


@dataclass(frozen=True, slots=True)
class Line:
    """One metric: its name for people and its points, (time in UTC as `2026-03-01 12:00`, value)."""

    name: str
    points: tuple[tuple[str, float], ...]


def lines(shape: Mapping[str, Any], names: Mapping[str, str]) -> tuple[Line, ...]:
    """The metrics of `names` that have at least two points, in its order. Long ones keep the largest of each step."""
    by_metric = {series["metric"]: series["points"] for series in shape.get("series", ())}
    found = ((called, by_metric.get(metric, ())) for metric, called in names.items())
    return tuple(Line(called, _thinned(points)) for called, points in found if len(points) > 1)


def rates_facts(shape: Mapping[str, Any]) -> Facts:
    """Commands a second over the time described."""
    drawn = lines(shape, RATES)
    if not drawn:
        return Facts("Commands per second", "There are no counts of commands over time.")
    busiest = [f"{line.name} at most {rate(max(value for _, value in line.points))}" for line in drawn]
    return Facts("Commands per second", f"{_first_upper(joined(tuple(busiest)))}.", *_table(drawn, rate))


def memory_facts(shape: Mapping[str, Any]) -> Facts:
    """Memory used over the time described."""
    drawn = lines(shape, MEMORY)
    if not drawn:
        return Facts("Memory used", "There are no figures of memory over time.")
    values = [value for _, value in drawn[0].points]
    summary = f"Between {size(min(values))} and {size(max(values))}; {size(values[-1])} at the end."
    return Facts("Memory used", summary, *_table(drawn, size))


def _table(drawn: Sequence[Line], words: Any) -> tuple[tuple[str, ...], tuple[tuple[str, ...], ...]]:
    """A row for each time of the first metric, thinned out to what a person would read."""
    times = [at for at, _ in drawn[0].points]
    values = [dict(line.points) for line in drawn]
    step = -(-len(times) // TABLE_ROWS)
    rows = ((at, *(words(known.get(at)) for known in values)) for at in times[::step])
    return ("Time (UTC)", *(_first_upper(line.name) for line in drawn)), tuple(rows)


def _thinned(points: Sequence[Sequence[float]]) -> tuple[tuple[str, float], ...]:
    step = -(-len(points) // POINTS)
    groups = (points[start : start + step] for start in range(0, len(points), step))
    return tuple((_when(group[0][0]), max(value for _, value in group)) for group in groups)


def _when(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def _first_upper(text: str) -> str:
    return text[:1].upper() + text[1:]
