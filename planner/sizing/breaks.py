"""Limits of a service that a workload would break on a design, beyond those a cluster was sized for. Pure.

Sizing keeps a cluster inside memory, CPU, network and replication; what stands here is not solved by more nodes, or
not without asking the vendor.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from planner.pricing import designs
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import Plan
from planner.sizing.model.needs import Needs
from planner.sizing.model.result import DesignEstimate
from planner.sizing.needs import hit_rate
from planner.sizing.nodes import DURABLE, DURABLE_BYTES_PER_S, SERVICES
from planner.sizing.words import percent

ITEM_BYTES, PARTITION_WRITES, PARTITION_READS = 400 * 1024, 1_000.0, 3_000.0  # DynamoDB
DOCS, UNSOURCED = "vendor documentation", "common knowledge of the service, no source read"


@dataclass(frozen=True, slots=True)
class Break:
    """One limit and by how much it would be broken."""

    text: str
    tag: str
    source: str


def breaks_of(design: DesignEstimate, needs: Needs, answers: Answers) -> tuple[Break, ...]:
    """Every limit known to be broken; none where nothing is known to be."""
    if design.monthly_usd is None:
        return tuple(Break(flag, "derived", "sizing") for flag in design.flags[:1])
    parts = designs.find(design.id)
    found = [*_of_plan(design.plan)] if design.plan else []
    if design.plan and parts[0].id.startswith(DURABLE):
        found += _durable(design.plan, needs)
    if design.plan and parts[0].service in SERVICES:
        found += _quota(design.plan, parts[0].service)
    if parts[-1].id.startswith("dynamodb"):
        found += _dynamodb(needs, answers, joined=len(parts) > 1)
    return tuple(found)


def _of_plan(plan: Plan) -> Iterator[Break]:
    for name, used in plan.utilisation.items():
        if used > 1 + 1e-9:
            yield Break(f"{name}: {percent(used)} of what may be used", "derived", "sizing")


def _durable(plan: Plan, needs: Needs) -> Iterator[Break]:
    hot = needs.hottest_slot_share or 0.0
    busiest = needs.replicated_bytes_per_s_peak * (hot + (1 - hot) / plan.shards)
    if busiest > DURABLE_BYTES_PER_S:
        text = f"{busiest / 1e6:,.1f} MB/s written to the busiest primary at peak; a durable one takes 104.9"
        yield Break(text, "published", DOCS)


def _quota(plan: Plan, service_name: str) -> Iterator[Break]:
    nodes, service = plan.shards * (1 + plan.replicas), SERVICES[service_name]
    if nodes > service.nodes_by_default:
        text = f"{nodes} nodes; {service.nodes_by_default} a cluster before a quota is raised, {service.nodes_at_most} after"
        yield Break(text, "published", DOCS)


def _dynamodb(needs: Needs, answers: Answers, *, joined: bool) -> Iterator[Break]:
    """The mean item, and the hottest key, which one partition serves."""
    items, hot = needs.items, needs.hottest_key_share or 0.0
    peak = _peak_to_average(needs)
    rate = hit_rate(needs.hit_curve, answers.cache_share) if joined else None
    reads = items.reads_per_s * (1.0 if rate is None else 1 - rate) * peak * hot * float(items.read_units_per_read)
    writes = items.writes_per_s * peak * hot * float(items.write_units_per_write)
    if items.item_bytes > ITEM_BYTES:
        yield Break(f"items of {items.item_bytes / 1024:,.0f} KiB on average; 400 at most", "assumed", UNSOURCED)
    if writes > PARTITION_WRITES:
        yield Break(f"{writes:,.0f} write units/s on one key at peak; a partition takes 1,000", "assumed", UNSOURCED)
    if reads * (0.5 if answers.read_consistency == "eventual" else 1.0) > PARTITION_READS:
        yield Break(f"{reads:,.0f} read units/s on one key at peak; a partition takes 3,000", "assumed", UNSOURCED)


def _peak_to_average(needs: Needs) -> float:
    average = needs.average_reads_per_s + needs.average_writes_per_s
    return (needs.peak_reads_per_s + needs.peak_writes_per_s) / average if average else 1.0
