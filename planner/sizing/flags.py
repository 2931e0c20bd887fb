"""Remarks a reader must see beside a design: what may surprise, what is an estimate, what will not last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from planner.pricing import designs
from planner.pricing.catalogue import newest_date
from planner.pricing.money import cents
from planner.sizing.bill import Sized
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import Plan
from planner.sizing.nodes import BURSTABLE_FAMILY, SERVICES, TIERED_FAMILY
from planner.sizing.settings import NOT_SOLD
from planner.sizing.tiering import LATENCY as SSD_LATENCY

STALE_DAYS = 90
BURST = 3.0


def flags_of(
    sized: Sized, answers: Answers, burst: float | None, later: Sequence[Sized], as_of: date
) -> tuple[str, ...]:
    """`later` is the same design month by month; `burst` the busiest second against the mean one."""
    if sized.quote is None:
        return (f"No cluster: {sized.reason}",)
    return (
        *_promise_flags(sized, answers),
        *_index_flags(sized, answers),
        *(_plan_flags(sized, sized.plan, burst) if sized.plan else ("No nodes to choose: the service scales itself.",)),
        *_growth_flags(sized, later),
        *_price_flags(sized, as_of),
    )


def _promise_flags(sized: Sized, answers: Answers) -> Iterator[str]:
    if not designs.is_durable(sized.design_id):
        yield "May lose data: replication is asynchronous and nothing is kept when all nodes are lost."
    replicas = sized.plan.replicas if sized.plan else answers.replicas
    if sized.design_id.startswith("memorydb") and replicas == 0:
        yield "Multi-AZ needs a replica per shard; without one the SLA is 99.5 %."
    if "+" in sized.design_id and replicas == 0:
        yield "A cache without replicas is cold after a node fails, and the database then takes every read."


def _index_flags(sized: Sized, answers: Answers) -> Iterator[str]:
    if answers.vectors is not None and not sized.design_id.startswith("memorydb"):
        yield "The vector index is not in this design: it would live somewhere else, at a cost that is not in the bill."
    if answers.vectors is not None and sized.design_id.startswith("memorydb"):
        yield "A vector index keeps the cluster on a single shard: it grows by larger nodes only."
    if (
        answers.stale_reads
        and sized.plan
        and sized.plan.replicas
        and designs.find(sized.design_id)[0].service in SERVICES
    ):
        yield "Replicas serve reads, as you allowed: such a read may miss the latest writes."


def _plan_flags(sized: Sized, plan: Plan, burst: float | None) -> Iterator[str]:
    service = SERVICES.get(designs.find(sized.design_id)[0].service)
    if f".{BURSTABLE_FAMILY}." in plan.node_type:
        yield f"{plan.node_type} is burstable: it is sized by the CPU it may use for ever, not in a burst."
    if f".{TIERED_FAMILY}." in plan.node_type:
        yield f"Data tiering: values that are seldom read lie on SSD, {SSD_LATENCY}."
    nodes = plan.shards * (1 + plan.replicas)
    if service is not None and nodes > service.nodes_by_default:
        yield f"{nodes} nodes are more than the {service.nodes_by_default} a cluster may have before a quota is raised."
    if burst is not None and burst >= BURST:
        yield f"The busiest second holds {burst:.1f} times the mean second; nodes are sized for the mean of the peak."


def _growth_flags(sized: Sized, later: Sequence[Sized]) -> Iterator[str]:
    """The first month that needs another cluster, and the first that none can carry."""
    for month, then in enumerate(later):
        if then.quote and then.plan and sized.plan and _shape(then.plan) != _shape(sized.plan):
            nodes = f"{then.plan.shards} x {then.plan.node_type}"
            yield f"Outgrown in month {month}: then {nodes} for {cents(then.quote.monthly_usd)} USD a month."
            break
    for month, then in enumerate(later):
        if then.quote is None:
            yield f"Nothing fits from month {month} on: {then.reason}"
            break


def _price_flags(sized: Sized, as_of: date) -> Iterator[str]:
    assert sized.quote is not None
    paid = [line for line in sized.quote.lines if line.amount]
    if sized.quote.missing:
        yield f"At least: no price is known for {', '.join(sized.quote.missing)}."
    unsold = [line.name for line in paid if NOT_SOLD in line.derivation]
    if unsold:
        yield f"Not sold on the chosen term, so priced on demand: {', '.join(unsold)}."
    derived = [line for line in paid if line.provenance == "derived"]
    if derived:
        amount = cents(sum((line.amount or Decimal(0) for line in derived), Decimal(0)))
        yield f"{amount} USD of this rests on derived prices: estimates of a price, not the vendor's."
    old = sorted(
        date_text for line in paid if (date_text := newest_date(line.as_of)) and _age(date_text, as_of) > STALE_DAYS
    )
    if old:
        yield f"The oldest price used is dated {old[0]}, more than {STALE_DAYS} days before this estimate."


def _age(date_text: str, as_of: date) -> int:
    """Days since a date; a month or year alone counts from near its end."""
    full = date_text + "-12-28"[3 * date_text.count("-") :]
    return (as_of - date.fromisoformat(full)).days


def _shape(plan: Plan) -> tuple[str, int, int]:
    return plan.node_type, plan.shards, plan.replicas
