"""What one part of a design is asked to carry, and what sizing answers for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from planner.pricing import money
from planner.pricing.catalogue import Catalogue
from planner.pricing.value import value
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import Plan
from planner.sizing.model.needs import ItemLoad, Needs


@value
class Demand:
    """`missed`: share of reads that pass the cache before this part (1 without one). `joined`: it stands with another."""

    needs: Needs
    answers: Answers
    missed: float
    joined: bool
    catalogue: Catalogue

    @property
    def items(self) -> ItemLoad:
        """The items behind the keys."""
        return self.needs.items

    @property
    def held(self) -> float:
        """Share of the data that a cache of this design holds; all of it where it stands alone."""
        return self.answers.cache_share if self.joined else 1.0

    @property
    def reads_per_s(self) -> float:
        """Reads that arrive on average."""
        return self.items.reads_per_s * self.missed

    @property
    def peak_to_average(self) -> float:
        """How far the peak is above the average."""
        average = self.needs.average_reads_per_s + self.needs.average_writes_per_s
        peak = self.needs.peak_reads_per_s + self.needs.peak_writes_per_s
        return peak / average if average else 1.0


@value
class Part:
    """`keys`: of the quote's spec. `plan`: where there is something to choose. `reason`: why nothing fits (then no keys)."""

    keys: Mapping[str, object] = field(default_factory=dict)
    plan: Plan | None = None
    reason: str = ""


def per_month(per_second: float, answers: Answers) -> float:
    """A mean rate as a month's total, of as many hours as the person's month has."""
    return per_second * answers.hours_per_month * 3600


def gb(amount_bytes: float) -> object:
    """Bytes as billable GB."""
    return money.quantity(amount_bytes / money.BYTES_PER_GB)
