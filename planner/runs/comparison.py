"""Durable against cache, as the run page shows it: two runs of one recording side by side, and what others have published.

The figures are those of `engine.comparison`, so that the page and the command line cannot disagree.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine import published
from engine.cluster import durability
from engine.comparison import Comparison, Row, published_rows, rows
from engine.measurement import Measurement
from planner.runs import services
from planner.runs.models import Run


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two runs. `doubt`: why its latencies are not to be trusted; empty when they are."""

    run: Run
    mode: str
    replicas: int
    doubt: str


@dataclass(frozen=True, slots=True)
class ComparisonView:
    """Both runs with the rows that set them side by side. `closed_loop`: played without a pace. `has_knee`: both looked for
    the highest rate."""

    cache: Side
    durable: Side
    rows: tuple[Row, ...]
    clock: str
    closed_loop: bool
    has_knee: bool
    what_durable_is: str
    not_reproduced: tuple[str, ...]
    published: tuple[tuple[str, str, str], ...]
    source: str
    conditions: str


@dataclass(frozen=True, slots=True)
class OtherMode:
    """Where the measurement in the other mode stands: `run` is on its way or done, None when it can be asked for."""

    mode: str
    run: Run | None
    comparison: ComparisonView | None
    unlike: str


def other_mode(run: Run, measured: Measurement) -> OtherMode:
    """What the page of a measured run says of the other mode."""
    there = services.counterpart(run)
    found = None if there is None else services.measurement_of(there)
    if there is None or found is None:
        return OtherMode(services.other_mode(run), there, None, "")
    unlike = _unlike(measured, found)
    view = None if unlike else _view({run.mode: (run, measured), there.mode: (there, found)})
    return OtherMode(services.other_mode(run), there, view, unlike)


def _unlike(one: Measurement, other: Measurement) -> str:
    """Why two runs cannot be compared; empty when they can."""
    if one.engine != other.engine:
        return f"it was measured on {other.engine.name} {other.engine.version}, allocator {other.engine.allocator}"
    if one.trace_sha256 != other.trace_sha256:
        return "it replayed another recording"
    return ""


def _view(by_mode: dict[str, tuple[Run, Measurement]]) -> ComparisonView:
    both = Comparison(by_mode[durability.CACHE][1], by_mode[durability.DURABLE][1])
    closed = both.durable.throughput is not None
    commit = both.durable.commit
    return ComparisonView(
        cache=_side(*by_mode[durability.CACHE]),
        durable=_side(*by_mode[durability.DURABLE]),
        rows=rows(both),
        clock="service time at full load" if closed else "response time, from when an operation was due",
        closed_loop=closed,
        has_knee=both.cache.ramp is not None and both.durable.ramp is not None,
        what_durable_is=durability.WHAT_IT_IS,
        not_reproduced=commit.not_reproduced if commit is not None else durability.NOT_REPRODUCED,
        published=published_rows(),
        source=published.SOURCE,
        conditions=published.CONDITIONS,
    )


def _side(run: Run, measured: Measurement) -> Side:
    valid = measured.valid_for_latency
    return Side(run, measured.mode, measured.topology.replicas, "" if valid.ok else valid.reason)
