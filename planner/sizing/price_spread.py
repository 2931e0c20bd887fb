"""How far a price may be from the vendor's, by how it was come by: prices that were read have no spread of their own.

Where the lists state a tolerance it is theirs; the others are judgements and are shown as such. Prices of one kind rest on one
rule, so they are off together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from planner.pricing import money
from planner.pricing.quote import Quote
from planner.sizing.model.bills import CostLine

DERIVED, ASSUMED = "derived", "assumed"


@dataclass(frozen=True, slots=True)
class Kind:
    """Prices worked out by one rule. `spread`: of the price, to either side. `source`: who says so."""

    name: str
    pattern: re.Pattern[str]
    spread: Decimal
    source: str


LISTS, JUDGED = "the price lists", "a judgement"


def _kind(name: str, pattern: str, spread: str, source: str) -> Kind:
    return Kind(name, re.compile(pattern, re.IGNORECASE), Decimal(spread), source)


# The first that fits; the lists' own words in `derivation`.
KINDS = (
    _kind("reserved prices by ratio", r"ratio[:\s].*|x on.demand.*ratio", "0.015", LISTS),
    _kind("ElastiCache for Valkey, 0.8 of Redis OSS", r"0\.8 x redis", "0.005", LISTS),
    _kind("worked out from a printed bill", r"golden", "0.005", LISTS),
    _kind("I/O-Optimized by 1.30", r"1\.30", "0.02", JUDGED),
    _kind("MemoryDB by rule", r"1\.5 x|0\.7 (x|of)|equal to db\.", "0.10", LISTS),
)
OTHER = Kind("other derived prices", re.compile(""), Decimal("0.10"), JUDGED)
STATED = Kind("prices that were assumed", re.compile(""), Decimal("0.20"), JUDGED)
ALL_KINDS = (*KINDS, OTHER, STATED)


def kind_of(line: CostLine) -> Kind | None:
    """How the price of a line was come by; None for one that was read, or is known by the person."""
    if line.provenance == ASSUMED:
        return STATED if line.source != "the spec" else None
    if line.provenance != DERIVED:
        return None
    return next((kind for kind in KINDS if kind.pattern.search(line.derivation)), OTHER)


def swings(quote: Quote) -> Mapping[Kind, Decimal]:
    """US dollars a month to either side, by kind."""
    found: dict[Kind, Decimal] = defaultdict(Decimal)
    for line in quote.lines:
        kind = kind_of(line)
        if kind is not None and line.amount:
            found[kind] = money.total((found[kind], money.product(abs(line.amount), kind.spread)))
    return found


def with_prices(quote: Quote, sign: int) -> Decimal:
    """The bill with every price that was not read at the low (-1) or high (1) end of its spread."""
    moved = (money.product(usd, Decimal(sign)) for usd in swings(quote).values())
    return money.total((quote.monthly_usd, *moved))


def kinds_of(quotes: Iterable[Quote]) -> tuple[Kind, ...]:
    """Every kind in these bills, once, by name."""
    return tuple(sorted({kind for quote in quotes for kind in swings(quote)}, key=lambda kind: kind.name))
