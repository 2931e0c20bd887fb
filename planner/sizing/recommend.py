"""From a measurement to the whole answer: needs, every chosen design sized and priced, growth, range, and one
recommendation.

Pure and deterministic: the same inputs and price lists give the same cents. `as_of` is the day of the estimate,
against which the age of prices is judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from engine.measurement import Measurement
from engine.traces.hit_rate import HitRatePoint
from engine.traces.items import ItemStatistics
from planner.pricing import designs, lists, money
from planner.pricing.terms import ON_DEMAND_TERM
from planner.sizing.assumptions import assumptions_of
from planner.sizing.bill import Sized, database_bill
from planner.sizing.carrying import carried
from planner.sizing.flags import flags_of
from planner.sizing.frontier import frontier
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import CarriedNode, FrontierPoint
from planner.sizing.model.needs import Needs, RecordedWrites
from planner.sizing.model.result import DesignEstimate, EstimateResult, GrowthPoint
from planner.sizing.needs import burst_factor, connections_of, needs_of
from planner.sizing.nodes import SERVICES, service_of
from planner.sizing.price_lists import price_lists_used
from planner.sizing.prospects import outlooks_of, reserves_of, statement_of
from planner.sizing.questions import questions_of
from planner.sizing.questions.case import Case
from planner.sizing.ranges import YEAR, Courses, courses_of, growth_range, month_range, total_range
from planner.sizing.sensitivity import sensitivities
from planner.sizing.uncertainty import spreads_of
from planner.sizing.verdict import recommend
from planner.sizing.writes import burst_flags, recorded_assumption, with_recorded


@lists.steady
def estimate(
    *,
    measurement: Measurement,
    items: ItemStatistics,
    hit_curve: Sequence[HitRatePoint],
    answers: Answers,
    as_of: date,
    key_sampling: float = 1.0,
    recorded_writes: RecordedWrites | None = None,
    connections: int | None = None,
) -> EstimateResult:
    """Size and price every design of the answers. `key_sampling`: the share of keys that the recording holds (0 to 1);
    everything measured is divided by it, but not the `connections` recorded (None: not told apart). `recorded_writes`: data
    written by the real system's own metrics, which then stands in for the replay's. Raises InputError for a design or region
    that cannot be priced."""
    whole = replace(answers, traffic_share=answers.traffic_share * key_sampling)
    found = with_recorded(needs_of(measurement, items, hit_curve, whole), recorded_writes)
    needs = replace(found, connections=connections_of(connections, answers))
    spreads = spreads_of(measurement)
    courses = courses_of(needs, answers, spreads, as_of.month)
    monthly = {each: course.likely[: answers.horizon_months + 1] for each, course in courses.items()}
    now = {design_id: months[0] for design_id, months in monthly.items()}
    burst = burst_factor(measurement)
    estimates = (
        _design(
            one,
            courses[one.design_id],
            answers,
            (*flags_of(one, answers, burst, monthly[one.design_id], as_of), *burst_flags(one.plan, _cap(one), needs)),
            frontier(one.design_id, needs, answers),
        )
        for one in now.values()
    )
    recommended = recommend(tuple(now.values()))
    chosen = now.get(recommended.id or "")
    course = courses.get(recommended.id or "")
    totals = growth_range(course, answers.horizon_months) if course else None
    moved = (
        sensitivities(chosen, needs, whole, measurement, items, hit_curve, recorded_writes, totals) if chosen else ()
    )
    return EstimateResult(
        answers=answers,
        needs=needs,
        designs=tuple(estimates),
        recommended=recommended,
        growth=_growth(monthly),
        sensitivity=moved,
        assumptions=(
            *assumptions_of(answers, needs, measurement, spreads, key_sampling),
            *recorded_assumption(recorded_writes),
        ),
        price_lists=price_lists_used(answers, tuple(now.values())),
        carrying=_carrying(needs, answers),
        database_bills={each: _database_bills(each, needs, answers) for each in answers.designs if "+" in each},
        outlooks=outlooks_of(courses, needs, answers, as_of.month),
        reserves=reserves_of(courses, answers) if _is_on_demand(answers) else (),
        range=statement_of(course, moved) if course else None,
        questions=questions_of(Case(needs, answers, measurement, now, recommended.id)),
    )


def _is_on_demand(answers: Answers) -> bool:
    """Whether the bills are what a reservation is compared with."""
    return answers.term == ON_DEMAND_TERM and answers.hours_per_month == money.HOURS_PER_MONTH


def _database_bills(design_id: str, needs: Needs, answers: Answers) -> tuple[Decimal | None, ...]:
    return tuple(database_bill(design_id, needs, answers, point.hit_rate) for point in needs.hit_curve)


def _cap(sized: Sized) -> int | None:
    """Bytes a second that one shard of the design may write, None where no limit is published."""
    part = designs.find(sized.design_id)[0]
    return service_of(part.id, part.service).replication_cap if part.service in SERVICES else None


def _carrying(needs: Needs, answers: Answers) -> tuple[CarriedNode, ...]:
    parts = (part for design_id in answers.designs for part in designs.find(design_id))
    services = dict.fromkeys(part.service for part in parts if part.service in SERVICES)
    return tuple(node for name in services for node in carried(needs, SERVICES[name], answers))


def _growth(monthly: Mapping[str, tuple[Sized, ...]]) -> tuple[GrowthPoint, ...]:
    rows = zip(*monthly.values(), strict=True)
    return tuple(
        GrowthPoint(month, {one.design_id: _cents(one.total) for one in row}) for month, row in enumerate(rows)
    )


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else money.cents(amount)


def _design(
    sized: Sized, courses: Courses, answers: Answers, flags: tuple[str, ...], points: tuple[FrontierPoint, ...]
) -> DesignEstimate:
    return DesignEstimate(
        id=sized.design_id,
        title=designs.title(sized.design_id),
        plan=sized.plan,
        monthly_usd=month_range(courses),
        lines=sized.quote.lines if sized.quote else (),
        durability=designs.durability(sized.design_id),
        read_latency_us=designs.read_latency_us(sized.design_id),
        write_latency_us=designs.write_latency_us(sized.design_id),
        flags=flags,
        missing=sized.quote.missing if sized.quote else (),
        frontier=points,
        yearly_usd=total_range(courses, YEAR),
        horizon_usd=total_range(courses, answers.horizon_months),
    )
