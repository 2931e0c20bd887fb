"""A summary as a profile: the figures a summary has in common with a recording, everything else unknown."""

from __future__ import annotations

from typing import Any

from engine.traces.profiling.model import Profile, TtlProfile
from engine.traces.summaries.shape import Series, WorkloadShape

LONGEST_CURVE = 20_000  # points
UNKNOWN = "a summary does not tell it"
_COUNTED = ("GetTypeCmds", "SetTypeCmds", "EvalBasedCmds")
_TOTAL = "TotalCmdsCount"
_SIZES = ("key", "value", "reply", "ttl_ms")


def shape_profile(shape: WorkloadShape) -> Profile:
    """The profile of a shape. Counts are rates times the span; `unknown` names what the summary leaves open."""
    step_s, curve = _curve(shape)
    counts = {
        "operations": _count(shape.operations_per_s, shape),
        "reads": _count(shape.reads_per_s, shape),
        "writes": _count(shape.writes_per_s, shape),
        "scripts": _count(shape.scripts_per_s, shape),
    }
    figures: dict[str, Any] = {
        **counts,
        "duration_s": shape.span_s,
        "clients": shape.clients,
        "keys": shape.keys,
        "mean_ops_per_s": shape.operations_per_s,
        "peak_ops_per_s": _peak(shape, curve),
        "key_bytes": None if shape.key_bytes is None or shape.keys is None else round(shape.key_bytes * shape.keys),
        "value_bytes": None,
    }
    commands = {name: count for name, rate in (shape.commands or {}).items() if (count := _count(rate, shape))}
    missing = [name for name, value in figures.items() if value is None] + ["ttl", "families", "sizes", "compatibility"]
    return Profile(
        format=shape.source,
        commands=commands,
        ttl=TtlProfile(0, None, None, None),
        families=(),
        skipped={},
        compatibility=(),
        curve=curve,
        curve_step_s=step_s,
        sizes=dict.fromkeys(_SIZES),
        unknown=dict.fromkeys(missing, UNKNOWN),
        **figures,
    )


def summary_json(shape: WorkloadShape) -> dict[str, Any]:
    """The profile as JSON, marked as that of a summary, with the shape, its tags and notes."""
    return {
        **shape_profile(shape).to_json(),
        "summary": True,
        "tags": dict(shape.tags),
        "notes": list(shape.notes),
        "shape": shape.to_json(),
        "data_written_recorded": data_written_recorded(shape),
    }


def data_written_recorded(shape: WorkloadShape) -> dict[str, Any] | None:
    """The replication stream as the summary itself tells it (CloudWatch ReplicationBytes, INFO's offset); None when it does
    not. `bytes` in the time described; protocol bytes are among them, because offsets count those too."""
    if shape.replication_bytes_per_s is None:
        return None
    return {
        "bytes": _count(shape.replication_bytes_per_s, shape),
        "bytes_per_s": shape.replication_bytes_per_s,
        "peak_bytes_per_s": shape.replication_peak_bytes_per_s,
        "tag": shape.tags.get("replication_bytes_per_s"),
    }


def _count(per_s: float | None, shape: WorkloadShape) -> int | None:
    return None if per_s is None or shape.span_s is None else round(per_s * shape.span_s)


def _peak(shape: WorkloadShape, curve: tuple[float, ...]) -> float | None:
    """The busiest period given; never made up of peaks that may lie apart."""
    known = [peak for peak in (shape.operations_peak_per_s, max(curve, default=None)) if peak is not None]
    return max(known) if known else None


def _curve(shape: WorkloadShape) -> tuple[int, tuple[float, ...]]:
    """Step in seconds and operations per second in each, where the summary has them without a gap."""
    by_name = {series.metric: series for series in shape.series}
    parts = [by_name[_TOTAL]] if _TOTAL in by_name else [by_name[name] for name in _COUNTED if name in by_name]
    step_s = parts[0].period_s if parts else None
    if not step_s or step_s != int(step_s) or any(one.period_s != step_s for one in parts):
        return 1, ()
    if len(parts) == 1 and parts[0].metric != _TOTAL:  # reads alone are not the operations
        return 1, ()
    return int(step_s), _summed(parts, step_s)


def _summed(parts: list[Series], step_s: float) -> tuple[float, ...]:
    times = sorted({when for series in parts for when, _ in series.points})
    whole = round((times[-1] - times[0]) / step_s) + 1
    if whole != len(times) or whole > LONGEST_CURVE or any(len(series.points) != whole for series in parts):
        return ()
    sums = dict.fromkeys(times, 0.0)
    for series in parts:
        for when, rate in series.points:
            sums[when] += rate
    return tuple(sums.values())
