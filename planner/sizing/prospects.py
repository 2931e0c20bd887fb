"""From the courses of every design to what the reader is told of them: changes and limits, reserving, the range in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from planner.pricing.money import cents
from planner.sizing.answers import MOST_MONTHS
from planner.sizing.changes import plan_changes
from planner.sizing.growth import likely_growth, path
from planner.sizing.limits import limits_of
from planner.sizing.model.answers import Answers
from planner.sizing.model.bills import Range
from planner.sizing.model.needs import Needs
from planner.sizing.model.result import Sensitivity
from planner.sizing.outlook import Outlook, RangeStatement
from planner.sizing.ranges import Courses, causes_of, month_range
from planner.sizing.reserve import advise
from planner.sizing.reserving import ReserveAdvice
from planner.sizing.uncertainty import CONFIDENCE

_IN_WORDS = f"{CONFIDENCE * 100:g} % of the time"
_NINE = "nine times out of ten" if CONFIDENCE == 0.9 else _IN_WORDS


def outlooks_of(
    courses: Mapping[str, Courses], needs: Needs, answers: Answers, start_month: int
) -> tuple[Outlook, ...]:
    """Of every design that fits now. Today's clusters are looked at for five years, later ones to the horizon."""
    later = path(needs, likely_growth(answers), answers, MOST_MONTHS, start_month)
    return tuple(_outlook(each, course, later, answers) for each, course in courses.items() if course.likely[0].quote)


def _outlook(design_id: str, course: Courses, needs: Sequence[Needs], answers: Answers) -> Outlook:
    months = course.likely[: answers.horizon_months + 1]
    return Outlook(design_id, plan_changes(months, needs, answers), limits_of(months, needs, answers))


def reserves_of(courses: Mapping[str, Courses], answers: Answers) -> tuple[ReserveAdvice, ...]:
    """Of every part of every design that is bought by the node."""
    found = (advise(course.likely, course.low_growth, answers) for course in courses.values())
    return tuple(advice for each in found for advice in each)


def statement_of(course: Courses, moved: Sequence[Sensitivity]) -> RangeStatement | None:
    """The range of the recommended design in one sentence. `moved`: what moves its bill, the widest swing first."""
    monthly = month_range(course)
    if monthly is None:
        return None
    widest = next((one for one in moved if cents(one.low_usd) != cents(one.high_usd)), None)
    return RangeStatement(_sentence(monthly, widest), CONFIDENCE, causes_of(course, slice(0, 1)))


def _sentence(monthly: Range, widest: Sensitivity | None) -> str:
    low, likely, high = (f"${cents(usd):,}" for usd in (monthly.low, monthly.likely, monthly.high))
    start = f"The bill is likely {likely} a month"
    between = f"; {_NINE} between {low} and {high}" if low != high else ", the same over the range of every cause"
    most = "nothing else that was tried moves it"
    if widest is not None:
        ends = sorted((widest.low_usd, widest.high_usd))
        most = f"what moves it most is {_lowered(widest.name)} (${cents(ends[0]):,} to ${cents(ends[1]):,})"
    return f"{start}{between}; {most}."


def _lowered(name: str) -> str:
    """A name inside a sentence; abbreviations stay."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]
