"""Month by month plan changes: what a design needs otherwise, when, and at what price."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise

from planner.pricing import money
from planner.sizing.bill import Sized
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import Needs
from planner.sizing.outlook import PlanChange
from planner.sizing.shape import capacity, in_words
from planner.sizing.utilisation import later_utilisation


def plan_changes(months: Sequence[Sized], needs: Sequence[Needs], answers: Answers) -> tuple[PlanChange, ...]:
    """The changes from month 0 on; `needs` are those the months were sized for."""
    return tuple(_changes(months, needs, answers))


def _changes(months: Sequence[Sized], needs: Sequence[Needs], answers: Answers) -> Iterator[PlanChange]:
    for month, (before, after) in enumerate(pairwise(months), start=1):
        if _shape(before) == _shape(after):
            continue
        step = None
        if before.total is not None and after.total is not None:
            step = money.minus(money.cents(after.total), money.cents(before.total))
        yield PlanChange(
            month=month,
            before=in_words(before),
            after=in_words(after),
            monthly_usd=_cents(after.total),
            step_usd=step,
            because=after.reason or _broken(before, needs[month - 1], needs[month], answers),
        )


def _shape(sized: Sized) -> tuple[object, ...]:
    return (sized.quote is None, *capacity(sized).items())


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else money.cents(amount)


def _broken(before: Sized, needs: Needs, then: Needs, answers: Answers) -> str:
    """What the old cluster would be fullest in, where that is more than it may carry."""
    used = later_utilisation(before, needs, then, answers)
    worst = max(used, key=lambda name: used[name], default="")
    return worst if worst and used[worst] > 1 else ""
