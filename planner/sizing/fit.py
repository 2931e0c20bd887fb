"""Which clusters can carry a load, and the cheapest of them.

A cluster is feasible when, on its busiest shard, memory, CPU, network, replication, connections and the hottest slot each
stay under their ceiling, with all nodes and after the loss asked about. Each ceiling can be solved for the number of shards,
so every node type and number of replicas is tried in closed form and the cheapest result is kept. This is the plain search;
`grid` gives the same answers for many loads at once, from the same ceilings.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from planner.pricing.catalogue import Catalogue
from planner.pricing.value import value
from planner.sizing.ceilings import (
    RESIDENT,
    Load,
    fewest_shards,
    relative_loads,
    resident_bytes,
    usable_dram,
    usable_memory,
    utilisation,
)
from planner.sizing.loss import NODE, NONE, by_replicas, serving_copies
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import Plan
from planner.sizing.nodes import BURSTABLE_SHARDS, CONNECTIONS, GIB, NodeType, Service, node_types
from planner.sizing.words import counted, percent


@value
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
    replicas: int


def cheapest(load: Load, service: Service, engine: str, answers: Answers, catalogue: Catalogue) -> Fit:
    """Search every node type that has a price in the region with every number of replicas from the least on. Between
    equal prices: fewer nodes, then the faster network, then fewer shards.

    Only node hours are compared: every other line of a design is the same for all its clusters, but for the free
    snapshot allowance, whose price is a thousandth of a node's per GB.
    """
    priced = priced_nodes(service, engine, answers, catalogue)
    if not priced:
        return Fit(None, nothing_on_offer(service, engine, catalogue))
    searched = by_replicas(answers)
    fewest = (
        (node, usd, fewest_shards(load, node, service, one), one.replicas) for node, usd in priced for one in searched
    )
    found = [_candidate(node, usd, shards, replicas) for node, usd, shards, replicas in fewest if shards is not None]
    if not found:
        return Fit(None, why_nothing_fits(load, service, searched[0]))
    best = min(found, key=_merit)
    chosen = next(one for one in searched if one.replicas == best.replicas)
    smaller = _next_smaller(best, load, service, searched, priced)
    return Fit(plan_of(best.node, best.shards, load, service, chosen, smaller), "")


def _merit(one: _Candidate) -> tuple[Decimal, int, float, int, str]:
    return one.cost, one.nodes, -one.node.baseline_bytes_per_s, one.shards, one.node.name


def priced_nodes(
    service: Service, engine: str, answers: Answers, catalogue: Catalogue
) -> list[tuple[NodeType, Decimal]]:
    """Node types on offer in the region with their dollars an hour."""
    nodes = node_types(service.name, data_tiering=answers.data_tiering)
    found = ((node, catalogue.price(service.name, engine, node.name)) for node in nodes)
    return [(node, price.usd) for node, price in found if price is not None]


def _candidate(node: NodeType, usd: Decimal, shards: int, replicas: int) -> _Candidate:
    nodes = shards * (1 + replicas)
    return _Candidate(usd * nodes, nodes, node, shards, replicas)


def plan_of(node: NodeType, shards: int, load: Load, service: Service, answers: Answers, smaller: str) -> Plan:
    """This cluster with `answers.replicas` a shard: what it is used for and what binds."""
    used = utilisation(load, node, shards, service, answers)
    return Plan(
        node_type=node.name,
        shards=shards,
        replicas=answers.replicas,
        binding=max(used, key=lambda name: used[name]),
        utilisation=used,
        limits=_limits(node, shards, load, service, answers, used["network"]),
        next_smaller=smaller,
    )


def _limits(
    node: NodeType, shards: int, load: Load, service: Service, answers: Answers, network: float
) -> Mapping[str, str]:
    """Each constraint in figures, on the busiest shard."""
    target = answers.target_utilisation
    busiest = load.hottest_slot_share + (1 - load.hottest_slot_share) / shards
    memory = load.memory_bytes / shards + load.shard_overhead_bytes
    serving = serving_copies(answers) if answers.stale_reads else 1
    reads, writes = load.reads_per_s * busiest / serving, load.writes_per_s * busiest
    cap = service.replication_cap
    replicated = f"{load.replicated_bytes_per_s * busiest / 1e6:.2f} MB/s in the busiest second"
    allowed = node.baseline_bytes_per_s * target
    found = {
        "memory": f"{memory / GIB:.3f} of {usable_memory(node, answers) / GIB:.2f} GiB",
        "cpu": f"{reads:,.0f} reads/s of {node.reads_per_s * target:,.0f} and {writes:,.0f} writes/s of "
        f"{node.writes_per_s * target:,.0f}, counted as GET and SET of 100 bytes; the two shares add up",
        "network": f"{network * allowed / 1e6:.2f} of {allowed / 1e6:.1f} MB/s",
        "replication": f"{replicated} of {cap * target / 1e6:.0f}{_burst(load, shards, service)}"
        if cap
        else f"{replicated}; no cap is published",
        "hottest slot": f"{percent(load.hottest_slot_share, 2)} of operations, which sharding cannot spread",
    }
    if load.connections:
        found["connections"] = f"{load.connections:,} of {CONNECTIONS:,}; a client of a cluster keeps one to every node"
    if node.ssd_bytes:
        kept = resident_bytes(load) / shards + load.shard_overhead_bytes
        found[RESIDENT] = f"{kept / GIB:.3f} of {usable_dram(node, answers) / GIB:.2f} GiB; the rest may lie on SSD"
    return found


def _burst(load: Load, shards: int, service: Service) -> str:
    """That the cap is felt within 10 ms is known of a log only."""
    if load.replicated_burst_bytes is None or not service.to_log or service.replication_cap is None:
        return ""
    most = service.replication_cap / 1e8
    return f"; {load.replicated_burst_bytes / shards / 1e6:.3f} MB at most within 10 ms, of {most:.0f} MB"


def _next_smaller(
    best: _Candidate,
    load: Load,
    service: Service,
    searched: Sequence[Answers],
    priced: Sequence[tuple[NodeType, Decimal]],
) -> str:
    """Why not the dearest cluster that is cheaper: one replica or one shard less, or a smaller node type."""
    chosen = next(one for one in searched if one.replicas == best.replicas)
    others = ((node, usd, best.shards - (node is best.node)) for node, usd in priced)
    options = [
        _candidate(node, usd, shards, best.replicas)
        for node, usd, shards in others
        if shards and not (node.burstable and shards > BURSTABLE_SHARDS)
    ]
    if best.replicas > searched[0].replicas:
        usd = next(usd for node, usd in priced if node is best.node)
        options.append(_candidate(best.node, usd, best.shards, best.replicas - 1))
    cheaper = [one for one in options if one.cost < best.cost]
    if not cheaper:
        return smallest(best.node)
    option = max(cheaper, key=_dearness)
    return why_not(option.node, option.shards, option.replicas, load, service, chosen)


def _dearness(one: _Candidate) -> tuple[Decimal, int, float, str]:
    return one.cost, -one.replicas, one.node.baseline_bytes_per_s, one.node.name


def nothing_on_offer(service: Service, engine: str, catalogue: Catalogue) -> str:
    """The region's lists have no such node."""
    return f"No price list has a node of {service.title} ({engine}) in {catalogue.region}."


def smallest(node: NodeType) -> str:
    """There is no next smaller plan."""
    return f"{node.name} is the smallest node type on offer."


def why_not(node: NodeType, shards: int, replicas: int, load: Load, service: Service, answers: Answers) -> str:
    """One sentence on the ceiling this cluster breaks, and whether it does so only after the loss asked about. `answers`
    hold the replicas of the plan that is beside it."""
    fewer = f" and {counted(replicas, 'replica')}" if replicas != answers.replicas else ""
    if replicas != answers.replicas:
        answers = replace(answers, replicas=replicas)
    used = utilisation(load, node, shards, service, answers)
    worst = max(used, key=lambda name: used[name])
    after = ""
    if answers.stale_reads and answers.survive != NONE:
        whole = utilisation(load, node, shards, service, replace(answers, survive=NONE))
        lost = "node" if answers.survive == NODE else "zone"
        after = f" after the loss of a {lost}" if max(whole.values()) <= 1 < used[worst] else ""
    cluster = f"{node.name} with {counted(shards, 'shard')}{fewer}"
    return f"{cluster} would need {percent(used[worst], 1)} of its {worst} allowance{after}."


def why_nothing_fits(load: Load, service: Service, answers: Answers) -> str:
    """The ceiling that no number of shards of the largest node lifts, else that there are too few nodes."""
    if load.connections > CONNECTIONS:
        kept = (
            "a client of a cluster keeps one to every node, so shards do not spread them. Share connections in a pool."
        )
        return f"{load.connections:,} connections are more than the {CONNECTIONS:,} a node takes; {kept}"
    largest = max(node_types(service.name), key=lambda node: (node.maxmemory_bytes, node.baseline_bytes_per_s))
    relative = relative_loads(load, largest, service, answers)
    worst = max(relative, key=lambda name: relative[name])
    if relative[worst] * load.hottest_slot_share >= 1:
        what = "key" if relative[worst] * load.hottest_key_share >= 1 else "hash slot"
        share = load.hottest_key_share if what == "key" else load.hottest_slot_share
        filled = f"{percent(relative[worst] * share)} of what a shard of {largest.name} may carry ({worst})"
        remedy = f"Sharding cannot spread it; split the {what} in the application."
        return f"One {what} takes {percent(share, 1)} of operations, {filled}. {remedy}"
    if load.shards_at_most == 1:
        return f"A vector index lives on one shard, and no node type carries it all, not even {largest.name}."
    return f"No cluster of up to {service.nodes_at_most} nodes carries it, not even of {largest.name}."
