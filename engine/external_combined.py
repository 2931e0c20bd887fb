"""One measurement of two runs of the same recording: latency from somebody else's cluster, all that sizing needs from a
cluster of our own, where nothing is refused. Pure.
"""

from __future__ import annotations

import dataclasses

from engine.errors import InputError
from engine.external_measurement import ExternalMeasurement
from engine.measurement import Elsewhere, Measurement, Series

SAME_SPEED = 1e-9


def combined(local: Measurement, there: ExternalMeasurement) -> Measurement:
    """The local measurement with the latencies of the other cluster, which `latency_from` names. Raises InputError for two
    recordings, or when nothing was answered there."""
    if local.trace_sha256 != there.trace_sha256:
        raise InputError(
            "the two runs are of different recordings.",
            source=there.target,
            expected="a run on this machine of the recording that was replayed there.",
        )
    if not there.latency_us:
        raise InputError("nothing was answered there, so there is no latency to take over.", source=there.target)
    elsewhere = Elsewhere(
        target=there.target,
        engine=there.engine,
        shards=there.topology.shards,
        replicas=there.topology.replicas,
        speed=there.speed,
        most_per_s=there.most_per_s,
    )
    return dataclasses.replace(
        local,
        latency_us=there.latency_us,
        valid_for_latency=there.valid_for_latency,
        series=_series(local, there),
        latency_from=elsewhere,
        assumptions=(*local.assumptions, *(f"On {there.target}: {note}" for note in there.assumptions)),
    )


def _series(local: Measurement, there: ExternalMeasurement) -> Series:
    """Operations and memory second by second as here, response times as there where both clocks ran alike."""
    length = len(local.series.operations)
    alike = abs(local.speed - there.speed) < SAME_SPEED
    nothing: tuple[float | None, ...] = (None,) * length
    p50 = (*there.series.response_p50_us, *nothing)[:length] if alike else nothing
    p99 = (*there.series.response_p99_us, *nothing)[:length] if alike else nothing
    return dataclasses.replace(local.series, response_p50_us=p50, response_p99_us=p99)
