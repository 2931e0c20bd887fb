"""What a design costs, line by line, and what it promises for that."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from planner.pricing.value import value


@value
class CostLine:
    """quantity x unit_price = amount (USD a month). `amount` and `unit_price` None: no price known; the total is then
    "at least"."""

    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    amount: Decimal | None
    source: str
    as_of: str
    provenance: str
    derivation: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """US dollars."""

    low: Decimal
    likely: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Durability:
    """When a write is acknowledged and what can be lost, with tag and source."""

    acknowledged_after: str
    loss_window: str
    failover_s: str
    consistency: str
    source: str
