"""CloudWatch metrics of a MemoryDB or ElastiCache cluster as the shape of its workload.

Counters are sums per period and become rates; the period is the spacing of the datapoints. Series of several nodes are
added up. Peaks are those of the busiest period, which is all CloudWatch knows.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.errors import InputError
from engine.traces.summaries.cloudwatch_metrics import HITS, MISSES, VOLATILE, Metric
from engine.traces.summaries.cloudwatch_series import Found, NodeSeries, collect, known_metrics
from engine.traces.summaries.shape import ASSUMED, RECORDED, Series, Tag, WorkloadShape

_SAMPLE_S = 60.0  # both services report a sample a minute
_WHOLE = frozenset(("keys", "bytes_used", "bytes_used_peak", "clients"))
_UNITS = (("bytes", "bytes"), ("share", "share"), ("_rate", "share"), ("keys", "keys"), ("clients", "connections"))


@dataclass(slots=True)
class _Level:
    """One metric of all nodes: its mean, the busiest period, and the values of each period."""

    metric: Metric
    mean: float | None
    peak: float
    period_s: float | None
    points: dict[float, float]


def shape_of(documents: Sequence[tuple[str, list[Any]]], *, seconds_between: float | None = None) -> WorkloadShape:
    """The shape told by replies, given as (name of the file, its JSON documents).

    `seconds_between`: the period, for replies with one datapoint. Raises InputError naming file and metric.
    """
    found = Found()
    for source, listed in documents:
        collect(listed, source, found)
    if not found.series:
        names = f" ({', '.join(sorted(found.unknown)[:5])[:200]})" if found.unknown else ""
        raise InputError(
            f"no metric here describes a workload{names}.",
            source=documents[0][0] if documents else "",
            expected=f"one with datapoints of {known_metrics()}.",
        )
    levels = [_level(name, group, seconds_between, found.notes) for name, group in _by_metric(found.series)]
    return _shape(levels, found, ", ".join(source for source, _ in documents))


def _by_metric(series: list[NodeSeries]) -> list[tuple[str, list[NodeSeries]]]:
    ordered = sorted(series, key=lambda one: one.metric.name)
    return [(name, list(group)) for name, group in itertools.groupby(ordered, key=lambda one: one.metric.name)]


def _level(name: str, series: list[NodeSeries], given_s: float | None, notes: list[str]) -> _Level:
    """Raises InputError when the statistics given say nothing of this metric."""
    metric = series[0].metric
    assumed = "Sum" if metric.counter else "Average"
    by_statistic: dict[str, list[NodeSeries]] = {}
    for one in series:
        if one.statistic is None:
            _note_once(notes, f"Where a reply does not name its statistic, {assumed} was assumed for {name}.")
        by_statistic.setdefault(one.statistic or assumed, []).append(one)
    level = _counter(by_statistic, given_s, notes) if metric.counter else _gauge(by_statistic, notes)
    nodes = max(len(group) for group in by_statistic.values())
    if nodes > 1:
        how = "averaged" if metric.share else "added up; replicas among them count again"
        notes.append(f"{name}: series of {nodes} nodes were {how}.")
    return level


def _counter(series: Mapping[str, list[NodeSeries]], given_s: float | None, notes: list[str]) -> _Level:
    statistic = next((name for name in ("Sum", "Average", "Maximum") if name in series), None)
    if statistic is None:
        raise _useless(next(iter(series.values()))[0], "Sum")
    group, periods = series[statistic], []
    if statistic != "Sum":
        _note_once(notes, f"{group[0].metric.name}: only its {statistic} was given; taken as that of one-minute sums.")
    rates = []
    for node in group:
        period_s = node.spacing() or given_s
        if period_s is None:
            raise InputError(
                "one datapoint does not tell its period.",
                source=node.where,
                expected="two datapoints or more.",
                remedy="Ask for a longer time, or say the seconds of the period.",
            )
        periods.append(period_s)
        divisor = 1.0 if node.per_second else period_s if statistic == "Sum" else _SAMPLE_S
        rates.append({when: value / divisor for when, value in node.values.items()})
    level = _together(group[0].metric, rates, min(periods))
    if statistic == "Maximum":
        level.mean = None
    return level


def _gauge(series: Mapping[str, list[NodeSeries]], notes: list[str]) -> _Level:
    first = next(iter(series.values()))[0]
    usable = {name: group for name, group in series.items() if name in ("Average", "Maximum", "Minimum")}
    if not usable:
        raise _useless(first, "Average")
    statistic = next(name for name in ("Average", "Maximum", "Minimum") if name in usable)
    if statistic != "Average":
        _note_once(notes, f"{first.metric.name}: only its {statistic} was given; taken as the level.")
    scale = 100.0 if first.metric.share else 1.0
    level, peak = (
        _together(
            first.metric,
            [{when: value / scale for when, value in node.values.items()} for node in group],
            min((period for node in group if (period := node.spacing())), default=None),
        )
        for group in (usable[statistic], usable.get("Maximum", usable[statistic]))
    )
    level.peak = max(level.peak, peak.peak)
    return level


def _together(metric: Metric, nodes: list[dict[float, float]], period_s: float | None) -> _Level:
    """The nodes' sum, or their average where the metric is a share."""
    points: dict[float, list[float]] = {}
    for node in nodes:
        for when, value in node.items():
            points.setdefault(when, []).append(value)
    means = [sum(node.values()) / len(node) for node in nodes]
    if metric.share:
        whole = {when: sum(values) / len(values) for when, values in points.items()}
        return _Level(metric, sum(means) / len(means), max(map(max, points.values())), period_s, whole)
    whole = {when: sum(values) for when, values in points.items()}
    return _Level(metric, sum(means), max(whole.values()), period_s, whole)


def _note_once(notes: list[str], note: str) -> None:
    if note not in notes:
        notes.append(note)


def _useless(series: NodeSeries, wanted: str) -> InputError:
    return InputError(
        f"its {series.statistic} does not tell what is needed.",
        source=series.where,
        expected=f"the statistic {wanted}.",
        remedy=f"Ask for --statistics {wanted} Maximum.",
    )


def _shape(levels: list[_Level], found: Found, source_name: str) -> WorkloadShape:
    figures: dict[str, float] = {}
    for level in levels:
        for name, value in ((level.metric.mean, level.mean), (level.metric.peak, level.peak)):
            if name and value is not None and name not in figures:
                figures[name] = value
    tags: dict[str, Tag] = dict.fromkeys(figures, RECORDED)
    types = {level.metric.kind: level.mean for level in levels if level.metric.kind and level.mean is not None}
    _derive(figures, tags, found.notes)
    if found.unknown:
        found.notes.append(f"Other metrics were left out: {', '.join(sorted(found.unknown))[:300]}.")
    found.notes.append("Peaks are those of the busiest period; CloudWatch does not tell shorter ones.")
    known: dict[str, Any] = {name: round(value) if name in _WHOLE else value for name, value in figures.items()}
    if types:
        tags["command_types"] = RECORDED
    span_s = _span_s(levels)
    if span_s is not None:
        tags["span_s"] = RECORDED
    shape = WorkloadShape("cloudwatch", source_name, span_s=span_s, command_types=types or None, tags=tags)
    series = tuple(_series(level) for level in levels)
    return dataclasses.replace(shape, series=series, notes=tuple(found.notes), **known)


def _derive(figures: dict[str, float], tags: dict[str, Tag], notes: list[str]) -> None:
    """Figures that follow from others; what stands in brackets is used up."""
    hits, misses = figures.pop(HITS, None), figures.pop(MISSES, None)
    volatile, keys = figures.pop(VOLATILE, None), figures.get("keys")
    for name in (HITS, MISSES, VOLATILE):
        tags.pop(name, None)
    derived = {}
    if hits is not None and misses is not None and hits + misses > 0:
        derived["hit_rate"] = hits / (hits + misses)
    if volatile is not None and keys:
        derived["ttl_share"] = min(1.0, volatile / keys)
    if keys and round(keys) and "bytes_used" in figures:
        derived["item_bytes"] = figures["bytes_used"] / keys
    figures.update({name: value for name, value in derived.items() if name not in figures})
    tags.update(dict.fromkeys(derived, RECORDED))
    if "operations_per_s" not in figures and {"reads_per_s", "writes_per_s"} <= figures.keys():
        parts = [figures.get(name, 0.0) for name in ("reads_per_s", "writes_per_s", "scripts_per_s")]
        figures["operations_per_s"], tags["operations_per_s"] = sum(parts), ASSUMED
        notes.append("All commands are taken to be the reads, writes and scripts counted.")


def _span_s(levels: list[_Level]) -> float | None:
    times = [when for level in levels for when in level.points]
    periods = [level.period_s for level in levels if level.period_s]
    return max(times) - min(times) + max(periods) if periods else None


def _series(level: _Level) -> Series:
    name = level.metric.mean or level.metric.peak or ""
    unit = next((unit for part, unit in _UNITS if part in name), "count")
    unit += "/s" if level.metric.counter else ""
    return Series(level.metric.name, unit, level.period_s, tuple(sorted(level.points.items())))
