"""Latency of a run: whether it may be trusted, its quantiles, and the run second by second."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Validity:
    """Whether the latency figures may be trusted, and why not."""

    ok: bool
    reason: str


@dataclass(frozen=True, slots=True)
class Quantiles:
    """Latency quantiles in microseconds; `count` operations."""

    p50: float
    p90: float
    p99: float
    p99_9: float
    p99_99: float
    max: float
    count: int


@dataclass(frozen=True, slots=True)
class Latency:
    """`response` counts from the time an operation was due, `service` from the time it was sent."""

    response: Quantiles
    service: Quantiles


@dataclass(frozen=True, slots=True)
class Series:
    """One point per second of replay; all tuples have the same length. Latencies are response times in µs (None: nothing
    was due in that second)."""

    operations: tuple[int, ...] = ()
    response_p50_us: tuple[float | None, ...] = ()
    response_p99_us: tuple[float | None, ...] = ()
    used_bytes: tuple[int | None, ...] = ()
