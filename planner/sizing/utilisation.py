"""How full today's cluster would be in a later month, constraint by constraint.

What passes through a shard grows with the peak of traffic, and what it holds with the data beyond what an empty shard uses; so
today's utilisation carries over by two ratios, whatever the design.
"""

from __future__ import annotations

from planner.pricing import designs
from planner.sizing.bill import Sized, cache_load, load_of
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import Needs
from planner.sizing.nodes import SERVICES

MEMORY = "memory"
HELD = frozenset({MEMORY, "data", "storage", "ssd", "vector index"})  # the rest goes with traffic


def later_utilisation(sized: Sized, now: Needs, then: Needs, answers: Answers) -> dict[str, float]:
    """Used / allowed per constraint (1.0 = full) on the same cluster, given the needs it was sized for and those of then.
    Empty for a design without a cluster."""
    if sized.plan is None:
        return {}
    before = shard_bytes(sized, now, answers)
    held = shard_bytes(sized, then, answers) / before if before else 1.0
    passed = traffic_ratio(now, then)
    return {name: used * (held if name in HELD else passed) for name, used in sized.plan.utilisation.items()}


def traffic_ratio(now: Needs, then: Needs) -> float:
    """Peak traffic of then against now; operations and bytes grow alike."""
    before = now.peak_reads_per_s + now.peak_writes_per_s
    return (then.peak_reads_per_s + then.peak_writes_per_s) / before if before else 1.0


def shard_bytes(sized: Sized, needs: Needs, answers: Answers) -> float:
    """Bytes on one shard of the design's cluster."""
    shards = max(sized.plan.shards, 1) if sized.plan else 1
    service = SERVICES.get(designs.find(sized.design_id)[0].service)
    if service is None:
        return needs.memory_bytes / shards + needs.shard_overhead_bytes
    joined = "+" in sized.design_id
    load = cache_load(needs, service, answers.cache_share, 0.0) if joined else load_of(needs, service)
    return load.memory_bytes / shards + load.shard_overhead_bytes
