"""What the home page and the answer page show, worked out from the frozen document. Pure; draws no HTML."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from planner.estimates.models import Estimate
from planner.estimates.outlook_view import OutlookView, outlook
from planner.jobs.models import Job
from planner.pricing import designs
from planner.pricing.money import cents
from planner.reports import charts
from planner.reports.charts import Chart
from planner.reports.content_measured import keys_share
from planner.reports.document import EstimateDocument
from planner.reports.facts import Facts
from planner.reports.facts_carrying import assumption, carrying_facts
from planner.reports.facts_frontier import FrontierRow, frontier_rows, frontier_summary
from planner.reports.facts_memory import MemoryView, memory_view
from planner.reports.facts_written import WrittenView, written_view
from planner.reports.wording import UNKNOWN, latency_promise, usd, usd_range
from planner.sizing.breaks import Break, breaks_of
from planner.sizing.model.result import DesignEstimate

MONTHS_A_YEAR = 12
TIGHT = 0.85  # a bar this full is marked


@dataclass(frozen=True, slots=True)
class HomeRow:
    """One line of the home page. `state`: `done`, `draft`, or the state of the job it waits for."""

    estimate: Estimate
    state: str
    words: str
    job: Job | None
    design: str
    monthly: Decimal | None

    @property
    def is_live(self) -> bool:
        """Whether it changes by itself."""
        return self.job is not None and not self.job.is_over


@dataclass(frozen=True, slots=True)
class Gauge:
    """How full one constraint is, per shard (1 = its ceiling), and what the ceiling is."""

    name: str
    used: float
    limit: str
    binds: bool

    @property
    def title(self) -> str:
        """The constraint as a heading."""
        return "CPU" if self.name == "cpu" else self.name.capitalize()

    @property
    def tight(self) -> bool:
        """Worth a warning colour."""
        return self.used >= TIGHT


@dataclass(frozen=True, slots=True)
class DesignView:
    """A design with the figures that follow from its estimate."""

    design: DesignEstimate
    recommended: bool
    gauges: tuple[Gauge, ...]
    yearly: Decimal | None
    horizon: Decimal | None
    horizon_at_least: bool
    breaks: tuple[Break, ...] = ()

    @property
    def durable(self) -> bool:
        """Whether an acknowledged write survives the loss of any node."""
        return designs.is_durable(self.design.id)

    @property
    def tightest(self) -> Gauge | None:
        """The constraint with the least room."""
        return next((gauge for gauge in self.gauges if gauge.binds), None)

    @property
    def room(self) -> float | None:
        """Share of what may be used that the tightest constraint leaves free; None without nodes to choose."""
        return None if self.tightest is None else 1 - self.tightest.used

    @property
    def at_least(self) -> bool:
        """A line has no price, so every total is a lower bound."""
        return bool(self.design.missing)

    @property
    def spread(self) -> str:
        """The range of the monthly bill in words; what differs by less than a cent is no range."""
        monthly = self.design.monthly_usd
        return UNKNOWN if monthly is None else usd_range(monthly.low, monthly.high)

    @property
    def frontier(self) -> tuple[FrontierRow, ...]:
        """What more room costs, the cheapest first; empty without nodes to choose."""
        return frontier_rows(self.design)

    @property
    def frontier_summary(self) -> str:
        """The table of it in words."""
        return frontier_summary(self.design)

    @property
    def read_latency(self) -> str:
        """What a read takes, without its tag."""
        return latency_promise(_untagged(self.design.read_latency_us))

    @property
    def write_latency(self) -> str:
        """What a write takes, without its tag."""
        return latency_promise(_untagged(self.design.write_latency_us))

    @property
    def read_tag(self) -> str:
        """Where the read latency comes from."""
        return self.design.read_latency_us.get("tag", "")

    @property
    def write_tag(self) -> str:
        """Where the write latency comes from."""
        return self.design.write_latency_us.get("tag", "")

    @property
    def short(self) -> str:
        """An id that can stand in an anchor."""
        return self.design.id.replace("+", "-")


@dataclass(frozen=True, slots=True)
class Advice:
    """A situation and what fits it."""

    situation: str
    verdict: str


@dataclass(frozen=True, slots=True)
class AnswerView:
    """Everything the answer page prints beside the document itself."""

    designs: tuple[DesignView, ...]
    recommended: DesignView | None
    cost: Chart
    growth: Chart
    sensitivity: Chart | None
    hit_curve: Chart
    measured: tuple[Chart, ...]
    advice: tuple[Advice, ...]
    carrying: tuple[Facts, ...]
    carrying_assumption: str
    memory: MemoryView
    written: WrittenView
    outlook: OutlookView


ADVICE = (
    Advice(
        "The only store of carts, sessions, leaderboards, stock counters, balances or queues, read in microseconds, "
        "where nothing may be lost",
        "A durable in-memory database. It replaces the cache, the database and the code that keeps them in step.",
    ),
    Advice(
        "Data that can be rebuilt, or where losing seconds of it is acceptable; a cache in front of a database that "
        "stays anyway",
        "ElastiCache, which is cheaper.",
    ),
    Advice("Joins, complex queries, documents", "A relational or document database, with or without a cache."),
    Advice("Data far larger than memory is worth, mostly cold", "Tiered storage, or a disk database with a cache."),
    Advice("Infrequent or batch work", "Neither: memory would idle."),
    Advice(
        "An asynchronous cache is the only store today",
        "Loss is then a matter of time. Compare the durable designs above.",
    ),
)


def home_row(estimate: Estimate) -> HomeRow:
    """The line of one estimate."""
    job = _job(estimate)
    if estimate.document is not None and not estimate.waiting:
        title, monthly = _recommended(estimate)
        return HomeRow(estimate, "done", "Answered", None, title, monthly)
    if job is None or job.state == Job.State.DONE:
        words = "Computing the answer" if estimate.waiting else "Draft"
        return HomeRow(estimate, "draft", words, None, "", None)
    return HomeRow(estimate, job.state, job.get_state_display(), job, "", None)


def answer(document: EstimateDocument) -> AnswerView:
    """The answer page's view of a document, the recommended design first."""
    views = tuple(_design(document, design) for design in document.result.designs)
    recommended = next((view for view in views if view.recommended), None)
    found = document.measurement
    return AnswerView(
        designs=tuple(sorted(views, key=lambda view: not view.recommended)),
        recommended=recommended,
        cost=charts.cost_chart(document),
        growth=charts.growth_chart(document),
        sensitivity=charts.sensitivity_chart(document) if _anything_moves(document) else None,
        hit_curve=charts.hit_curve_chart(document),
        measured=(
            charts.latency_chart(found),
            charts.latency_over_time(found),
            charts.memory_by_family(found),
            charts.data_written_chart(found),
        ),
        advice=ADVICE,
        carrying=carrying_facts(document),
        carrying_assumption=assumption(document),
        memory=memory_view(found, keys_share(document)),
        written=written_view(found),
        outlook=outlook(document),
    )


def horizon_total(document: EstimateDocument, design_id: str) -> tuple[Decimal | None, bool]:
    """Sum of the months 1 to the horizon, and whether a month without a price makes it a lower bound."""
    bills = [point.monthly_usd.get(design_id) for point in document.result.growth if point.month > 0]
    known = [bill for bill in bills if bill is not None]
    return (sum(known, Decimal(0)) if known else None), len(known) < len(bills)


def _design(document: EstimateDocument, design: DesignEstimate) -> DesignView:
    total, at_least = horizon_total(document, design.id)
    return DesignView(
        design=design,
        recommended=design.id == document.result.recommended.id,
        gauges=_gauges(design),
        yearly=_yearly(design),
        horizon=total,
        horizon_at_least=at_least or bool(design.missing),
        breaks=breaks_of(design, document.result.needs, document.result.answers),
    )


def _yearly(design: DesignEstimate) -> Decimal | None:
    """The first year with its growth; twelve times today's bill in a document that has no more."""
    if design.yearly_usd is not None:
        return design.yearly_usd.likely
    return cents(design.monthly_usd.likely) * MONTHS_A_YEAR if design.monthly_usd else None


def _anything_moves(document: EstimateDocument) -> bool:
    """Whether any input moves the recommended total by a cent."""
    return len({usd(total) for item in document.result.sensitivity for total in (item.low_usd, item.high_usd)}) > 1


def _untagged(figures: Mapping[str, str]) -> dict[str, str]:
    return {name: text for name, text in figures.items() if name != "tag"}


def _gauges(design: DesignEstimate) -> tuple[Gauge, ...]:
    plan = design.plan
    if plan is None:
        return ()
    fullest = sorted(plan.utilisation.items(), key=lambda item: -item[1])
    return tuple(Gauge(name, used, plan.limits.get(name, ""), name == plan.binding) for name, used in fullest)


def _job(estimate: Estimate) -> Job | None:
    if estimate.trace is not None and estimate.trace.job.state != Job.State.DONE:
        return estimate.trace.job
    return estimate.run.job if estimate.run is not None else None


def _recommended(estimate: Estimate) -> tuple[str, Decimal | None]:
    document = estimate.document or {}
    wanted = document["recommended"]["id"]
    for design in document["designs"]:
        if design["id"] == wanted and design["monthly_usd"]:
            return design["title"], _amount(design["monthly_usd"]["likely"])
    return "No design fits", None


def _amount(text: str) -> Decimal | None:
    try:
        return Decimal(text)
    except InvalidOperation:
        return None
