"""CloudWatch replies as series of one metric, one statistic and one node each. Both shapes, in any order.

`get-metric-statistics`: `{"Label", "Datapoints": [{"Timestamp", "Sum" …, "Unit"}]}`; `get-metric-data`:
`{"MetricDataResults": [{"Id", "Label", "Timestamps", "Values", "StatusCode"}]}`.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from engine.errors import InputError
from engine.traces.summaries.cloudwatch_metrics import (
    METRICS,
    STATISTICS,
    Metric,
    factor,
    is_rate,
    metric_in,
    statistic_in,
)

_LATEST_S = 4_102_444_800.0  # the year 2100
_MILLISECONDS_FROM = 1e11


@dataclass(slots=True)
class NodeSeries:
    """Values by Unix second, in bytes, counts or percent; `per_second` when they are rates already."""

    metric: Metric
    statistic: str | None
    label: str
    source: str
    per_second: bool
    values: dict[float, float]

    @property
    def where(self) -> str:
        return f"{self.source}, {self.metric.name}"

    def spacing(self) -> float | None:
        """Seconds between datapoints; None when there are fewer than two."""
        times = sorted(self.values)
        return min((after - before for before, after in itertools.pairwise(times)), default=None)

    def apart(self, other: NodeSeries) -> bool:
        """Whether the two lie one after the other in time, as pages of one reply do."""
        return max(self.values) < min(other.values) or max(other.values) < min(self.values)


@dataclass(slots=True)
class Found:
    """All series of the input, and what there is to say about it."""

    series: list[NodeSeries] = field(default_factory=list)
    unknown: set[str] = field(default_factory=set)
    notes: list[str] = field(default_factory=list)

    def add(self, new: NodeSeries) -> None:
        """Append a series, or join it to the one it continues."""
        if not new.values:
            self.notes.append(f"{new.metric.name} has no datapoints in {new.source}.")
            return
        for old in self.series:
            if (old.metric, old.statistic, old.label) == (new.metric, new.statistic, new.label) and old.apart(new):
                old.values.update(new.values)
                return
        self.series.append(new)


def is_reply(document: object) -> bool:
    """Whether a JSON document is a reply of CloudWatch."""
    return isinstance(document, dict) and ("Datapoints" in document or "MetricDataResults" in document)


def collect(documents: list[Any], source: str, found: Found) -> None:
    """Add the series of these documents to `found`. Raises InputError naming the metric."""
    for document in documents:
        if not is_reply(document):
            raise InputError(
                "a JSON document without Datapoints or MetricDataResults.",
                source=source,
                expected="replies of get-metric-data or get-metric-statistics.",
            )
        if "MetricDataResults" in document:
            _results(document, source, found)
        if "Datapoints" in document:
            _statistics(document, source, found)


def _results(document: Mapping[str, Any], source: str, found: Found) -> None:
    for result in _list(document["MetricDataResults"], source, "MetricDataResults"):
        if not isinstance(result, dict):
            raise _broken(source, "MetricDataResults")
        names = _names(result)
        metric = next((named for named in map(metric_in, names) if named), None)
        if metric is None:
            found.unknown.update(names[:1] or ["(no name)"])
            continue
        where = f"{source}, {metric.name}"
        if result.get("StatusCode") not in (None, "Complete"):
            found.notes.append(f"{metric.name} is incomplete in {source} ({str(result['StatusCode'])[:40]}).")
        times = _list(result.get("Timestamps", []), where, "Timestamps")
        values = _list(result.get("Values", []), where, "Values")
        if len(times) != len(values):
            raise InputError(f"{len(times)} Timestamps but {len(values)} Values.", source=where, expected="as many.")
        points = {_time(when, where): _number(what, where) for when, what in zip(times, values, strict=True)}
        statistic = next((named for name in names if (named := statistic_in(name, metric))), None)
        found.add(NodeSeries(metric, statistic, " ".join(names), source, False, points))
    if document.get("NextToken"):
        found.notes.append(f"{source} is one page of a longer reply; give the other pages too.")


def _statistics(document: Mapping[str, Any], source: str, found: Found) -> None:
    names = _names(document)
    metric = next((named for named in map(metric_in, names) if named), None)
    if metric is None:
        found.unknown.update(names[:1] or ["(no name)"])
        return
    where = f"{source}, {metric.name}"
    points = _list(document["Datapoints"], where, "Datapoints")
    if not points:
        found.notes.append(f"{metric.name} has no datapoints in {source}.")
    for statistic, unit, values in _by_statistic(points, where):
        found.add(NodeSeries(metric, statistic, " ".join(names), source, is_rate(unit), values))


def _by_statistic(points: list[Any], where: str) -> Iterator[tuple[str, str, dict[float, float]]]:
    values: dict[str, dict[float, float]] = {}
    unit = ""
    for point in points:
        if not isinstance(point, dict) or not any(name in point for name in STATISTICS):
            raise InputError(
                "a datapoint without a statistic.", source=where, expected=f"one of {', '.join(STATISTICS)}."
            )
        unit = str(point.get("Unit", ""))
        scale, when = _scale(unit, where), _time(point.get("Timestamp"), where)
        for statistic in STATISTICS:
            if statistic in point:
                times = 1 if statistic == "SampleCount" else scale
                values.setdefault(statistic, {})[when] = _number(point[statistic], where) * times
    for statistic, one in values.items():
        yield statistic, unit, one


def _scale(unit: str, where: str) -> float:
    scale = factor(unit)
    if scale is None:
        raise InputError(
            f"the unit “{unit[:40]}” is not one of CloudWatch's.", source=where, expected="Bytes, Count or Percent."
        )
    return scale


def _names(holder: Mapping[str, Any]) -> list[str]:
    return [holder[name] for name in ("Label", "MetricName", "Id") if isinstance(holder.get(name), str)]


def _list(value: object, source: str, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _broken(source, name)
    return value


def _broken(source: str, name: str) -> InputError:
    return InputError(f"{name} is no list.", source=source, expected="a reply as CloudWatch gives it.")


def _number(value: object, where: str) -> float:
    try:
        number = float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan
    except OverflowError:
        number = math.nan
    if not 0 <= number < 1e30:
        raise InputError(f"“{str(value)[:40]}” is no value.", source=where, expected="a number, 0 or more.")
    return number


def _time(value: object, where: str) -> float:
    """Unix seconds of `2026-01-02T03:04:05Z`, of a number of seconds, or of one of milliseconds."""
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            seconds = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        else:
            seconds = _number(value, where)
    except (ValueError, OverflowError):
        seconds = math.nan
    seconds = seconds / 1000 if seconds > _MILLISECONDS_FROM else seconds
    if not 0 <= seconds <= _LATEST_S:
        raise InputError(
            f"the time “{str(value)[:40]}” cannot be read.", source=where, expected="2026-01-02T03:04:05Z and the like."
        )
    return seconds


def known_metrics() -> str:
    """The metrics that can be used, for messages."""
    return ", ".join(METRICS)
