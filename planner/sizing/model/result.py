"""What is answered: designs sized and priced, the recommended one, and how firm that is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from planner.sizing.model.answers import Answers
from planner.sizing.model.bills import CostLine, Durability, Range
from planner.sizing.model.clusters import CarriedNode, FrontierPoint, Plan
from planner.sizing.model.figures import Assumption, Question
from planner.sizing.model.needs import Needs
from planner.sizing.outlook import Outlook, RangeStatement
from planner.sizing.reserving import ReserveAdvice


@dataclass(frozen=True, slots=True)
class DesignEstimate:
    """One design, sized and priced. `plan` None: nothing fits, and `flags` says why. `missing` names lines without a
    price. `frontier`: what more room costs, the cheapest first. `yearly_usd`, `horizon_usd`: the sums of the first
    twelve months and of all to the horizon, growth included (None: nothing fits, or a document made before they were)."""

    id: str
    title: str
    plan: Plan | None
    monthly_usd: Range | None
    lines: tuple[CostLine, ...]
    durability: Durability
    read_latency_us: Mapping[str, str]
    write_latency_us: Mapping[str, str]
    flags: tuple[str, ...]
    missing: tuple[str, ...]
    frontier: tuple[FrontierPoint, ...] = ()
    yearly_usd: Range | None = None
    horizon_usd: Range | None = None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`id` None: no design fits. `why` is one sentence for the reader."""

    id: str | None
    why: str


@dataclass(frozen=True, slots=True)
class GrowthPoint:
    """Monthly bill of each design in month `month` (0 = now); None where nothing fits any more."""

    month: int
    monthly_usd: Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How far the recommended design's monthly total moves when one input moves between its low and high value."""

    name: str
    low_usd: Decimal
    high_usd: Decimal


@dataclass(frozen=True, slots=True)
class PriceListUse:
    """A price list an estimate used: its file, newest and oldest date, and its version (content hash)."""

    name: str
    version: str
    oldest: str
    newest: str


@dataclass(frozen=True, slots=True)
class EstimateResult:
    """The whole answer (DESIGN §8, `estimate`). `trace` and `measurement` are joined by the caller. `database_bills`: of each
    design with a cache before a database, the database's dollars a month at each point of the hit-rate curve. `outlooks`: of
    each design that fits; `reserves`: of each part that is bought by the node; `range`: of the recommended design."""

    answers: Answers
    needs: Needs
    designs: tuple[DesignEstimate, ...]
    recommended: Recommendation
    growth: tuple[GrowthPoint, ...]
    sensitivity: tuple[Sensitivity, ...]
    assumptions: tuple[Assumption, ...]
    price_lists: tuple[PriceListUse, ...]
    database_bills: Mapping[str, tuple[Decimal | None, ...]] = field(default_factory=dict)
    carrying: tuple[CarriedNode, ...] = ()
    outlooks: tuple[Outlook, ...] = ()
    reserves: tuple[ReserveAdvice, ...] = ()
    range: RangeStatement | None = None
    questions: tuple[Question, ...] = ()
