"""A design sized and priced for given needs: the plan, the spec it is quoted from, and the quote.

Data written in a month is the average replicated rate x the hours of the month. A database under a cache takes every write
and the reads the cache misses; the cache takes all of them, and a fill for each miss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from planner.pricing import designs, money
from planner.pricing.catalogue import ELASTICACHE, MEMORYDB, catalogue
from planner.pricing.designs.base import Design
from planner.pricing.quote import Quote, spec_key
from planner.pricing.value import value
from planner.sizing.ceilings import Load
from planner.sizing.fit import Fit, cheapest
from planner.sizing.loss import settled
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import Plan
from planner.sizing.model.needs import Needs
from planner.sizing.needs import hit_rate
from planner.sizing.nodes import SERVICES, Service, service_of
from planner.sizing.parts import SIZERS
from planner.sizing.parts.demand import Demand, Part, per_month
from planner.sizing.parts.others import other_region
from planner.sizing.settings import part_keys, priced, transfer_keys
from planner.sizing.tiering import resident_bytes
from planner.sizing.vectors import with_index

CHOSEN = ("node_type", "shards", "replicas", "instance_type", "instances", "tier", "nodes")


@value
class Sized:
    """`quote` None: nothing fits, and `reason` says why. `plan` None with a quote: a design without nodes to choose.
    `spec`: the keys of the quote that are capacity to choose (`CHOSEN`), of every part."""

    design_id: str
    plan: Plan | None
    quote: Quote | None
    reason: str = ""
    spec: Mapping[str, object] = field(default_factory=dict)

    @property
    def total(self) -> Decimal | None:
        """Dollars a month, None when nothing fits."""
        return None if self.quote is None else self.quote.monthly_usd


def size(design_id: str, needs: Needs, answers: Answers) -> Sized:
    """The cheapest feasible form of a design and its bill."""
    found = _worked_out(design_id, needs, answers)
    if found.reason:
        return Sized(design_id, None, None, found.reason)
    return Sized(design_id, found.plan, priced(found.spec, answers), spec=found.chosen)


def spec_of(design_id: str, needs: Needs, answers: Answers) -> Mapping[str, object]:
    """The whole spec that the bill is quoted from; empty where nothing fits."""
    return _worked_out(design_id, needs, answers).spec


@dataclass(frozen=True, slots=True)
class _Form:
    plan: Plan | None = None
    spec: Mapping[str, object] = field(default_factory=dict)
    chosen: Mapping[str, object] = field(default_factory=dict)
    reason: str = ""


def _worked_out(design_id: str, needs: Needs, answers: Answers) -> _Form:
    parts = designs.find(design_id)
    joined = len(parts) > 1
    missed = missed_share(needs, answers) if joined else 1.0
    spec: dict[str, object] = {"design": design_id, "region": region_of(design_id, answers)}
    plan: Plan | None = None
    chosen: dict[str, object] = {}
    for part in parts:
        found = _part(part, needs, answers, missed, joined=joined)
        if found.reason:
            return _Form(reason=found.reason)
        plan = plan or found.plan
        keys = {**found.keys, **part_keys(part, answers)}
        spec |= {spec_key(key, part, parts): value for key, value in keys.items()}
        chosen |= chosen_of(part, parts, found)
    return _Form(plan, {**spec, **transfer_keys(parts[0], plan, needs, answers)}, chosen)


def chosen_of(part: Design[Any], parts: tuple[Design[Any], ...], found: Part) -> dict[str, object]:
    """What a part of a design chose, under the names of the whole design's spec."""
    return {spec_key(key, part, parts): found.keys[key] for key in CHOSEN if key in found.keys}


def region_of(design_id: str, answers: Answers) -> str:
    """The region a design is priced in: the one asked for, or another vendor's that stands in for it."""
    vendor = design_id.split("-")[0]
    return other_region(vendor, answers.region) if designs.find(design_id)[0].regions else answers.region


def _part(part: Design[Any], needs: Needs, answers: Answers, missed: float, *, joined: bool) -> Part:
    if part.service not in SERVICES:
        return SIZERS[part.id](Demand(needs, settled(answers), missed, joined, catalogue(answers.region)))
    return node_part(part, _fit(part, needs, answers, missed, joined=joined), needs, answers, joined=joined)


def node_part(part: Design[Any], fit: Fit, needs: Needs, answers: Answers, *, joined: bool) -> Part:
    """A part with nodes: the cluster that fits, and what it pays for besides."""
    if fit.plan is None:
        return Part(reason=fit.reason)
    return Part({**_node_keys(fit.plan), **_kept_keys(part, needs, answers, joined=joined)}, fit.plan)


def database_bill(design_id: str, needs: Needs, answers: Answers, hit_rate: float) -> Decimal | None:
    """Dollars a month of a design's database alone when the cache answers this share of reads; None without a whole bill."""
    database = designs.find(design_id)[-1]
    found = _part(database, needs, answers, 1 - hit_rate, joined=True)
    if found.reason:
        return None
    keys = {**found.keys, **part_keys(database, answers)}
    quoted = priced({"design": database.id, "region": answers.region, **keys}, answers)
    return None if quoted.missing else quoted.monthly_usd


def load_of(needs: Needs, service: Service) -> Load:
    """All of the needs on one cluster of a service. Older engines take more memory for the same keys."""
    older = needs.older_layout_bytes if service.engine_line == "7" else 0
    return Load(
        memory_bytes=needs.memory_bytes + older,
        shard_overhead_bytes=needs.shard_overhead_bytes,
        reads_per_s=needs.peak_reads_per_s * needs.cpu_read_ratio,
        writes_per_s=needs.peak_writes_per_s * needs.cpu_write_ratio,
        client_bytes_per_s=needs.bytes_in_per_s_peak + needs.bytes_out_per_s_peak,
        replicated_bytes_per_s=needs.replicated_bytes_per_s_peak,
        hottest_slot_share=needs.hottest_slot_share or 0.0,
        hottest_key_share=needs.hottest_key_share or 0.0,
        replicated_burst_bytes=needs.replicated_burst_bytes,
        replies_bytes_per_s=needs.bytes_out_per_s_peak,
        resident_bytes=resident_bytes(needs, needs.memory_bytes + older),
        connections=needs.connections or 0,
    )


def cache_load(needs: Needs, service: Service, cache_share: float, missed: float) -> Load:
    """The load of a cache that holds `cache_share` of the data: every operation, and a fill of 1 write for each missed
    read."""
    whole = load_of(needs, service)
    fills = needs.peak_reads_per_s * missed
    held = round(whole.memory_bytes * cache_share)
    return replace(
        whole,
        memory_bytes=held,
        writes_per_s=whole.writes_per_s + fills * needs.cpu_write_ratio,
        resident_bytes=min(held, whole.resident_bytes or 0),
    )


def _fit(part: Design[Any], needs: Needs, answers: Answers, missed: float, *, joined: bool) -> Fit:
    load = part_load(part, needs, answers, missed, joined=joined)
    asked = part_answers(part, answers)
    return cheapest(load, service_of(part.id, part.service), part.engine, asked, catalogue(answers.region))


def part_load(part: Design[Any], needs: Needs, answers: Answers, missed: float, *, joined: bool) -> Load:
    """What a part with nodes to choose must carry. A vector index is MemoryDB's to hold."""
    service = SERVICES[part.service]
    load = cache_load(needs, service, answers.cache_share, missed) if joined else load_of(needs, service)
    return with_index(load, answers.vectors) if part.service == MEMORYDB else load


def part_answers(part: Design[Any], answers: Answers) -> Answers:
    """The answers as this design may follow them: ElastiCache keeps writes only with a replica and without SSD [doc]."""
    if part.role == "store" and part.service == ELASTICACHE:
        return replace(answers, replicas=max(1, answers.replicas), data_tiering=False)
    return answers


def missed_share(needs: Needs, answers: Answers) -> float:
    """Share of reads that reach the database; all of them where no simulation says otherwise."""
    rate = hit_rate(needs.hit_curve, answers.cache_share)
    return 1.0 if rate is None else 1.0 - rate


def _node_keys(plan: Plan) -> Mapping[str, object]:
    return {"node_type": plan.node_type, "shards": plan.shards, "replicas": plan.replicas}


def _kept_keys(part: Design[Any], needs: Needs, answers: Answers, *, joined: bool) -> Mapping[str, object]:
    """What a cluster of this role pays for besides nodes. A cache before a database is not backed up: it can be
    refilled."""
    kept = money.quantity(needs.snapshot_bytes * answers.snapshot_retention_days / money.BYTES_PER_GB)
    if part.service == ELASTICACHE:
        return {} if joined else {"backup_gb": kept}
    written = per_month(needs.replicated_bytes_per_s_average, answers) / money.BYTES_PER_GB
    return {
        "data_written_gb": money.quantity(written),
        "snapshot_gb": kept,
        "snapshot_count": max(1, answers.snapshot_retention_days),
    }
