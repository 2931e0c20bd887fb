"""Simulated engines for the tests of the ramp: what a step at a rate would have measured."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engine.ramp.model import Played, Ramp, RampSpec, RampStep, StepLatency
from engine.ramp.search import conclude, next_rate
from engine.ramp.verdict import judge

Curve = Callable[[float], Played]


def played(
    rate: float,
    *,
    read_us: float = 400,
    write_us: float = 400,
    service_us: float | None = None,
    reads: int = 5_000,
    writes: int = 5_000,
    **more: Any,
) -> Played:
    """A step whose 99th percentiles are these; `service_us` None: all of it was spent at the server."""
    return Played(
        asked_ops_per_s=rate,
        reached_ops_per_s=rate,
        seconds=5.0,
        operations=reads + writes,
        units=reads + writes,
        latency_us={
            "read": StepLatency(read_us / 4, read_us, service_us or read_us, reads),
            "write": StepLatency(write_us / 4, write_us, service_us or write_us, writes),
        },
        **more,
    )


def queueing(knee: float, objective_us: float = 5_000) -> Curve:
    """One server with a queue: the 99th percentile grows as 1 / (capacity - rate), and is the objective exactly at `knee`."""
    capacity = knee * 1.25
    scale = objective_us * (capacity - knee)

    def at(rate: float) -> Played:
        return played(rate, write_us=scale / (capacity - rate) if rate < capacity else 1e7)

    return at


def climbed(spec: RampSpec, curve: Curve, first: float = 1_000) -> Ramp:
    """The whole ramp over a curve."""
    steps: list[RampStep] = []
    while (rate := next_rate(steps, spec, first)) is not None:
        steps.append(judge(curve(rate), spec.objective_us()))
    return conclude(steps, spec)
