"""The range around a bill, for the month, the first year and the horizon, at a stated confidence.

Each cause is taken to the ends of its own interval while the rest stays likely: sampling of the rates, the memory model,
growth, and each kind of price that was not read. The causes have nothing to do with each other, so their effects add up as
the root of the sum of squares, upwards and downwards apart; taking all at their worst at once would overstate the range.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from planner.pricing import money
from planner.sizing import search
from planner.sizing.bill import Sized
from planner.sizing.growth import high_growth, likely_growth, low_growth, path
from planner.sizing.model.answers import Answers
from planner.sizing.model.bills import Range
from planner.sizing.model.needs import Needs
from planner.sizing.outlook import RangeCause
from planner.sizing.price_spread import swings
from planner.sizing.reserve import LONGEST_TERM_MONTHS
from planner.sizing.uncertainty import Spreads, high_memory, high_rates, low_memory, low_rates

YEAR = 12
SAMPLING, MEMORY, GROWTH = "Sampling of the recording", "Memory model", "Growth"
LIKELY = "likely"
_LOW, _HIGH = 0, 1

Months = tuple[Sized, ...]


@dataclass(frozen=True, slots=True)
class Courses:
    """One design month by month from now: likely, and with one cause at its low and high end."""

    likely: Months
    ends: Mapping[str, tuple[Months, Months]]

    @property
    def low_growth(self) -> Months:
        """To the end of the longest term that can be reserved."""
        return self.ends[GROWTH][_LOW]


def courses_of(needs: Needs, answers: Answers, spreads: Spreads, start_month: int) -> Mapping[str, Courses]:
    """Every design along every course, in one search: to the horizon, but at least a year."""
    months = max(YEAR, answers.horizon_months)
    likely = likely_growth(answers)

    def along(changed: Needs) -> tuple[Needs, ...]:
        return path(changed, likely, answers, months, start_month)

    needed: dict[tuple[str, int], tuple[Needs, ...]] = {
        (LIKELY, _LOW): along(needs),
        (SAMPLING, _LOW): along(low_rates(needs, spreads)),
        (SAMPLING, _HIGH): along(high_rates(needs, spreads)),
        (MEMORY, _LOW): along(low_memory(needs)),
        (MEMORY, _HIGH): along(high_memory(needs)),
        (GROWTH, _LOW): path(needs, low_growth(answers), answers, max(months, LONGEST_TERM_MONTHS), start_month),
        (GROWTH, _HIGH): path(needs, high_growth(answers), answers, months, start_month),
    }
    sized = search.months(answers.designs, [one for each in needed.values() for one in each], answers)
    return {design_id: _split(found, needed) for design_id, found in sized.items()}


def _split(found: Months, needed: Mapping[tuple[str, int], tuple[Needs, ...]]) -> Courses:
    courses, start = {}, 0
    for key, needs in needed.items():
        courses[key] = found[start : start + len(needs)]
        start += len(needs)
    ends = {name: (courses[name, _LOW], courses[name, _HIGH]) for name in (SAMPLING, MEMORY, GROWTH)}
    return Courses(courses[LIKELY, _LOW], ends)


def month_range(courses: Courses) -> Range | None:
    """Today's bill; None when nothing fits. `likely` is exact."""
    if courses.likely[0].quote is None:
        return None
    likely, found = courses.likely[0].quote.monthly_usd, _combined(courses, slice(0, 1))
    return Range(min(found.low, likely), likely, max(found.high, likely))


def total_range(courses: Courses, months: int) -> Range | None:
    """The sum of the bills, each in cents, of the months 1 to `months`; those in which nothing fits are left out."""
    within = slice(1, months + 1)
    return _combined(courses, within) if any(one.quote for one in courses.likely[within]) else None


def growth_range(courses: Courses, months: int) -> Range | None:
    """The sums of the months to the horizon with low, likely and high growth, all else likely."""
    within = slice(1, months + 1)
    likely = courses.likely[within]
    if not any(one.quote for one in likely):
        return None
    low, high = (_total(end[within], likely) for end in courses.ends[GROWTH])
    return Range(low, _total(likely, likely), high)


def causes_of(courses: Courses, months: slice) -> tuple[RangeCause, ...]:
    """What each cause alone takes off and adds to the bills of these months, the widest first; those that do neither are left
    out."""
    likely = courses.likely[months]
    base = _total(likely, likely)
    found = []
    for name, ends in courses.ends.items():
        totals = [_total(end[months], likely) for end in ends]
        low, high = min(*totals, base), max(*totals, base)
        found.append(RangeCause(name, money.minus(base, low), money.minus(high, base)))
    for name, usd in _price_swings(likely).items():
        found.append(RangeCause(f"Prices: {name}", usd, usd))
    moving = (one for one in found if one.down_usd or one.up_usd)
    return tuple(sorted(moving, key=lambda one: (-(one.down_usd + one.up_usd), one.name)))


def _combined(courses: Courses, months: slice) -> Range:
    likely = courses.likely[months]
    base, causes = _total(likely, likely), causes_of(courses, months)
    low = money.minus(base, _root(cause.down_usd for cause in causes))
    return Range(max(low, Decimal(0)), base, money.total((base, _root(cause.up_usd for cause in causes))))


def _root(parts: Iterable[Decimal]) -> Decimal:
    """Root of the sum of squares, in cents."""
    return money.cents(money.total(money.product(part, part) for part in parts).sqrt())


def _total(months: Sequence[Sized], likely: Sequence[Sized]) -> Decimal:
    """Sum of the bills in cents. Where a month fits nothing, the likely one's; where that fits nothing either, none."""
    bills = (_bill(one) or _bill(base) for one, base in zip(months, likely, strict=True) if base.quote is not None)
    return money.total(bill for bill in bills if bill is not None)


def _bill(sized: Sized) -> Decimal | None:
    return None if sized.total is None else money.cents(sized.total)


def _price_swings(months: Sequence[Sized]) -> Mapping[str, Decimal]:
    found: dict[str, Decimal] = {}
    for one in months:
        for kind, usd in swings(one.quote).items() if one.quote else ():
            found[kind.name] = money.total((found.get(kind.name, Decimal(0)), usd))
    return {name: money.cents(usd) for name, usd in found.items()}
