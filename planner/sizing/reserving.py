"""What reserving nodes would cost: the result types, and the arithmetic of one offer.

Money is exact. An offer is bought now (the end of month 0) and covers months 1 to the end of its term. `covers` may have
decimals, since reservations are counted in normalised units and a Valkey node takes fewer of them than one of Redis OSS.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, Decimal

from planner.pricing import money


@dataclass(frozen=True, slots=True)
class Offer:
    """`nodes` of `node_type` on a term. US dollars: `hourly` and `upfront` of one of them; `on_demand_hourly` of one of the
    nodes in use, of which the offer `covers` some."""

    nodes: int
    node_type: str
    covers: Decimal
    on_demand_hourly: Decimal
    hourly: Decimal
    upfront: Decimal
    term_hours: int

    @property
    def upfront_usd(self) -> Decimal:
        """Paid once, for all."""
        return money.product(Decimal(self.nodes), self.upfront)

    @property
    def recurring_usd(self) -> Decimal:
        """Paid each month of the term, for all."""
        return self.recurring_for(money.HOURS_PER_MONTH)

    @property
    def covered_usd(self) -> Decimal:
        """A month of the covered nodes on demand."""
        return money.product(money.product(self.covers, self.on_demand_hourly), money.HOURS_PER_MONTH)

    @property
    def term_months(self) -> int:
        """The term in months of 730 hours."""
        return self.term_hours // int(money.HOURS_PER_MONTH)

    @property
    def term_usd(self) -> Decimal:
        """Everything the offer costs: hourly x hours + upfront."""
        return money.total((self.upfront_usd, self.recurring_for(Decimal(self.term_hours))))

    @property
    def saved_usd(self) -> Decimal:
        """Against on demand over the whole term."""
        return money.minus(money.product(self.covered_usd, Decimal(self.term_months)), self.term_usd)

    @property
    def break_even_month(self) -> int | None:
        """The month by the end of which no more has been paid than on demand; None when that never comes."""
        saved = money.minus(self.covered_usd, self.recurring_usd)
        return max(1, _ceiling(self.upfront_usd, saved)) if saved > 0 else None

    @property
    def must_run_months(self) -> int:
        """For how many months the covered nodes must be needed for the whole commitment to pay off."""
        return _ceiling(self.term_usd, self.covered_usd)

    def recurring_for(self, hours: Decimal) -> Decimal:
        """The hourly fee of all nodes for these hours."""
        return money.product(money.product(Decimal(self.nodes), self.hourly), hours)


@dataclass(frozen=True, slots=True)
class Reservation:
    """One term in figures. `monthly_usd`: today's whole bill with it, the upfront fee spread over the term. `total_usd`: paid
    for the design from now to the horizon, and `owed_usd` what is still due for the term after it. `saved_usd`: to the horizon
    against on demand, which may be negative."""

    term: str
    title: str
    node_type: str
    nodes: int
    covers: Decimal
    in_use: int
    hourly_usd: Decimal
    upfront_usd: Decimal
    monthly_usd: Decimal
    total_usd: Decimal
    owed_usd: Decimal
    saved_usd: Decimal
    term_saved_usd: Decimal
    break_even_month: int | None
    must_run_months: int
    provenance: str
    as_of: str
    source: str
    derivation: str = ""


@dataclass(frozen=True, slots=True)
class ReserveAdvice:
    """Whether to reserve the nodes of one part of a design now. `best`: the term to take, empty for none. `why` is one
    sentence. `reservations`: every term that is sold, also where it does not pay."""

    design_id: str
    what: str
    on_demand_monthly_usd: Decimal
    on_demand_total_usd: Decimal
    horizon_months: int
    reservations: tuple[Reservation, ...]
    best: str
    why: str


def _ceiling(amount: Decimal, by: Decimal) -> int:
    """Whole months, rounded up; a quotient is enough to 28 digits, since both ends are cents and hours."""
    return int((amount / by).to_integral_value(ROUND_CEILING))
