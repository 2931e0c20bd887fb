"""What a person's settings do to the bill: keys of the quote where the vendors' documents disagree, the traffic a design
causes between zones, and the term.

A node that is not sold on the chosen term is priced on demand, and its line says so. Which cluster is cheapest is decided by
on-demand hours, since a term takes about the same share off every type of a service.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from planner.pricing import money
from planner.pricing import spec as specs
from planner.pricing.catalogue import EC2, ELASTICACHE
from planner.pricing.designs.base import Design
from planner.pricing.quote import Quote, quote
from planner.pricing.terms import ON_DEMAND_TERM, TERMS
from planner.sizing.model.answers import Answers
from planner.sizing.model.bills import CostLine
from planner.sizing.model.clusters import Plan
from planner.sizing.model.needs import Needs

NOT_SOLD = "priced on demand: not sold on the chosen term, or no price of it is known"
# Reached through an endpoint of the Region: no zone is crossed that is charged for.
_WITHOUT_ZONES = frozenset(
    {"dynamodb-on-demand", "dynamodb-provisioned", "elasticache-serverless-valkey", "elasticache-serverless-redis"}
)


def part_keys(part: Design[Any], answers: Answers) -> Mapping[str, object]:
    """The settings that this part of a design has a key for."""
    wanted: dict[str, object] = {
        "free_tier_tb_is_decimal": answers.free_tb == "decimal",
        "free_snapshot": answers.free_snapshot,
        "free_backup_gb": answers.free_backup_gb,
        "operations_hours": answers.operations_hours,
        "operations_usd_per_hour": answers.operations_usd_per_hour,
        "savings_plan_percent": answers.savings_plan_percent,
    }
    known = specs.keys(part.quantities)
    return {name: value for name, value in wanted.items() if name in known}


def transfer_keys(front: Design[Any], plan: Plan | None, needs: Needs, answers: Answers) -> Mapping[str, object]:
    """GB a month between zones and to the internet. `front`: the part that clients talk to."""
    if front.regions:  # no list holds another vendor's transfer
        return {}
    month = answers.hours_per_month * 3600 / money.BYTES_PER_GB
    average = average_share(needs)
    between = replicated_between_zones(front, plan, needs, answers)
    if front.id not in _WITHOUT_ZONES:
        moved = (needs.bytes_in_per_s_peak + needs.bytes_out_per_s_peak) * average
        between += moved * answers.clients_other_zone
    out = needs.bytes_out_per_s_peak * average * answers.clients_internet
    found = {"inter_az_gb": between * month, "internet_egress_gb": out * month}
    return {name: money.quantity(gb) for name, gb in found.items() if gb}


def causes_transfer(front: Design[Any], answers: Answers) -> bool:
    """Whether `transfer_keys` can find anything, whatever the needs."""
    crosses = answers.clients_other_zone or answers.clients_internet or _pays_for_replication(front, answers)
    return bool(crosses) and not front.regions


def _pays_for_replication(front: Design[Any], answers: Answers) -> bool:
    return front.service == EC2 or (front.service == ELASTICACHE and answers.zone_replication == "charged")


def replicated_between_zones(front: Design[Any], plan: Plan | None, needs: Needs, answers: Answers) -> float:
    """Bytes a second that replicas in other zones receive and the account pays for: always between one's own instances, of
    ElastiCache as set; MemoryDB's log is part of the service."""
    if plan is None or not _pays_for_replication(front, answers):
        return 0.0
    return needs.replicated_bytes_per_s_average * plan.replicas


def average_share(needs: Needs) -> float:
    """The average rate as a share of the peak's."""
    peak = needs.peak_reads_per_s + needs.peak_writes_per_s
    return (needs.average_reads_per_s + needs.average_writes_per_s) / peak if peak else 1.0


def priced(spec: Mapping[str, object], answers: Answers) -> Quote:
    """The quote of a spec for the person's month and term."""
    month = {**spec, "hours": answers.hours_per_month}
    if answers.term == ON_DEMAND_TERM:
        return quote(month)
    found = quote({**month, "term": answers.term})
    return with_the_unsold(found, quote(month), answers.term) if found.missing else found


def with_the_unsold(found: Quote, on_demand: Quote, term: str) -> Quote:
    """Each line that has no price on the term, replaced by the same line on demand where that has one."""
    known = {line.name: line for line in on_demand.lines if line.amount is not None}
    lines = tuple(_replacing(found.lines, known, f", reserved {TERMS[term].title}"))
    amounts = (line.amount for line in lines if line.amount is not None)
    return Quote(money.total(amounts), lines, tuple(line.name for line in lines if line.amount is None))


def _replacing(lines: tuple[CostLine, ...], known: Mapping[str, CostLine], suffix: str) -> Iterator[CostLine]:
    for line in lines:
        other = known.get(line.name.removesuffix(suffix)) if line.amount is None else None
        if other is None:
            yield line
        else:
            yield replace(other, derivation="; ".join(text for text in (other.derivation, NOT_SOLD) if text))
