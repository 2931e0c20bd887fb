"""One part of a design priced without the detour over a spec's text: what `settings.priced` gives for it, line by line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from planner.pricing import money, spec
from planner.pricing.catalogue import catalogue
from planner.pricing.designs import transfer
from planner.pricing.designs.base import Context, Design
from planner.pricing.quote import Quote
from planner.pricing.terms import ON_DEMAND_TERM, TERMS
from planner.sizing.model.answers import Answers
from planner.sizing.model.bills import CostLine
from planner.sizing.model.clusters import Plan
from planner.sizing.model.needs import Needs
from planner.sizing.settings import causes_transfer, part_keys, transfer_keys, with_the_unsold


@dataclass(frozen=True, slots=True)
class Till:
    """Where a part is paid: the region, the person's month, on the chosen term and on demand; and the part's settings.
    `moves`: a design that begins with it may cause transfer."""

    part: Design[Any]
    answers: Answers
    chosen: Context
    on_demand: Context
    settings: Mapping[str, object]
    moves: bool


def till(part: Design[Any], region: str, answers: Answers) -> Till:
    """Worked out once for all months."""
    prices, hours = catalogue(region), Decimal(answers.hours_per_month)
    chosen = Context(prices, hours, TERMS[answers.term])
    moves = causes_transfer(part, answers)
    return Till(part, answers, chosen, Context(prices, hours), part_keys(part, answers), moves)


def bill(at: Till, keys: Mapping[str, object]) -> Quote:
    """The part's lines on the chosen term; what is not sold on it, on demand."""
    quantities = spec.build(at.part.quantities, {**keys, **at.settings})
    found = quote_of(at.part.lines(quantities, at.chosen))
    if at.answers.term == ON_DEMAND_TERM or not found.missing:
        return found
    return with_the_unsold(found, quote_of(at.part.lines(quantities, at.on_demand)), at.answers.term)


def moved(at: Till, plan: Plan | None, needs: Needs) -> tuple[CostLine, ...]:
    """Lines of the traffic that a design causes whose front is this part; none of most."""
    keys = transfer_keys(at.part, plan, needs, at.answers) if at.moves else {}
    return tuple(transfer.lines(spec.build(transfer.Quantities, keys), at.chosen)) if keys else ()


def quote_of(lines: tuple[CostLine, ...]) -> Quote:
    """Lines with their sum and what has no price."""
    amounts = [line.amount for line in lines if line.amount is not None]
    missing = () if len(amounts) == len(lines) else tuple(line.name for line in lines if line.amount is None)
    return Quote(money.total(amounts), lines, missing)
