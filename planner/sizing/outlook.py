"""How a design fares month by month: the result types. What changes, when, at what price, and when each limit is hit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class PlanChange:
    """In `month` another cluster is needed, or a smaller one will do. `before`, `after`: the clusters in words; `after` empty:
    nothing fits from then on. `monthly_usd`: the bill of that month, `step_usd` what it is above the month before. `because`:
    the constraint that the old cluster would break, or the reason why nothing fits; empty where neither is known."""

    month: int
    before: str
    after: str
    monthly_usd: Decimal | None
    step_usd: Decimal | None
    because: str


@dataclass(frozen=True, slots=True)
class LimitHit:
    """One limit of today's cluster, or of the service, under likely growth. `month`: the first in which `value` is above
    `ceiling`; None when it is not within `looked_months`, and `value` is then the highest by then. `now` is today's.

    `unit`: `bytes`, `bytes/s`, `share` (of what a shard may use), `nodes`, `ECPU/s`."""

    constraint: str
    month: int | None
    value: float
    ceiling: float
    unit: str
    now: float
    looked_months: int
    source: str


@dataclass(frozen=True, slots=True)
class Outlook:
    """One design from now to the horizon. `limits`: the soonest first."""

    design_id: str
    changes: tuple[PlanChange, ...]
    limits: tuple[LimitHit, ...]


@dataclass(frozen=True, slots=True)
class RangeCause:
    """What one cause alone may take off today's bill and add to it, in US dollars."""

    name: str
    down_usd: Decimal
    up_usd: Decimal


@dataclass(frozen=True, slots=True)
class RangeStatement:
    """The recommended design's range in one plain sentence, and its causes, the widest first. `confidence`: 0.9 is nine times
    out of ten."""

    sentence: str
    confidence: float
    causes: tuple[RangeCause, ...]
