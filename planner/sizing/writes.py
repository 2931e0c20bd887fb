"""Data written from elsewhere than the replay: what the real system's metrics say of it, and the largest burst of 10 ms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.measurement import Measurement
from engine.traces.summaries.shape import WorkloadShape
from planner.sizing.model.clusters import Plan
from planner.sizing.model.figures import Assumption
from planner.sizing.model.needs import Needs, RecordedWrites

BURST_MS = 10
_SOURCES = {
    "cloudwatch": "CloudWatch ReplicationBytes",
    "info": "growth of the replication offset between two INFO outputs",
}


def recorded_writes(shape: Mapping[str, Any] | WorkloadShape | None) -> RecordedWrites | None:
    """From the shape of a summary (or its JSON); None where it tells no replication."""
    if shape is None:
        return None
    known = shape if isinstance(shape, WorkloadShape) else WorkloadShape.from_json(shape)
    if known.replication_bytes_per_s is None:
        return None
    return RecordedWrites(
        average_bytes_per_s=known.replication_bytes_per_s,
        peak_bytes_per_s=known.replication_peak_bytes_per_s,
        tag=known.tags.get("replication_bytes_per_s", "assumed"),
        source=_SOURCES.get(known.source, known.source),
    )


def with_recorded(needs: Needs, recorded: RecordedWrites | None) -> Needs:
    """The needs with data written as recorded: the average as it stands, and the peak as given or in proportion to the
    replay's. Neither is scaled by answers: the metrics are of the whole system over the whole time."""
    if recorded is None:
        return needs
    average = recorded.average_bytes_per_s
    estimated = needs.replicated_bytes_per_s_average
    steepness = needs.replicated_bytes_per_s_peak / estimated if estimated else 1.0
    peak = recorded.peak_bytes_per_s if recorded.peak_bytes_per_s is not None else average * steepness
    return replace(needs, replicated_bytes_per_s_average=average, replicated_bytes_per_s_peak=max(peak, average))


def recorded_assumption(recorded: RecordedWrites | None) -> tuple[Assumption, ...]:
    """What the bill's data written rests on, when it is not the replay."""
    if recorded is None:
        return ()
    peak = recorded.peak_bytes_per_s
    busiest = (
        f"{peak / 1e6:.3f} MB/s in the busiest period" if peak is not None else "the peak in proportion to the replay's"
    )
    value = (
        f"{recorded.average_bytes_per_s / 1e6:.3f} MB/s on average, {busiest}: instead of the replay's, and not scaled by the "
        "answers; protocol bytes are among them"
    )
    return (Assumption("Data written, by the system's own metrics", value, recorded.tag, recorded.source),)


def burst_flags(plan: Plan | None, cap: int | None, needs: Needs) -> tuple[str, ...]:
    """A remark when what is written within 10 ms is more than a shard may write in that time: it is a wait and no reason for
    more shards, since one large value or transaction stays on one of them."""
    if plan is None or cap is None or needs.replicated_burst_bytes is None:
        return ()
    burst, allowed = needs.replicated_burst_bytes / plan.shards, cap * BURST_MS / 1000
    if burst <= allowed:
        return ()
    wait_ms = (burst - allowed) / cap * 1000
    return (
        f"A burst of {burst / 1e6:.1f} MB within {BURST_MS} ms is more than the {allowed / 1e6:.0f} MB a shard may write "
        f"in that time: the last write of it waits about {wait_ms:.0f} ms more.",
    )


def burst_bytes(measurement: Measurement, share: float) -> int | None:
    """The most that all keys write in 10 ms: the recording's own burst where it was predicted, which a busy machine cannot
    distort; else the busiest shard's, times the shards. Keys that were not recorded are taken to write at the same time."""
    predicted, measured = measurement.written_predicted, measurement.data_written.bytes_peak_10ms
    if predicted is not None:
        return round(predicted.peak_10ms_bytes / share)
    return None if measured is None else round(measured * measurement.topology.shards / share)
