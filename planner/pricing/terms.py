"""The terms a node can be bought on, and what an hour of it then costs.

A reserved hour costs its hourly fee plus the upfront fee spread over the hours of the term (8,760 a year). Where no list
has a reserved price, the on-demand price is multiplied by the ratio that the service's other reserved prices show; such
a price is `derived`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal

from planner.pricing import money
from planner.pricing.catalogue import AURORA, ELASTICACHE, MEMORYDB, RDS, Catalogue, Price

ON_DEMAND_TERM = "on-demand"
HOURS_PER_YEAR = 8760
_HOURLY_UNITS = ("USD/node-hour", "USD /node-hour", "USD/instance-hour")
_EXACT_ENOUGH = Decimal("1E-12")
_HALF = Decimal("0.5")


@dataclass(frozen=True, slots=True)
class Term:
    """`years` 0: on demand. `item`: how the price lists name the term."""

    id: str
    title: str
    years: int
    item: str

    @property
    def hours(self) -> int:
        """Hours that are paid for once the term is bought."""
        return self.years * HOURS_PER_YEAR


def _term(years: int, option: str) -> Term:
    title = f"{years} year{'s' if years > 1 else ''}, {option.lower()}"
    return Term(f"{years}yr-{option.lower().replace(' ', '-')}", title, years, f"Reserved {years}yr {option}")


OPTIONS = ("No Upfront", "Partial Upfront", "All Upfront")
TERMS: Mapping[str, Term] = {
    ON_DEMAND_TERM: Term(ON_DEMAND_TERM, "on demand", 0, "OnDemand"),
    **{term.id: term for term in (_term(years, option) for years in (1, 3) for option in OPTIONS)},
}

# Reserved against on demand, effective hour: medians of the prices that were read (data/README.md). No entry: not sold.
_CACHE_RATIOS = ("0.68", "0.65", "0.64", "0.52", "0.48", "0.45")
_RATIOS: Mapping[str, Mapping[str, Decimal]] = {
    MEMORYDB: dict(zip(list(TERMS)[1:], map(Decimal, _CACHE_RATIOS), strict=True)),
    ELASTICACHE: dict(zip(list(TERMS)[1:], map(Decimal, _CACHE_RATIOS), strict=True)),
    RDS: {
        "1yr-no-upfront": Decimal("0.64"),
        "1yr-partial-upfront": Decimal("0.61"),
        "1yr-all-upfront": Decimal("0.598"),
        "3yr-partial-upfront": Decimal("0.41"),
        "3yr-all-upfront": Decimal("0.402"),
    },
    AURORA: {
        "1yr-no-upfront": Decimal("0.657"),
        "1yr-partial-upfront": Decimal("0.567"),
        "1yr-all-upfront": Decimal("0.556"),
        "3yr-partial-upfront": Decimal("0.397"),
        "3yr-all-upfront": Decimal("0.373"),
    },
}
# Lists that hold the reserved prices under another engine's name.
_RESERVED_ENGINES: Mapping[str, tuple[str, ...]] = {
    MEMORYDB: ("Redis (also applied to Valkey by size-flex)", "Redis"),
    ELASTICACHE: ("Redis", 'described as "Redis"'),
}
# What a Valkey node takes of a reservation, which is sold in nodes of Redis OSS [doc: MemoryDB 30 % less; ElastiCache 20 %].
VALKEY_WEIGHT: Mapping[str, Decimal] = {MEMORYDB: Decimal("0.7"), ELASTICACHE: Decimal("0.8")}


@dataclass(frozen=True, slots=True)
class ReservedPrice:
    """One node on a term. `hourly`: paid each hour; `upfront`: paid once; `effective`: an hour with its part of `upfront`.

    `price` carries provenance and source of what these were taken or worked out from."""

    term: Term
    hourly: Decimal
    upfront: Decimal
    effective: Decimal
    price: Price


def reserved(
    prices: Catalogue, service: str, engine: str, item: str, term: Term, on_demand: Price | None
) -> ReservedPrice | None:
    """The reserved price of a node, None where the term is not sold or nothing is known to work it out from."""
    own = _listed(prices, service, (engine,), item, term)
    if own is not None:
        return own
    weight = VALKEY_WEIGHT.get(service) if engine == "Valkey" else None
    base = _listed(prices, service, _RESERVED_ENGINES.get(service, ()), item, term)
    if base is not None:
        return base if weight is None else _weighted(base, weight)
    ratio = _RATIOS.get(service, {}).get(term.id)
    if ratio is None or on_demand is None or (service == MEMORYDB and not _sold_reserved(item)):
        return None
    note = f"{ratio} x on demand {money.plain(on_demand.usd)}, the ratio of reserved prices that were read"
    price = replace(on_demand, provenance="derived", derivation=note, term=term.item)
    return _split(term, money.product(on_demand.usd, ratio), price)


def _listed(prices: Catalogue, service: str, engines: tuple[str, ...], item: str, term: Term) -> ReservedPrice | None:
    """From a list: an hourly and an upfront fee, or an hour with both in it."""
    for engine in engines:
        upfront = prices.price(service, engine, item, term=term.item, unit="USD upfront")
        hourly = _exact_hourly(prices, service, engine, item, term)
        if hourly is not None and (upfront is not None or term.id.endswith("no-upfront")):
            fee = upfront.usd if upfront else Decimal(0)
            effective = hourly.usd + _per_hour(fee, term)
            return ReservedPrice(term, hourly.usd, fee, effective, upfront or hourly)
        for unit in ("USD/node-hour effective", "USD/instance-hour effective"):
            found = prices.price(service, engine, item, term=term.item, unit=unit)
            if found is not None:
                return _split(term, found.usd, found)
    return None


def _exact_hourly(prices: Catalogue, service: str, engine: str, item: str, term: Term) -> Price | None:
    found = prices.prices.get((service, engine, item, term.item), ())
    return next((price for price in found if price.unit in _HOURLY_UNITS), None)


def _split(term: Term, effective: Decimal, price: Price) -> ReservedPrice:
    """An effective hour into its fees: nothing, about half, or all of it is paid upfront."""
    share = {"no": Decimal(0), "partial": _HALF, "all": Decimal(1)}[term.id.split("-")[1]]
    upfront = money.product(money.product(effective, share), Decimal(term.hours))
    return ReservedPrice(term, money.product(effective, 1 - share), upfront, effective, price)


def _weighted(base: ReservedPrice, weight: Decimal) -> ReservedPrice:
    note = f"a Valkey node takes {weight} of a reserved node of Redis OSS"
    derivation = "; ".join(text for text in (base.price.derivation, note) if text)
    return ReservedPrice(
        base.term,
        money.product(base.hourly, weight),
        money.product(base.upfront, weight),
        money.product(base.effective, weight),
        replace(base.price, derivation=derivation),
    )


def _per_hour(fee: Decimal, term: Term) -> Decimal:
    return (fee / term.hours).quantize(_EXACT_ENOUGH, rounding=ROUND_HALF_UP).normalize()


def _sold_reserved(item: str) -> bool:
    """MemoryDB sells reservations of R6g, R6gd and R7g only [doc]."""
    return item.split(".")[1] in ("r6g", "r6gd", "r7g")


# Size flexibility: within a family a reservation covers any sizes of as many units [doc].
UNITS: Mapping[str, Decimal] = {
    size: Decimal(units)
    for size, units in (
        ("micro", "0.5"),
        ("small", "1"),
        ("medium", "2"),
        ("large", "4"),
        ("xlarge", "8"),
        ("2xlarge", "16"),
        ("4xlarge", "32"),
        ("8xlarge", "64"),
        ("12xlarge", "96"),
        ("16xlarge", "128"),
        ("24xlarge", "192"),
    )
}


def normalised_units(service: str, engine: str, node_type: str) -> Decimal | None:
    """Units of a reservation that one node takes, None for a size without a number."""
    units = UNITS.get(node_type.rsplit(".", 1)[-1])
    weight = VALKEY_WEIGHT.get(service, Decimal(1)) if engine == "Valkey" else Decimal(1)
    return None if units is None else money.product(units, weight)
