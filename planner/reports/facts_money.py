"""What the charts of money say: the bill by design, over time, by cache size, and what moves it. US dollars a month."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from planner.reports.document import EstimateDocument
from planner.reports.facts import BLUE, GREEN, GREY, OLIVE, ORANGE, PURPLE, SKY, VERMILLION, Facts
from planner.reports.facts_outlook import marks_in_words
from planner.reports.wording import joined, share, size, usd, usd_range
from planner.sizing.growth import likely_growth
from planner.sizing.model.needs import HitPoint
from planner.sizing.model.result import Sensitivity

_DESIGN_COLOURS = {
    "memorydb-valkey": BLUE,
    "memorydb-redis": VERMILLION,
    "elasticache-valkey+dynamodb-on-demand": GREEN,
}
_OTHER_COLOURS = (ORANGE, PURPLE, SKY, GREY, OLIVE)


@dataclass(frozen=True, slots=True)
class Segment:
    """One priced line inside a bar."""

    name: str
    usd: Decimal


@dataclass(frozen=True, slots=True)
class CostBar:
    """The monthly bill of one design: its priced lines and its range. `at_least`: a line has no price."""

    id: str
    title: str
    segments: tuple[Segment, ...]
    low: Decimal
    likely: Decimal
    high: Decimal
    at_least: bool


def design_colours(document: EstimateDocument) -> dict[str, str]:
    """One colour per design id, the same in every chart."""
    spare = iter(_OTHER_COLOURS * (1 + len(document.result.designs)))
    return {design.id: _DESIGN_COLOURS.get(design.id) or next(spare) for design in document.result.designs}


def cost_bars(document: EstimateDocument) -> tuple[CostBar, ...]:
    """One bar per design that has a price, in the document's order."""
    return tuple(
        CostBar(
            id=design.id,
            title=design.title,
            segments=tuple(Segment(line.name, line.amount) for line in design.lines if line.amount),
            low=design.monthly_usd.low,
            likely=design.monthly_usd.likely,
            high=design.monthly_usd.high,
            at_least=bool(design.missing),
        )
        for design in document.result.designs
        if design.monthly_usd is not None
    )


def cost_facts(document: EstimateDocument) -> Facts:
    """Monthly bill by design and line."""
    title = "Monthly cost by design"
    bars = cost_bars(document)
    if not bars:
        return Facts(title, "No design fits, so there is no cost to show.")
    rows: list[tuple[str, ...]] = []
    for bar in bars:
        rows += [(bar.title, segment.name, usd(segment.usd)) for segment in bar.segments]
        total = f"{usd(bar.likely)}, {usd_range(bar.low, bar.high)}"
        rows.append((bar.title, "Total, at least" if bar.at_least else "Total (range)", total))
    least = min(bars, key=lambda bar: bar.likely)
    summary = f"{least.title} costs least: {usd(least.likely)} a month, {usd_range(least.low, least.high)}."
    return Facts(title, summary, ("Design", "Line", "USD a month"), tuple(rows))


def growth_facts(document: EstimateDocument) -> Facts:
    """Monthly bill over the horizon by design."""
    title = "Monthly cost over the horizon"
    points = document.result.growth
    if not points:
        return Facts(title, "No horizon was asked for.")
    designs = document.result.designs
    rows = tuple((str(point.month), *(usd(point.monthly_usd.get(design.id)) for design in designs)) for point in points)
    summary = f"The next {points[-1].month} months at {_growth_in_words(document)}."
    if any(usd is None for point in points for usd in point.monthly_usd.values()):
        summary += " A line ends where nothing fits any more."
    summary += f" {words}" if (words := marks_in_words(document)) else ""
    return Facts(title, summary, ("Month", *(design.title for design in designs)), rows)


def _growth_in_words(document: EstimateDocument) -> str:
    answers = document.result.answers
    likely = likely_growth(answers)
    both = f"{share(likely.data)} growth a month"
    if likely.data != likely.traffic:
        both = f"{share(likely.data)} growth of data and {share(likely.traffic)} of traffic a month"
    return f"{both}, with the season of your metrics" if answers.season_peak else both


def growth_is_wide(document: EstimateDocument) -> bool:
    """Whether the bills lie so far apart that only a logarithmic axis shows them all."""
    bills = [usd for point in document.result.growth for usd in point.monthly_usd.values() if usd]
    return bool(bills) and max(bills) > 20 * min(bills)


def hit_curve(document: EstimateDocument) -> tuple[HitPoint, ...]:
    """The hit-rate curve by cache size, smallest first."""
    return tuple(sorted(document.result.needs.hit_curve, key=lambda point: point.cache_bytes))


def sensitivity_facts(document: EstimateDocument) -> Facts:
    """What moves the recommended design's total most."""
    title = "What moves the total most"
    items = ranked_sensitivity(document)
    if not items:
        return Facts(title, "No input moves the total within its range.")
    rows = tuple((item.name, usd(item.low_usd), usd(item.high_usd)) for item in items)
    design = document.recommended
    of = f" of {design.title}" if design else ""
    summary = f"Largest effect on the monthly total{of}: {rows[0][0]}, from {rows[0][1]} to {rows[0][2]}."
    still = tuple(item.name for item in document.result.sensitivity if item not in items)
    summary += f" Without effect: {joined(still)}." if still else ""
    return Facts(title, summary, ("Input", "At its low value", "At its high value"), rows)


def ranked_sensitivity(document: EstimateDocument) -> tuple[Sensitivity, ...]:
    """What moves the total at all, widest swing first."""
    moving = (item for item in document.result.sensitivity if item.high_usd != item.low_usd)
    return tuple(sorted(moving, key=lambda item: -abs(item.high_usd - item.low_usd)))


def sensitivity_base(document: EstimateDocument) -> Decimal:
    """The recommended design's total, from which the swings start; without one, the middle of the widest swing."""
    design = document.recommended
    if design is not None and design.monthly_usd is not None:
        return design.monthly_usd.likely
    widest = ranked_sensitivity(document)[:1]
    return sum(((item.low_usd + item.high_usd) / 2 for item in widest), Decimal(0))


def database_bills(document: EstimateDocument) -> tuple[Decimal, ...]:
    """The database's monthly bill at each point of the hit-rate curve, of the first design with a cache before a database.

    Empty when there is none, or a price is missing.
    """
    bills = next(iter(document.result.database_bills.values()), ())
    known = tuple(bill for bill in bills if bill is not None)
    return known if len(known) == len(bills) == len(hit_curve(document)) else ()


def hit_curve_facts(document: EstimateDocument) -> Facts:
    """Hit rate by cache size, with the database bill where one is known."""
    title = "Hit rate by cache size"
    curve = hit_curve(document)
    if not curve:
        return Facts(title, "The recording has no reads that a cache could answer.")
    bills = database_bills(document)
    rows = tuple((size(point.cache_bytes), share(point.cache_share), share(point.hit_rate)) for point in curve)
    columns: tuple[str, ...] = ("Cache size", "Share of data", "Hit rate")
    summary = (
        f"A cache of {rows[-1][0]} answers {rows[-1][2]} of the reads of this recording; "
        f"one of {rows[0][0]} answers {rows[0][2]}."
    )
    if not bills:
        return Facts(title, summary, columns, rows)
    priced = tuple((*row, usd(bill)) for row, bill in zip(rows, bills, strict=True))
    return Facts("Hit rate and database bill by cache size", summary, (*columns, "Database, USD a month"), priced)
