"""What the answer says of later months: ranges and their causes, plan changes, limits, reserving. Tables as printed."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from planner.reports.document import EstimateDocument
from planner.reports.facts import Facts
from planner.reports.wording import UNKNOWN, joined, share, significant, size, usd
from planner.sizing.model.bills import Range
from planner.sizing.model.result import DesignEstimate
from planner.sizing.outlook import LimitHit, Outlook, PlanChange
from planner.sizing.reserving import Reservation, ReserveAdvice

_NAMES = {"cpu": "CPU"}


@dataclass(frozen=True, slots=True)
class LimitMark:
    """A month within the horizon in which today's cluster of the recommended design is full, and of what."""

    month: int
    name: str


def title_of(document: EstimateDocument, design_id: str) -> str:
    """A design's title."""
    design = document.design(design_id)
    return design.title if design else design_id


def range_facts(document: EstimateDocument) -> Facts:
    """Low, likely and high of month, first year and horizon, by design."""
    title = "The bill and its range"
    found = document.result.range
    rows = []
    months = document.result.answers.horizon_months
    for design in document.result.designs:
        for name, spread in (
            ("a month, now", design.monthly_usd),
            ("first year", design.yearly_usd),
            (f"{months} months", design.horizon_usd),
        ):
            if spread is not None and not (name == "12 months" and months == 12):
                rows.append((design.title, _at_least(document, design, name), *_ends(spread)))
    if found is None or not rows:
        return Facts(title, "No range is known.")
    return Facts(title, found.sentence, ("Design", "USD for", "Low", "Likely", "High"), tuple(rows))


def _at_least(document: EstimateDocument, design: DesignEstimate, name: str) -> str:
    """Without every price, or where nothing fits in a later month, a sum is a lower bound."""
    later = (point.monthly_usd.get(design.id) for point in document.result.growth if point.month > 0)
    short = design.missing or ("now" not in name and None in later)
    return f"{name}, at least" if short else name


def cause_facts(document: EstimateDocument) -> Facts:
    """What each cause alone may take off the recommended bill and add to it."""
    title = "Where the range comes from"
    found = document.result.range
    if found is None or not found.causes:
        return Facts(title, "Nothing moves today's bill by a cent.")
    rows = tuple((one.name, f"-{usd(one.down_usd)}", f"+{usd(one.up_usd)}") for one in found.causes)
    summary = (
        f"Each cause alone, at {share(found.confidence)} confidence, in US dollars a month. They are independent, so "
        "the range is the root of the sum of their squares."
    )
    return Facts(title, summary, ("Cause", "At its low end", "At its high end"), rows)


def change_facts(document: EstimateDocument, outlook: Outlook) -> Facts:
    """Month by month what has to change, and at what price."""
    title = f"{title_of(document, outlook.design_id)}: plan changes"
    months = document.result.answers.horizon_months
    if not outlook.changes:
        return Facts(title, f"Today's plan does for all {months} months.")
    rows = tuple(_change(one) for one in outlook.changes)
    times = "once" if len(rows) == 1 else f"{len(rows)} times"
    summary = f"The plan changes {times} in {months} months, first in month {outlook.changes[0].month}."
    return Facts(title, summary, ("Month", "From", "To", "USD a month", "Step", "Because of"), rows)


def limit_facts(document: EstimateDocument, outlook: Outlook) -> Facts:
    """When each limit is hit."""
    title = f"{title_of(document, outlook.design_id)}: limits"
    if not outlook.limits:
        return Facts(title, "This service publishes no limit that is modelled.")
    first = outlook.limits[0]
    summary = f"None is hit within {first.looked_months} months."
    if first.month is not None:
        summary = f"{_named(first.constraint)} is hit first, in month {first.month}."
    columns = ("Constraint", "Hit in month", "Value then", "Ceiling", "Now", "Of")
    return Facts(title, summary, columns, tuple(_limit(one) for one in outlook.limits))


def reserve_facts(document: EstimateDocument, advice: ReserveAdvice) -> Facts:
    """Each term: how many nodes, what it costs, when it pays."""
    title = f"{title_of(document, advice.design_id)}: reserving {advice.what}"
    costs = ("Upfront", "A month", f"{advice.horizon_months} months", "Saved", "Owed after")
    columns = ("Term", "Reserve now", "Covers", *costs, "Even in month", "Must run", "Price")
    rows = tuple(_reservation(one, best=one.term == advice.best) for one in advice.reservations)
    return Facts(title, advice.why, columns, rows)


def limit_marks(document: EstimateDocument) -> tuple[LimitMark, ...]:
    """The limits of today's recommended cluster that the horizon reaches, by month."""
    horizon = document.result.answers.horizon_months
    months: dict[int, list[str]] = {}
    for outlook in document.result.outlooks:
        if outlook.design_id == document.result.recommended.id:
            for one in outlook.limits:
                if one.month is not None and one.month <= horizon and one.unit != "nodes":
                    months.setdefault(one.month, []).append(_named(one.constraint))
    return tuple(LimitMark(month, ", ".join(names)) for month, names in sorted(months.items()))


def changes_by_design(document: EstimateDocument) -> dict[str, tuple[PlanChange, ...]]:
    """The changes that have a bill to be marked at."""
    return {
        one.design_id: tuple(change for change in one.changes if change.monthly_usd is not None)
        for one in document.result.outlooks
    }


def marks_in_words(document: EstimateDocument) -> str:
    """What the marks of the growth chart say; empty without any."""
    words = []
    if any(changes_by_design(document).values()):
        words.append("Diamonds mark months in which the plan changes.")
    marks = limit_marks(document)
    if marks:
        named = joined(tuple(f"{_inside(one.name)} in month {one.month}" for one in marks))
        words.append(f"Dashed lines: today's recommended cluster is full ({named}).")
    return " ".join(words)


def _ends(spread: Range) -> tuple[str, str, str]:
    return usd(spread.low), usd(spread.likely), usd(spread.high)


def _named(constraint: str) -> str:
    return _NAMES.get(constraint, constraint.capitalize())


def _inside(name: str) -> str:
    """A name inside a sentence; abbreviations stay."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


def _change(one: PlanChange) -> tuple[str, ...]:
    because = one.because if " " in one.because else _named(one.because)
    return (
        str(one.month),
        one.before or "nothing fits",
        one.after or "nothing fits",
        usd(one.monthly_usd),
        _signed(one.step_usd),
        because or "a cheaper plan does",
    )


def _signed(amount: Decimal | None) -> str:
    return UNKNOWN if amount is None else f"{'+' if amount >= 0 else ''}{usd(amount)}"


def _limit(one: LimitHit) -> tuple[str, ...]:
    month = f"not within {one.looked_months}" if one.month is None else str(one.month)
    if one.month == 0:
        month = "now"
    figures = (_amount(value, one.unit) for value in (one.value, one.ceiling, one.now))
    return (_named(one.constraint), month, *figures, one.source)


def _amount(value: float, unit: str) -> str:
    if unit == "share":
        return share(value)
    if unit == "bytes":
        return size(value)
    if unit == "bytes/s":
        return f"{significant(value / 1e6)} MB/s"
    return f"{significant(value)} {unit}" if unit != "nodes" else f"{value:,.0f} nodes"


def _reservation(one: Reservation, *, best: bool) -> tuple[str, ...]:
    covers = f"{one.covers.normalize():f}" if one.covers == one.covers.to_integral_value() else f"{one.covers:.2f}"
    return (
        f"{one.title}{' (advised)' if best else ''}",
        f"{one.nodes} x {one.node_type}",
        f"{covers} of {one.in_use}",
        usd(one.upfront_usd),
        usd(one.monthly_usd),
        usd(one.total_usd),
        usd(one.saved_usd),
        usd(one.owed_usd),
        str(one.break_even_month) if one.break_even_month else "never",
        f"{one.must_run_months} mo.",
        one.provenance,
    )
