"""The recommendation, in one sentence, by one stated rule.

Only designs that keep every acknowledged write are compared; one with a line that has no price only if all have. The
cheapest wins, with one exception: a database, with or without a cache before it, must be cheaper than the cheapest
durable in-memory store by at least `WORTH_A_DATABASE`, since it costs the application speed and, with a cache, two
systems to keep in step.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from planner.pricing import designs
from planner.pricing.money import cents
from planner.sizing.bill import Sized
from planner.sizing.model.clusters import Plan
from planner.sizing.model.result import Recommendation
from planner.sizing.words import counted, percent

WORTH_A_DATABASE = Decimal("0.25")
_STORE_BUYS = (
    "a write is acknowledged only once it is safe in several zones, "
    "with reads from memory and no database to keep in step"
)
_JOIN_COSTS = "the application keeps two systems in step, and a read that misses waits for the database"
_DATABASE_COSTS = "every read and write takes milliseconds"


def recommend(sized: Sequence[Sized]) -> Recommendation:
    """The design to take and why; `id` None when none fits."""
    ranked = _ranked([one for one in sized if one.quote is not None and designs.is_durable(one.design_id)])
    if not ranked:
        return Recommendation(None, _why_none(sized))
    first = ranked[0]
    stores = [one for one in ranked if _is_store(one)]
    if not _is_store(first) and stores and _total(first) > _total(stores[0]) * (1 - WORTH_A_DATABASE):
        return Recommendation(stores[0].design_id, _why_store_though_dearer(stores[0], first))
    return Recommendation(first.design_id, _why_cheapest(first, ranked[1:]))


def _ranked(feasible: list[Sized]) -> list[Sized]:
    complete = [one for one in feasible if one.quote and not one.quote.missing]
    return sorted(complete or feasible, key=lambda one: (_total(one), one.design_id))


def _is_store(one: Sized) -> bool:
    return designs.find(one.design_id)[0].role == "store"


def _total(one: Sized) -> Decimal:
    assert one.quote is not None
    return one.quote.monthly_usd


def _money(amount: Decimal) -> str:
    return f"${cents(amount):,}"


def _named(one: Sized) -> str:
    assert one.quote is not None
    at_least = "at least " if one.quote.missing else ""
    return f"{designs.title(one.design_id)}{_on(one.plan)} costs {at_least}{_money(_total(one))} a month"


def _on(plan: Plan | None) -> str:
    if plan is None:
        return ""
    replicas = counted(plan.replicas, "replica") if plan.replicas else "no replica"
    each = " each" if plan.shards > 1 else ""
    return f" on {counted(plan.shards, 'shard')} of {plan.node_type} with {replicas}{each}"


def _than(first: Sized, other: Sized) -> str:
    gap = _total(other) - _total(first)
    return f"{_money(gap)} less than {designs.title(other.design_id)} ({_money(_total(other))})"


def _trade(one: Sized) -> str:
    if _is_store(one):
        return f"; {_STORE_BUYS}"
    return f"; in return {_JOIN_COSTS if '+' in one.design_id else _DATABASE_COSTS}"


def _why_cheapest(first: Sized, others: Sequence[Sized]) -> str:
    compared = f", {_than(first, others[0])}" if others else ""
    other_kind = next((one for one in others if _is_store(one) != _is_store(first)), None)
    if other_kind is not None and other_kind is not others[0]:
        compared += f" and {_than(first, other_kind)}"
    return f"{_named(first)}{compared}{_trade(first)}."


def _why_store_though_dearer(store: Sized, cheaper: Sized) -> str:
    gap = f"{_money(_total(store) - _total(cheaper))} cheaper ({_money(_total(cheaper))})"
    return (
        f"{_named(store)}; {designs.title(cheaper.design_id)} would be {gap}, "
        f"less than the {percent(WORTH_A_DATABASE)} that would pay for giving this up: {_STORE_BUYS}."
    )


def _why_none(sized: Sequence[Sized]) -> str:
    reasons = [f"{designs.title(one.design_id)}: {one.reason}" for one in sized if one.reason]
    if reasons:
        return f"No durable design among those chosen fits. {' '.join(reasons)}"
    return (
        "None of the designs chosen keeps every acknowledged write, so none is recommended; choose a durable one too."
    )
