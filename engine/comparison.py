"""The same recording in cache and in durable mode, one after the other on clusters of the same shape: what durability costs.

Both are whole measurements; the rows put what differs side by side, each with its tag. Published figures stand apart.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from engine import measurement, published
from engine.cluster import durability
from engine.measurement import Latency, Measurement, Quantiles
from engine.plain import to_plain
from engine.progress import Report, ShouldStop, ignore, never
from engine.run import RunSpec, measure
from engine.units import format_bytes, format_rate

BOTH = "both"
SCHEMA = 1
MEASURED, ASSUMED = "measured", "assumed"
NONE = "—"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What one recording did in each mode."""

    cache: Measurement
    durable: Measurement


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table, as people read it. `tag`: measured or assumed."""

    name: str
    cache: str
    durable: str
    tag: str = MEASURED


def compare(spec: RunSpec, *, report: Report = ignore, should_stop: ShouldStop = never) -> Comparison:
    """Measure a recording twice; `spec.mode` does not matter. Its folder keeps both runs. Raises as `measure` does."""
    durability.require_available(durability.DURABLE, spec.replicas)
    found = {}
    for mode in durability.MODES:
        zone = spec.zone_rtt_ms if mode == durability.DURABLE else None
        own = replace(spec, mode=mode, folder=spec.folder / mode, zone_rtt_ms=zone)
        found[mode] = measure(own, report=report, should_stop=should_stop)
    return Comparison(found[durability.CACHE], found[durability.DURABLE])


def to_json(comparison: Comparison) -> dict[str, Any]:
    """Both measurements whole, and what others have published."""
    return {
        "schema": SCHEMA,
        "cache": measurement.to_json(comparison.cache),
        "durable": measurement.to_json(comparison.durable),
        "published": {
            "tag": "published",
            "source": published.SOURCE,
            "conditions": published.CONDITIONS,
            "figures": [to_plain(each) for each in published.FIGURES],
        },
    }


def rows(comparison: Comparison) -> tuple[Row, ...]:
    """What differs, side by side."""
    return (*_latencies(comparison), *_amounts(comparison), *_commits(comparison.durable))


def published_rows() -> tuple[tuple[str, str, str], ...]:
    """Name, Redis and MemoryDB, as the paper has them."""
    return tuple((each.name, f"{each.redis} {each.unit}", f"{each.memorydb} {each.unit}") for each in published.FIGURES)


def _latencies(both: Comparison) -> Iterator[Row]:
    closed = both.durable.throughput is not None
    for name in ("read", "write"):
        of_both = [_quantiles(found.latency_us.get(name), closed=closed) for found in (both.cache, both.durable)]
        if of_both == [None, None]:
            continue
        for label, level in _LEVELS:
            yield Row(f"{name} {label}", *(NONE if each is None else _ms(level(each)) for each in of_both))


def _quantiles(latency: Latency | None, *, closed: bool) -> Quantiles | None:
    if latency is None:
        return None
    return latency.service if closed else latency.response


_LEVELS: tuple[tuple[str, Callable[[Quantiles], float]], ...] = (
    ("p50", lambda each: each.p50),
    ("p99", lambda each: each.p99),
    ("p99.9", lambda each: each.p99_9),
    ("max", lambda each: each.max),
)


def _amounts(both: Comparison) -> Iterator[Row]:
    cache, durable = both.cache, both.durable
    if cache.throughput is not None and durable.throughput is not None:
        yield Row(
            f"throughput, depth {durable.throughput.depth}",
            format_rate(cache.throughput.operations_per_s, "operations"),
            format_rate(durable.throughput.operations_per_s, "operations"),
        )
    if cache.ramp is not None and durable.ramp is not None:
        yield Row("highest rate within the objective", cache.ramp.knee_words(), durable.ramp.knee_words())
    yield Row("answered without an error", f"{cache.operations.ok:,}", f"{durable.operations.ok:,}")
    yield Row("data written", f"{cache.data_written.bytes:,} bytes", f"{durable.data_written.bytes:,} bytes")
    yield Row(
        "protocol beside it",
        f"{cache.data_written.protocol_bytes:,} bytes",
        f"{durable.data_written.protocol_bytes:,} bytes",
    )


def _commits(durable: Measurement) -> Iterator[Row]:
    commit = durable.commit
    if commit is None:
        return
    yield Row("append-only files, all copies", NONE, f"{format_bytes(commit.aof_bytes)} on {commit.filesystem}")
    each = "" if commit.writes_per_wait is None else f", each for {commit.writes_per_wait:.2f} writes"
    yield Row("WAITs", NONE, f"{commit.waits:,}{each}")
    yield Row("writes not committed in time", NONE, f"{commit.timed_out:,}")
    if commit.zone_rtt_us is not None and commit.write_with_zone_us is not None:
        far = commit.write_with_zone_us
        name = f"write p50 / p99 with {commit.zone_rtt_us / 1000:g} ms between zones"
        yield Row(name, NONE, f"{_ms(far.p50)} / {_ms(far.p99)}", ASSUMED)


def _ms(us: float) -> str:
    return f"{us / 1000:.2f} ms"
