"""What an answer may draw on: the needs, what was measured, and any design sized and priced for them or for changed ones."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

from engine.measurement import Measurement
from planner.pricing import designs, money
from planner.pricing.quote import quote
from planner.sizing.bill import Sized, size
from planner.sizing.model.answers import Answers
from planner.sizing.model.figures import Figure
from planner.sizing.model.needs import Needs
from planner.sizing.words import counted

Said = tuple[str, tuple[Figure, ...]]  # a sentence, and the figures it rests on


class NotKnown(Exception):
    """A question that the figures at hand do not answer; its text says why."""


@dataclass(frozen=True)
class Case:
    """`now`: the compared designs as sized for the answer; `recommended`: which of them is, if any."""

    needs: Needs
    answers: Answers
    measurement: Measurement
    now: Mapping[str, Sized]
    recommended: str | None
    _sized: dict[tuple[str, tuple[tuple[str, object], ...]], Sized] = field(default_factory=dict)

    def size(self, design_id: str, needs: Needs | None = None, **changes: Any) -> Sized:
        """A design for these needs, or others, with some answers changed."""
        if needs is not None:
            return size(design_id, needs, replace(self.answers, **changes))
        if not changes and design_id in self.now:
            return self.now[design_id]
        key = (design_id, tuple(sorted(changes.items())))
        if key not in self._sized:
            self._sized[key] = size(design_id, self.needs, replace(self.answers, **changes))
        return self._sized[key]

    def priced(self, design_id: str, needs: Needs | None = None, **changes: Any) -> Sized:
        """As `size`, where nothing fitting or a line without a price is NotKnown."""
        found = self.size(design_id, needs, **changes)
        if found.quote is None:
            raise NotKnown(f"{designs.title(design_id)} does not fit: {found.reason}")
        if found.quote.missing:
            raise NotKnown(f"No price is known in {self.answers.region} for {', '.join(found.quote.missing)}.")
        return found

    def together(self, *design_ids: str) -> tuple[tuple[Sized, ...], str]:
        """Designs to compare, each as `priced`, and a remark: where a list lacks backups, all are priced without."""
        try:
            return tuple(self.priced(each) for each in design_ids), ""
        except NotKnown:
            bare = tuple(self.priced(each, snapshot_retention_days=0) for each in design_ids)
            return bare, f" Without backups: no price of all of them is known in {self.answers.region}."

    @property
    def best(self) -> Sized:
        """The recommended design."""
        if self.recommended is None:
            raise NotKnown("None of the designs compared is recommended.")
        return self.now[self.recommended]

    def transfer_usd(self, gigabytes: float) -> Decimal:
        """What GB a month between zones cost, both sides."""
        amount = money.quantity(gigabytes)
        found = quote({"design": "elasticache-valkey", "region": self.answers.region, "inter_az_gb": amount})
        if found.missing:
            raise NotKnown(f"No price is known in {self.answers.region} for transfer between zones.")
        return found.monthly_usd

    def month_gb(self, bytes_per_s: float) -> float:
        """A mean rate as GB in the person's month."""
        return bytes_per_s * self.answers.hours_per_month * 3600 / money.BYTES_PER_GB


def usd(amount: Decimal) -> str:
    """`$1,234.57`, a difference below zero with its sign."""
    rounded = money.cents(amount)
    return f"-${-rounded:,}" if rounded < 0 else f"${rounded:,}"


def total(sized: Sized) -> Decimal:
    """The monthly bill of something that was priced."""
    assert sized.total is not None
    return sized.total


def bill(sized: Sized) -> Figure:
    """The monthly bill as a figure; as sure as its least sure price."""
    assert sized.quote is not None
    kinds = {line.provenance for line in sized.quote.lines if line.amount}
    tag = "assumed" if "assumed" in kinds else "derived" if "derived" in kinds else "published"
    return Figure(designs.title(sized.design_id), f"{usd(total(sized))} a month", tag)


def cluster(sized: Sized) -> str:
    """`2 shards of db.r7g.large with 1 replica each`; empty where there are no nodes to choose."""
    plan = sized.plan
    if plan is None:
        return ""
    replicas = counted(plan.replicas, "replica") if plan.replicas else "no replica"
    return f"{counted(plan.shards, 'shard')} of {plan.node_type} with {replicas}{' each' if plan.shards > 1 else ''}"


def gb(number: float) -> str:
    """Decimal GB in as many digits as it takes: `0.020 GB`, `170.8 GB`, `12,340 GB`."""
    return f"{number:,.3f} GB" if number < 10 else f"{number:,.1f} GB" if number < 1000 else f"{number:,.0f} GB"


def amount_of(number: float) -> str:
    """Bytes in decimal units."""
    for unit, factor in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if number >= factor:
            return f"{number / factor:,.2f} {unit}"
    return f"{number:,.0f} B"


def rate(per_s: float, what: str) -> str:
    """`1,200 reads/s`."""
    return f"{per_s:,.0f} {what}/s" if per_s >= 10 or per_s == 0 else f"{per_s:.2f} {what}/s"
