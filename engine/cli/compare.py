"""`python -m engine replay INPUT --mode both`: what durability costs, side by side, for people."""

from __future__ import annotations

from engine import published
from engine.cli.terminal import table
from engine.cluster import durability
from engine.comparison import Comparison, published_rows, rows


def as_text(comparison: Comparison) -> str:
    """The table, what the durable mode leaves out, and what others have published."""
    durable = comparison.durable
    engine, shape = durable.engine, durable.topology
    clock = "service time at full load" if durable.throughput else "response time, from when an operation was due"
    title = (
        f"{engine.name.capitalize()} {engine.version} ({engine.allocator}), {shape.shards} shards with {shape.replicas} "
        f"replicas each, speed x{durable.speed:g}, times are {clock}\n"
    )
    head = ("", "cache", "durable", "")
    found = table([head, *((row.name, row.cache, row.durable, row.tag) for row in rows(comparison))])
    valid = "".join(
        f"valid for latency, {one.mode}: {'yes' if one.valid_for_latency.ok else 'NO'}: {one.valid_for_latency.reason}\n"
        for one in (comparison.cache, durable)
    )
    return f"{title}\n{found}{valid}\n{_not_reproduced()}\n{_published()}"


def _not_reproduced() -> str:
    lines = "".join(f"  {sentence}\n" for sentence in durability.NOT_REPRODUCED)
    return f"Durable mode: {durability.WHAT_IT_IS}. What it does not reproduce:\n{lines}"


def _published() -> str:
    head = ("published, not measured here", "Redis", "MemoryDB")
    return f"{table([head, *published_rows()])}{published.SOURCE}; {published.CONDITIONS}.\n"
