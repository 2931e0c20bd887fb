"""Whether to reserve nodes now, and how many: those that the whole term will use under low growth.

Within a family a reservation is counted in normalised units, so a cluster that grows into larger nodes of the same family
keeps using it; one that changes family does not. A term longer than the horizon is shown and not advised.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal

from planner.pricing import designs, money
from planner.pricing.catalogue import AURORA, RDS, Price, catalogue, node_types
from planner.pricing.designs.aurora import OPTIMIZED, with_premium
from planner.pricing.designs.base import Context
from planner.pricing.designs.elasticache_durable import SYNC, surcharge
from planner.pricing.terms import TERMS, ReservedPrice, Term, normalised_units, reserved
from planner.sizing.bill import Sized, region_of
from planner.sizing.model.answers import Answers
from planner.sizing.nodes import SERVICES
from planner.sizing.reserving import Offer, Reservation, ReserveAdvice
from planner.sizing.shape import capacity, number
from planner.sizing.words import counted

LONGEST_TERM_MONTHS = 36
RESERVABLE = tuple(term for term in TERMS.values() if term.years)
# Databases on instances: service, and how its lists name the engine.
_INSTANCES = {
    "aurora-standard": (AURORA, ("Aurora PostgreSQL Standard", "Aurora MySQL/PostgreSQL Standard")),
    "aurora-io-optimized": (AURORA, ("Aurora PostgreSQL I/O-Optimized", "Aurora MySQL/PostgreSQL I/O-Optimized")),
    "rds-postgresql": (RDS, ("PostgreSQL Single-AZ",)),
    "rds-postgresql-multi-az": (RDS, ("PostgreSQL Multi-AZ (1 standby)",)),
}


@dataclass(frozen=True, slots=True)
class _Nodes:
    """The nodes of one part of a design in one month. `factor`: what a surcharge multiplies every price with."""

    what: str
    service: str
    engines: tuple[str, ...]
    node_type: str
    count: int
    context: Context
    factor: Decimal

    @property
    def family(self) -> str:
        return self.node_type.split(".")[1]

    @property
    def each(self) -> Decimal | None:
        """Normalised units of one node."""
        return normalised_units(self.service, self.engines[0], self.node_type)

    @property
    def units(self) -> Decimal:
        return money.product(self.each or Decimal(0), Decimal(self.count))

    @property
    def sold_as(self) -> tuple[str, ...]:
        """The engine under which reservations are sold: a Valkey node takes part of one of Redis OSS."""
        return ("Redis",) if self.engines[0] == "Valkey" else self.engines

    def on_demand(self, node_type: str = "", engines: tuple[str, ...] = ()) -> Price | None:
        return self.context.catalogue.first(self.service, engines or self.engines, (node_type or self.node_type,))


def advise(likely: Sequence[Sized], low: Sequence[Sized], answers: Answers) -> tuple[ReserveAdvice, ...]:
    """Advice for each part of a design that has nodes to reserve. `likely` and `low` growth are month by month from now;
    `low` reaches to the end of the longest term."""
    if not likely or likely[0].quote is None:
        return ()
    region = region_of(likely[0].design_id, answers)
    context = Context(catalogue(region), money.HOURS_PER_MONTH)
    return tuple(_advice(nodes, likely, low, answers.horizon_months) for nodes in _parts(likely[0], context))


def _parts(sized: Sized, context: Context) -> Iterator[_Nodes]:
    """What of a design is bought by the node."""
    keys = capacity(sized)
    for part in designs.find(sized.design_id):
        if part.service in SERVICES and "shards" in keys:
            count = number(keys, "shards") * (1 + number(keys, "replicas"))
            dearer = surcharge(context) if part is SYNC else None
            factor = 1 + (dearer.usd / 100 if dearer else Decimal(0))
            yield _Nodes("nodes", part.service, (part.engine,), str(keys["node_type"]), count, context, factor)
        elif part.id in _INSTANCES and keys.get("instance_type"):
            service, engines = _INSTANCES[part.id]
            item, count = str(keys["instance_type"]), number(keys, "instances")
            where = with_premium(context, "PostgreSQL", item) if OPTIMIZED in engines[0] else context
            yield _Nodes("database instances", service, engines, item, count, where, Decimal(1))


def _advice(nodes: _Nodes, likely: Sequence[Sized], low: Sequence[Sized], horizon: int) -> ReserveAdvice:
    months = likely[1 : horizon + 1]
    on_demand = money.total(money.cents(one.quote.monthly_usd) for one in months if one.quote)
    now = likely[0].quote.monthly_usd if likely[0].quote else Decimal(0)
    found = tuple(
        _reservation(offer, bought, nodes, now, months)
        for term in RESERVABLE
        if (pair := _offer(nodes, term, low)) is not None
        for offer, bought in (pair,)
    )
    best = _best(found, horizon)
    return ReserveAdvice(
        design_id=likely[0].design_id,
        what=nodes.what,
        on_demand_monthly_usd=now,
        on_demand_total_usd=on_demand,
        horizon_months=horizon,
        reservations=found,
        best=best.term if best else "",
        why=_why(nodes, found, best, horizon),
    )


def _offer(nodes: _Nodes, term: Term, low: Sequence[Sized]) -> tuple[Offer, ReservedPrice] | None:
    """How many to buy on a term, and at what price; None where it is not sold or nothing stays in use for all of it."""
    on_demand, each = nodes.on_demand(), nodes.each
    if on_demand is None or not each:
        return None
    kept = min((_units_in_use(nodes, one) for one in low[1 : 12 * term.years + 1]), default=nodes.units)
    kept = min(kept, nodes.units)
    options = [found for item in _types(nodes) if (found := _bought(nodes, item, term, kept)) is not None]
    if not options:
        return None
    most = max(units for _, units, _ in options)
    count, units, bought = next(one for one in options if one[1] == most)  # the plan's own type comes first
    covers = Decimal(f"{units / each:.6f}")
    usd = money.product(on_demand.usd, nodes.factor)
    hourly, upfront = (money.product(fee, nodes.factor) for fee in (bought.hourly, bought.upfront))
    return Offer(count, bought.price.item, covers, usd, hourly, upfront, term.hours), bought


def _bought(nodes: _Nodes, item: str, term: Term, kept: Decimal) -> tuple[int, Decimal, ReservedPrice] | None:
    """As many nodes of `item` as the units that stay in use fill, with their units; None without a price or a use."""
    per_node = normalised_units(nodes.service, nodes.sold_as[0], item)
    if not per_node:
        return None
    count = int((kept / per_node).to_integral_value(ROUND_FLOOR))
    listed = nodes.on_demand(item, nodes.sold_as)
    bought = reserved(nodes.context.catalogue, nodes.service, nodes.sold_as[0], item, term, listed)
    if not count or bought is None:
        return None
    bought = replace(bought, price=replace(bought.price, item=item))
    return count, money.product(per_node, Decimal(count)), bought


def _types(nodes: _Nodes) -> tuple[str, ...]:
    """The plan's own type, then the smallest of its family: the unit in which most can be covered."""
    family = f".{nodes.family}."
    known = [item for item in node_types(nodes.service) if family in item and nodes.on_demand(item) is not None]
    sizes = [(units, item) for item in known if (units := normalised_units(nodes.service, "", item)) is not None]
    smallest = min(sizes)[1] if sizes else nodes.node_type
    return tuple(dict.fromkeys((nodes.node_type, smallest)))


def _is_sold(nodes: _Nodes) -> bool:
    return any(_bought(nodes, item, term, Decimal(10**6)) for item in _types(nodes) for term in RESERVABLE)


def _units_in_use(nodes: _Nodes, then: Sized) -> Decimal:
    """Units of the same part and family in a later month."""
    same = _same_part(nodes, then)
    return same.units if same is not None else Decimal(0)


def _same_part(nodes: _Nodes, then: Sized) -> _Nodes | None:
    found = (one for one in _parts(then, nodes.context) if one.what == nodes.what and one.family == nodes.family)
    return next(found, None)


def _reservation(
    offer: Offer, bought: ReservedPrice, nodes: _Nodes, now: Decimal, months: Sequence[Sized]
) -> Reservation:
    spread = money.product(Decimal(offer.nodes), money.product(bought.effective, nodes.factor))
    monthly = money.total((now, -offer.covered_usd, money.product(spread, money.HOURS_PER_MONTH)))
    within = min(len(months), offer.term_months)
    units = money.product(offer.covers, nodes.each or Decimal(0))
    offset = money.total(_offset(nodes, units, one) for one in months[:within] if one.quote)
    demand = money.total(money.cents(one.quote.monthly_usd) for one in months if one.quote)
    fees = money.total((offer.upfront_usd, money.product(offer.recurring_usd, Decimal(within))))
    left = offer.term_months - within
    return Reservation(
        term=bought.term.id,
        title=bought.term.title,
        node_type=offer.node_type,
        nodes=offer.nodes,
        covers=offer.covers,
        in_use=nodes.count,
        hourly_usd=offer.hourly,
        upfront_usd=offer.upfront_usd,
        monthly_usd=monthly,
        total_usd=money.total((demand, -offset, fees)),
        owed_usd=money.product(offer.recurring_usd, Decimal(left)),
        saved_usd=money.minus(offset, fees),
        term_saved_usd=offer.saved_usd,
        break_even_month=offer.break_even_month,
        must_run_months=offer.must_run_months,
        provenance=bought.price.provenance,
        as_of=bought.price.as_of,
        source=bought.price.source,
        derivation=bought.price.derivation,
    )


def _offset(nodes: _Nodes, units: Decimal, then: Sized) -> Decimal:
    """What the reservation takes off the on-demand bill of a month: as many nodes as its units cover, no more than run."""
    same = _same_part(nodes, then)
    price = same.on_demand() if same is not None else None
    if same is None or price is None or not same.each:
        return Decimal(0)
    covered = min(Decimal(same.count), Decimal(f"{units / same.each:.6f}"))
    usd = money.product(price.usd, same.factor)
    return money.product(money.product(covered, usd), money.HOURS_PER_MONTH)


def _best(found: Sequence[Reservation], horizon: int) -> Reservation | None:
    """The cheapest to the horizon among terms that end by then and save anything."""
    paying = [one for one in found if 12 * TERMS[one.term].years <= horizon and one.saved_usd > 0]
    return min(paying, key=lambda one: (one.total_usd, one.term), default=None)


def _why(nodes: _Nodes, found: Sequence[Reservation], best: Reservation | None, horizon: int) -> str:
    own = f"{counted(nodes.count, 'node')} of {nodes.node_type}"
    if not found and not _is_sold(nodes):
        return f"Nothing to reserve: no price of a term is known for {nodes.node_type}."
    if not found:
        return f"Do not reserve: of {own}, none stays in use for a whole term under low growth."
    if best is None:
        return f"Do not reserve yet: no term that ends within {counted(horizon, 'month')} costs less than on demand."
    bought = f"{counted(best.nodes, 'node')} of {best.node_type}"
    even = f"cheaper from month {best.break_even_month} on" if best.break_even_month else "never cheaper"
    return (
        f"Reserve {bought} for {best.title}: ${money.cents(best.saved_usd):,} less in {horizon} months than on demand, "
        f"{even}; under low growth the whole term uses them."
    )
