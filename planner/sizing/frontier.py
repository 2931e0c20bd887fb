"""What more room costs: of all clusters that carry the load, those than which no cheaper one has as much room.

Room is what is left under the ceiling that binds: 1 - the fullest constraint. Beyond `DEAREST` times the cheapest nobody
looks, and a dozen points show the shape, so of neighbours with almost the same room only the cheapest is kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import Any

import numpy as np

from planner.pricing import designs
from planner.pricing.catalogue import catalogue
from planner.sizing.bill import missed_share, part_answers, part_load
from planner.sizing.ceilings import Load, fewest_shards, most_shards, utilisation
from planner.sizing.grid import Offer, offer_of
from planner.sizing.loss import by_replicas
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import FrontierPoint
from planner.sizing.model.needs import Needs
from planner.sizing.nodes import SERVICES, NodeType, Service, service_of
from planner.sizing.part_bill import Till, bill, till

DEAREST = 4  # times the cheapest
MOST_POINTS = 12


@dataclass(frozen=True, slots=True)
class _Cluster:
    """`cost` in picodollars an hour; `room` left under the fullest ceiling."""

    cost: int
    room: float
    node: NodeType
    shards: int
    answers: Answers


def frontier(design_id: str, needs: Needs, answers: Answers) -> tuple[FrontierPoint, ...]:
    """At most a dozen clusters, the cheapest first, each with more room than the one before. Empty for a design without
    nodes to choose, and where nothing fits."""
    parts = designs.find(design_id)
    part, joined = parts[0], len(parts) > 1
    if part.service not in SERVICES:
        return ()
    load = part_load(part, needs, answers, missed_share(needs, answers) if joined else 1.0, joined=joined)
    asked = part_answers(part, answers)
    offer = offer_of(catalogue(answers.region), part.service, part.engine, asked.data_tiering)
    best = thinned(pareto(list(_clusters(load, offer, service_of(part.id, part.service), asked))))
    at = till(part, answers.region, answers)
    return tuple(_point(one, load, at) for one in best)


def pareto(clusters: Sequence[_Cluster]) -> list[_Cluster]:
    """Those than which no other is both as cheap and as roomy, the cheapest first."""
    found: list[_Cluster] = []
    for one in sorted(clusters, key=lambda each: (each.cost, -each.room, each.shards, each.node.name)):
        if not found or one.room > found[-1].room:
            found.append(one)
    return found


def thinned(points: Sequence[_Cluster]) -> list[_Cluster]:
    """The first, the last, and between them those a full step of room above the one kept before."""
    if len(points) <= MOST_POINTS:
        return list(points)
    step = (points[-1].room - points[0].room) / (MOST_POINTS - 2)
    kept = [points[0]]
    for one in points[1:-1]:
        if one.room >= kept[-1].room + step and len(kept) < MOST_POINTS - 1:
            kept.append(one)
    return [*kept, points[-1]]


def _clusters(load: Load, offer: Offer, service: Service, answers: Answers) -> Iterator[_Cluster]:
    """All that carry the load and cost up to `DEAREST` times the least."""
    fewest = [
        (node, int(price), one, shards)
        for node, price in zip(offer.nodes, offer.price, strict=True)
        for one in by_replicas(answers)
        if (shards := fewest_shards(load, node, service, one)) is not None
    ]
    least = min((price * shards * (1 + one.replicas) for _, price, one, shards in fewest), default=0)
    for node, price, one, shards in fewest:
        a_shard = price * (1 + one.replicas)
        last = min(most_shards(load, node, service, one), DEAREST * least // a_shard)
        if last < shards:
            continue
        run = np.arange(shards, last + 1)
        used: Any = utilisation(load, node, run, service, one)  # type: ignore[arg-type]  # element by element
        fullest = np.broadcast_to(reduce(np.maximum, used.values()), run.shape)
        for count, room in zip(run.tolist(), (1.0 - fullest).tolist(), strict=True):
            yield _Cluster(a_shard * count, max(room, 0.0), node, count, one)


def _point(one: _Cluster, load: Load, at: Till) -> FrontierPoint:
    used = utilisation(load, one.node, one.shards, service_of(at.part.id, at.part.service), one.answers)
    keys = {"node_type": one.node.name, "shards": one.shards, "replicas": one.answers.replicas}
    return FrontierPoint(
        node_type=one.node.name,
        shards=one.shards,
        replicas=one.answers.replicas,
        nodes_usd=bill(at, keys).monthly_usd,
        headroom=one.room,
        binding=max(used, key=lambda name: used[name]),
    )
