"""Which clusters can carry a load, and the cheapest of them.

A cluster is feasible when, on its busiest shard, memory, CPU, network, replication and the hottest slot each stay
under their ceiling. The busiest shard holds the hottest slot and an even part of everything else. Each ceiling can be
solved for the number of shards, so every node type is tried in closed form and the cheapest result is kept.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from planner.pricing.catalogue import Catalogue
from planner.sizing.model import Answers, Plan
from planner.sizing.nodes import BURSTABLE_SHARDS, GIB, NodeType, Service, node_types
from planner.sizing.words import counted, percent

_ALMOST = 1e-9  # a load that divides evenly must not cost a shard to floating point


@dataclass(frozen=True, slots=True)
class Load:
    """What one cluster of a design must carry at peak, over all its shards.

    `reads_per_s` and `writes_per_s` are in units of the calibration's GET and SET (CPU ratio applied).
    `client_bytes_per_s` counts both directions. `hottest_slot_share` is 0 when not known.
    """

    memory_bytes: int
    shard_overhead_bytes: int
    reads_per_s: float
    writes_per_s: float
    client_bytes_per_s: float
    replicated_bytes_per_s: float
    hottest_slot_share: float
    hottest_key_share: float
    replicated_burst_bytes: int | None = None


@dataclass(frozen=True, slots=True)
class Fit:
    """The cheapest plan, or None and the reason in words."""

    plan: Plan | None
    reason: str


@dataclass(frozen=True, slots=True)
class _Candidate:
    cost: Decimal
    nodes: int
    node: NodeType
    shards: int


def cheapest(load: Load, service: Service, engine: str, answers: Answers, catalogue: Catalogue) -> Fit:
    """Search every node type that has a price in the region. Between equal prices: fewer nodes, then the faster
    network.

    Only node hours are compared: every other line of a design is the same for all its clusters, but for the free
    snapshot allowance, whose price is a thousandth of a node's per GB.
    """
    priced = _priced(service, engine, catalogue)
    if not priced:
        return Fit(None, f"No price list has a node of {service.title} ({engine}) in {catalogue.region}.")
    fewest = ((node, usd, fewest_shards(load, node, service, answers)) for node, usd in priced)
    found = [_candidate(node, usd, shards, answers) for node, usd, shards in fewest if shards is not None]
    if not found:
        return Fit(None, _why_nothing_fits(load, service, answers))
    best = min(found, key=lambda one: (one.cost, one.nodes, -one.node.baseline_bytes_per_s, one.node.name))
    smaller = _next_smaller(best, load, service, engine, answers, catalogue)
    return Fit(_plan(best, load, service, answers, smaller), "")


def _priced(service: Service, engine: str, catalogue: Catalogue) -> list[tuple[NodeType, Decimal]]:
    """Node types on offer in the region with their dollars an hour."""
    found = ((node, catalogue.price(service.name, engine, node.name)) for node in node_types(service.name))
    return [(node, price.usd) for node, price in found if price is not None]


def _candidate(node: NodeType, usd: Decimal, shards: int, answers: Answers) -> _Candidate:
    nodes = shards * (1 + answers.replicas)
    return _Candidate(usd * nodes, nodes, node, shards)


def fewest_shards(load: Load, node: NodeType, service: Service, answers: Answers) -> int | None:
    """The fewest shards of this node type that carry the load, None when no number up to the service's limit does."""
    memory = usable_memory(node, service, answers) - load.shard_overhead_bytes
    if memory <= 0:
        return None
    wanted = [load.memory_bytes / memory]
    hot = load.hottest_slot_share
    for relative in _relative_loads(load, node, service, answers).values():
        if relative * hot >= 1 and relative > 1:
            return None  # the hottest slot alone fills a shard, however many there are
        wanted.append(1.0 if relative <= 1 else relative * (1 - hot) / (1 - relative * hot))
    shards = max(1, math.ceil(max(wanted) - _ALMOST))
    most = BURSTABLE_SHARDS if node.burstable else service.nodes_at_most // (1 + answers.replicas)
    return shards if shards <= most else None


def utilisation(load: Load, node: NodeType, shards: int, service: Service, answers: Answers) -> dict[str, float]:
    """Used / allowed per constraint on the busiest shard (1.0 = full)."""
    relative = _relative_loads(load, node, service, answers)
    busiest = load.hottest_slot_share + (1 - load.hottest_slot_share) / shards
    memory = load.memory_bytes / shards + load.shard_overhead_bytes
    return {
        "memory": memory / usable_memory(node, service, answers),
        **{name: value * busiest for name, value in relative.items()},
        "hottest slot": relative["cpu"] * load.hottest_slot_share,
    }


def usable_memory(node: NodeType, service: Service, answers: Answers) -> float:
    """Bytes of a node that data may fill: maxmemory less the service's reserve less the headroom asked for."""
    return node.maxmemory_bytes * (1 - service.reserve) * (1 - answers.memory_headroom)


def _relative_loads(load: Load, node: NodeType, service: Service, answers: Answers) -> dict[str, float]:
    """The whole load against what one shard may carry, per constraint that sharding spreads."""
    target = answers.target_utilisation
    found = {
        "cpu": (load.reads_per_s / node.reads_per_s + load.writes_per_s / node.writes_per_s) / target,
        "network": _network_bytes(load, service, answers) / (node.baseline_bytes_per_s * target),
    }
    if service.replication_cap is not None:
        found["replication"] = load.replicated_bytes_per_s / (service.replication_cap * target)
    return found


def _network_bytes(load: Load, service: Service, answers: Answers) -> float:
    copies = 1 if service.to_log else answers.replicas
    return load.client_bytes_per_s + load.replicated_bytes_per_s * copies


def _plan(best: _Candidate, load: Load, service: Service, answers: Answers, smaller: str) -> Plan:
    used = utilisation(load, best.node, best.shards, service, answers)
    return Plan(
        node_type=best.node.name,
        shards=best.shards,
        replicas=answers.replicas,
        binding=max(used, key=lambda name: used[name]),
        utilisation=used,
        limits=_limits(best, load, service, answers),
        next_smaller=smaller,
    )


def _limits(best: _Candidate, load: Load, service: Service, answers: Answers) -> Mapping[str, str]:
    """Each constraint in figures, on the busiest shard."""
    node, shards, target = best.node, best.shards, answers.target_utilisation
    busiest = load.hottest_slot_share + (1 - load.hottest_slot_share) / shards
    memory = load.memory_bytes / shards + load.shard_overhead_bytes
    reads, writes = load.reads_per_s * busiest, load.writes_per_s * busiest
    cap = service.replication_cap
    replicated = f"{load.replicated_bytes_per_s * busiest / 1e6:.2f} MB/s in the busiest second"
    return {
        "memory": f"{memory / GIB:.3f} of {usable_memory(node, service, answers) / GIB:.2f} GiB",
        "cpu": f"{reads:,.0f} reads/s of {node.reads_per_s * target:,.0f} and {writes:,.0f} writes/s of "
        f"{node.writes_per_s * target:,.0f}, counted as GET and SET of 100 bytes; the two shares add up",
        "network": f"{_network_bytes(load, service, answers) * busiest / 1e6:.2f} of "
        f"{node.baseline_bytes_per_s * target / 1e6:.1f} MB/s",
        "replication": f"{replicated} of {cap * target / 1e6:.0f}{_burst(load, shards, cap)}"
        if cap
        else f"{replicated}; no cap is published",
        "hottest slot": f"{percent(load.hottest_slot_share, 2)} of operations, which sharding cannot spread",
    }


def _burst(load: Load, shards: int, cap: int) -> str:
    if load.replicated_burst_bytes is None:
        return ""
    return f"; {load.replicated_burst_bytes / shards / 1e6:.3f} MB at most within 10 ms, of {cap / 1e8:.0f} MB"


def _next_smaller(
    best: _Candidate, load: Load, service: Service, engine: str, answers: Answers, catalogue: Catalogue
) -> str:
    """Why not the dearest cluster that is cheaper: one shard less, or a smaller node type."""
    others = ((node, usd, best.shards - (node is best.node)) for node, usd in _priced(service, engine, catalogue))
    options = (
        _candidate(node, usd, shards, answers)
        for node, usd, shards in others
        if shards and not (node.burstable and shards > BURSTABLE_SHARDS)
    )
    cheaper = [one for one in options if one.cost < best.cost]
    if not cheaper:
        return f"{best.node.name} is the smallest node type on offer."
    option = max(cheaper, key=lambda one: (one.cost, one.node.baseline_bytes_per_s, one.node.name))
    used = utilisation(load, option.node, option.shards, service, answers)
    worst = max(used, key=lambda name: used[name])
    cluster = f"{option.node.name} with {counted(option.shards, 'shard')}"
    return f"{cluster} would need {percent(used[worst], 1)} of its {worst} allowance."


def _why_nothing_fits(load: Load, service: Service, answers: Answers) -> str:
    largest = max(node_types(service.name), key=lambda node: (node.maxmemory_bytes, node.baseline_bytes_per_s))
    relative = _relative_loads(load, largest, service, answers)
    worst = max(relative, key=lambda name: relative[name])
    if relative[worst] * load.hottest_slot_share >= 1:
        what = "key" if relative[worst] * load.hottest_key_share >= 1 else "hash slot"
        share = load.hottest_key_share if what == "key" else load.hottest_slot_share
        filled = f"{percent(relative[worst] * share)} of what a shard of {largest.name} may carry ({worst})"
        remedy = f"Sharding cannot spread it; split the {what} in the application."
        return f"One {what} takes {percent(share, 1)} of operations, {filled}. {remedy}"
    return f"No cluster of up to {service.nodes_at_most} nodes carries it, not even of {largest.name}."
