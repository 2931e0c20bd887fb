"""A design sized and priced for given needs: the plan, the spec it is quoted from, and the quote.

Data written in a month is the average replicated rate x 730 h. A database under a cache takes every write and the
reads the cache misses; the cache takes all of them, and a fill for each miss.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from planner.pricing import designs, money
from planner.pricing.catalogue import catalogue
from planner.pricing.designs.base import Design
from planner.pricing.quote import Quote, quote
from planner.sizing.database import spec_of_database
from planner.sizing.fit import Fit, Load, cheapest
from planner.sizing.model import Answers, Needs, Plan
from planner.sizing.needs import hit_rate
from planner.sizing.nodes import SERVICES, Service


@dataclass(frozen=True, slots=True)
class Sized:
    """`quote` None: nothing fits, and `reason` says why. `plan` None with a quote: a design without nodes to choose."""

    design_id: str
    plan: Plan | None
    quote: Quote | None
    reason: str = ""

    @property
    def total(self) -> Decimal | None:
        """Dollars a month, None when nothing fits."""
        return None if self.quote is None else self.quote.monthly_usd


def size(design_id: str, needs: Needs, answers: Answers) -> Sized:
    """The cheapest feasible form of a design and its bill."""
    parts = designs.find(design_id)
    spec: dict[str, object] = {"design": design_id, "region": answers.region}
    plan: Plan | None = None
    joined = len(parts) > 1
    missed = _missed_share(needs, answers) if joined else 1.0
    for part in parts:
        if part.service:
            fit = _fit(part, needs, answers, missed, joined=joined)
            if fit.plan is None:
                return Sized(design_id, None, None, fit.reason)
            plan = fit.plan
            spec |= {**_node_keys(plan), **_kept_keys(part, needs, answers, joined=joined)}
        else:
            spec |= spec_of_database(part.id, needs.items, missed, answers)
    return Sized(design_id, plan, quote(spec))


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
    )


def cache_load(needs: Needs, service: Service, cache_share: float, missed: float) -> Load:
    """The load of a cache that holds `cache_share` of the data: every operation, and a fill of 1 write for each missed
    read."""
    whole = load_of(needs, service)
    fills = needs.peak_reads_per_s * missed
    return Load(
        memory_bytes=round(whole.memory_bytes * cache_share),
        shard_overhead_bytes=whole.shard_overhead_bytes,
        reads_per_s=whole.reads_per_s,
        writes_per_s=whole.writes_per_s + fills * needs.cpu_write_ratio,
        client_bytes_per_s=whole.client_bytes_per_s,
        replicated_bytes_per_s=whole.replicated_bytes_per_s,
        hottest_slot_share=whole.hottest_slot_share,
        hottest_key_share=whole.hottest_key_share,
        replicated_burst_bytes=whole.replicated_burst_bytes,
    )


def _fit(part: Design[Any], needs: Needs, answers: Answers, missed: float, *, joined: bool) -> Fit:
    service = SERVICES[part.service]
    load = cache_load(needs, service, answers.cache_share, missed) if joined else load_of(needs, service)
    return cheapest(load, service, part.engine, answers, catalogue(answers.region))


def _missed_share(needs: Needs, answers: Answers) -> float:
    """Share of reads that reach the database; all of them where no simulation says otherwise."""
    rate = hit_rate(needs.hit_curve, answers.cache_share)
    return 1.0 if rate is None else 1.0 - rate


def _node_keys(plan: Plan) -> Mapping[str, object]:
    return {"node_type": plan.node_type, "shards": plan.shards, "replicas": plan.replicas}


def _kept_keys(part: Design[Any], needs: Needs, answers: Answers, *, joined: bool) -> Mapping[str, object]:
    """What a cluster of this role pays for besides nodes. A cache before a database is not backed up: it can be
    refilled."""
    kept = money.quantity(needs.snapshot_bytes * answers.snapshot_retention_days / money.BYTES_PER_GB)
    if part.role == "cache":
        return {} if joined else {"backup_gb": kept}
    written = needs.replicated_bytes_per_s_average * float(money.SECONDS_PER_MONTH) / money.BYTES_PER_GB
    return {
        "data_written_gb": money.quantity(written),
        "snapshot_gb": kept,
        "snapshot_count": max(1, answers.snapshot_retention_days),
    }
