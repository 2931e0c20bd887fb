"""The search of `fit` for many loads at once: node types x loads in columns, once for each number of replicas.

The same ceilings (`ceilings.relative_loads`) with columns put in, the same order of preference, and so the same plans.
Costs are compared as whole picodollars an hour. Without reads from replicas one more replica never lifts a ceiling and
always costs, so only the least is searched.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from planner.pricing import money
from planner.pricing.catalogue import Catalogue
from planner.pricing.value import value
from planner.sizing.ceilings import ALMOST, Load, relative_loads, resident_bytes, usable_dram, usable_memory
from planner.sizing.fit import Fit, nothing_on_offer, plan_of, priced_nodes, smallest, why_not, why_nothing_fits
from planner.sizing.loss import by_replicas
from planner.sizing.memo import per_catalogue
from planner.sizing.model.answers import Answers
from planner.sizing.nodes import BURSTABLE_SHARDS, CONNECTIONS, SERVICES, NodeType, Service

Column = NDArray[Any]
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True)
class Offer:
    """The node types on offer in a region: one by one, as a row of columns, and their price an hour in picodollars."""

    nodes: tuple[NodeType, ...]
    usd: tuple[Decimal, ...]
    columns: NodeType
    price: Column
    order: tuple[tuple[float, str], ...]  # fast networks first


@dataclass(frozen=True, slots=True)
class _Found:
    """Per load and node type: the fewest shards (1 where there are none), their cost (`_NEVER` then)."""

    answers: Answers
    shards: Column
    cost: Column


@value
class _Choice:
    node: int
    shards: int
    cost: int
    found: int  # index of the number of replicas


def cheapest_many(
    loads: Sequence[Load], service: Service, engine: str, answers: Answers, catalogue: Catalogue
) -> tuple[Fit, ...]:
    """`fit.cheapest` of each load."""
    offer = offer_of(catalogue, service.name, engine, answers.data_tiering)
    if not offer.nodes:
        return (Fit(None, nothing_on_offer(service, engine, catalogue)),) * len(loads)
    searched = by_replicas(answers)
    columns = _columns(loads)
    found = [_fewest(columns, offer, service, one) for one in (searched if answers.stale_reads else searched[:1])]
    chosen = _choose(found, offer)
    smaller = _smaller(chosen, found, offer)
    return tuple(
        Fit(None, why_nothing_fits(load, service, searched[0]))
        if choice is None
        else _fit(load, choice, less, found, offer, service)
        for load, choice, less in zip(loads, chosen, smaller, strict=True)
    )


@per_catalogue
def offer_of(catalogue: Catalogue, service_name: str, engine: str, data_tiering: bool) -> Offer:
    """What `fit.priced_nodes` finds, in columns. Raises ValueError for a price finer than a picodollar."""
    answers = Answers(data_tiering=data_tiering)
    priced = priced_nodes(SERVICES[service_name], engine, answers, catalogue)
    nodes, usd = tuple(node for node, _ in priced), tuple(price for _, price in priced)
    return Offer(
        nodes,
        usd,
        cast(NodeType, _row(nodes)),
        np.array([money.picodollars(price) for price in usd], dtype=np.int64),
        tuple((-node.baseline_bytes_per_s, node.name) for node in nodes),
    )


def _row(nodes: Sequence[NodeType]) -> SimpleNamespace:
    """Node types as one whose figures are rows."""
    names = ("maxmemory_bytes", "reads_per_s", "writes_per_s", "baseline_bytes_per_s", "ssd_bytes", "reserve")
    figures = {name: np.array([float(getattr(node, name)) for node in nodes])[np.newaxis, :] for name in names}
    return SimpleNamespace(**figures, burstable=np.array([node.burstable for node in nodes])[np.newaxis, :])


def _columns(loads: Sequence[Load]) -> Load:
    """Loads as one whose figures are columns."""
    names = (
        "memory_bytes",
        "shard_overhead_bytes",
        "reads_per_s",
        "writes_per_s",
        "client_bytes_per_s",
        "replicated_bytes_per_s",
        "hottest_slot_share",
        "replies_bytes_per_s",
        "connections",
        "shards_at_most",
    )
    figures = {name: np.array([float(getattr(load, name)) for load in loads])[:, np.newaxis] for name in names}
    kept = np.array([float(resident_bytes(load)) for load in loads])[:, np.newaxis]
    return cast(Load, SimpleNamespace(**figures, resident_bytes=kept))


def _fewest(load: Load, offer: Offer, service: Service, answers: Answers) -> _Found:
    """`ceilings.fewest_shards` of every load on every node type."""
    node, hot = offer.columns, load.hottest_slot_share
    memory: Any = usable_memory(node, answers) - load.shard_overhead_bytes
    dram: Any = usable_dram(node, answers) - load.shard_overhead_bytes
    with np.errstate(divide="ignore", invalid="ignore"):
        wanted: Any = np.maximum(
            load.memory_bytes / memory, np.where(node.ssd_bytes > 0, resident_bytes(load) / dram, 0.0)
        )
        fits: Any = (dram > 0) & (load.connections <= CONNECTIONS)
        for each in relative_loads(load, node, service, answers).values():
            relative: Any = each
            fits &= ~((relative * hot >= 1) & (relative > 1))
            shared = relative * (1 - hot) / (1 - relative * hot)
            wanted = np.maximum(wanted, np.where(relative <= 1, 1.0, shared))
    copies = 1 + answers.replicas
    shards = np.maximum(np.ceil(wanted - ALMOST), 1.0)
    most = np.where(node.burstable, BURSTABLE_SHARDS, service.nodes_at_most // copies)
    fits &= shards <= np.minimum(most, load.shards_at_most)
    whole = np.where(fits, shards, 1.0).astype(np.int64)
    return _Found(answers, whole, np.where(fits, offer.price * whole * copies, _NEVER))


def _choose(found: Sequence[_Found], offer: Offer) -> list[_Choice | None]:
    """Of each load the cheapest; between equal prices fewer nodes, the faster network, fewer shards."""
    cost = np.concatenate([one.cost for one in found], axis=1)
    types = len(offer.nodes)
    least = cost.min(axis=1)
    chosen: list[_Choice | None] = []
    for row, lowest in enumerate(least.tolist()):
        if lowest == _NEVER:
            chosen.append(None)
            continue
        ties = [divmod(place, types) for place in np.flatnonzero(cost[row] == lowest).tolist()]
        options = [_Choice(node, int(found[which].shards[row, node]), lowest, which) for which, node in ties]
        chosen.append(options[0] if len(options) == 1 else min(options, key=lambda one: _merit(one, found, offer)))
    return chosen


def _merit(one: _Choice, found: Sequence[_Found], offer: Offer) -> tuple[int, float, int, str]:
    baseline, name = offer.order[one.node]
    return one.shards * (1 + found[one.found].answers.replicas), baseline, one.shards, name


def _smaller(chosen: Sequence[_Choice | None], found: Sequence[_Found], offer: Offer) -> list[_Choice | None]:
    """Of each choice the dearest cheaper cluster, as `fit` finds it; None where there is none."""
    known = [one for one in chosen if one is not None]
    if not known:
        return [None] * len(chosen)
    node = np.array([one.node for one in known])[:, np.newaxis]
    shards = np.array([one.shards for one in known])[:, np.newaxis] - (np.arange(len(offer.nodes)) == node)
    copies = np.array([1 + found[one.found].answers.replicas for one in known])[:, np.newaxis]
    cost = offer.price * shards * copies
    allowed = (shards > 0) & ~(np.asarray(offer.columns.burstable) & (shards > BURSTABLE_SHARDS))
    cost = np.where(allowed & (cost < np.array([one.cost for one in known])[:, np.newaxis]), cost, -1)
    dearest = cost.max(axis=1).tolist()
    answer = iter(_dearest(one, cost[row], dearest[row], shards[row], found, offer) for row, one in enumerate(known))
    return [None if one is None else next(answer) for one in chosen]


def _dearest(
    one: _Choice, cost: Column, most: int, shards: Column, found: Sequence[_Found], offer: Offer
) -> _Choice | None:
    if one.found:  # a replica less
        copies = 1 + found[one.found].answers.replicas
        fewer = int(offer.price[one.node]) * one.shards * (copies - 1)
        if fewer >= most:
            return _Choice(one.node, one.shards, fewer, one.found - 1)
    if most < 0:
        return None
    ties = np.flatnonzero(cost == most).tolist()
    node = ties[0] if len(ties) == 1 else max(ties, key=lambda each: (-offer.order[each][0], offer.order[each][1]))
    return _Choice(node, int(shards[node]), most, one.found)


def _fit(
    load: Load, choice: _Choice, less: _Choice | None, found: Sequence[_Found], offer: Offer, service: Service
) -> Fit:
    answers, node = found[choice.found].answers, offer.nodes[choice.node]
    if less is None:
        return Fit(plan_of(node, choice.shards, load, service, answers, smallest(node)), "")
    replicas = found[less.found].answers.replicas
    text = why_not(offer.nodes[less.node], less.shards, replicas, load, service, answers)
    return Fit(plan_of(node, choice.shards, load, service, answers, text), "")
