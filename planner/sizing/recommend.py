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
from planner.pricing import designs, money
from planner.pricing.catalogue import dates, price_list
from planner.pricing.designs.transfer import PRICE_FILE as TRANSFER_FILE
from planner.sizing import search
from planner.sizing.answers import MOST_MONTHS
from planner.sizing.assumptions import assumptions_of
from planner.sizing.bill import Sized, database_bill
from planner.sizing.flags import flags_of
from planner.sizing.growth import factor, grown
from planner.sizing.model import Answers, DesignEstimate, EstimateResult, GrowthPoint, Needs, PriceListUse, Range
from planner.sizing.needs import burst_factor, needs_of
from planner.sizing.questions import questions_of
from planner.sizing.questions.case import Case
from planner.sizing.sensitivity import sensitivities
from planner.sizing.uncertainty import range_of, spreads_of
from planner.sizing.verdict import recommend


def estimate(
    *,
    measurement: Measurement,
    items: ItemStatistics,
    hit_curve: Sequence[HitRatePoint],
    answers: Answers,
    as_of: date,
    key_sampling: float = 1.0,
) -> EstimateResult:
    """Size and price every design of the answers. `key_sampling`: the share of keys that the recording holds (0 to 1);
    everything measured is divided by it. Raises InputError for a design or region that cannot be priced."""
    whole = replace(answers, traffic_share=answers.traffic_share * key_sampling)
    needs = needs_of(measurement, items, hit_curve, whole)
    spreads = spreads_of(measurement)
    monthly = _by_month(needs, answers)
    now = {design_id: months[0] for design_id, months in monthly.items()}
    burst = burst_factor(measurement)
    estimates = (
        _design(
            one, range_of(one, needs, answers, spreads), flags_of(one, answers, burst, monthly[one.design_id], as_of)
        )
        for one in now.values()
    )
    recommended = recommend(tuple(now.values()))
    chosen = now.get(recommended.id or "")
    return EstimateResult(
        answers=answers,
        needs=needs,
        designs=tuple(estimates),
        recommended=recommended,
        growth=_growth(monthly),
        sensitivity=sensitivities(chosen, needs, whole, measurement, items, hit_curve) if chosen else (),
        assumptions=assumptions_of(answers, needs, measurement, spreads, key_sampling),
        price_lists=_price_lists(answers, tuple(now.values())),
        database_bills={each: _database_bills(each, needs, answers) for each in answers.designs if "+" in each},
        questions=questions_of(Case(needs, answers, measurement, now, recommended.id)),
    )


def _database_bills(design_id: str, needs: Needs, answers: Answers) -> tuple[Decimal | None, ...]:
    return tuple(database_bill(design_id, needs, answers, point.hit_rate) for point in needs.hit_curve)


def _by_month(needs: Needs, answers: Answers) -> Mapping[str, tuple[Sized, ...]]:
    """Every design sized anew for every month from now to the horizon."""
    last = min(answers.horizon_months, MOST_MONTHS)
    growth = answers.growth_per_month
    monthly = tuple(grown(needs, factor(growth, month)) for month in range(last + 1))
    return search.months(answers.designs, monthly, answers)


def _growth(monthly: Mapping[str, tuple[Sized, ...]]) -> tuple[GrowthPoint, ...]:
    rows = zip(*monthly.values(), strict=True)
    return tuple(
        GrowthPoint(month, {one.design_id: _cents(one.total) for one in row}) for month, row in enumerate(rows)
    )


def _cents(amount: Decimal | None) -> Decimal | None:
    return None if amount is None else money.cents(amount)


def _design(sized: Sized, monthly: Range | None, flags: tuple[str, ...]) -> DesignEstimate:
    return DesignEstimate(
        id=sized.design_id,
        title=designs.title(sized.design_id),
        plan=sized.plan,
        monthly_usd=monthly,
        lines=sized.quote.lines if sized.quote else (),
        durability=designs.durability(sized.design_id),
        read_latency_us=designs.read_latency_us(sized.design_id),
        write_latency_us=designs.write_latency_us(sized.design_id),
        flags=flags,
        missing=sized.quote.missing if sized.quote else (),
    )


def _price_lists(answers: Answers, now: Sequence[Sized]) -> tuple[PriceListUse, ...]:
    names = [name for design_id in answers.designs for part in designs.find(design_id) for name in part.price_files]
    lines = (line for one in now if one.quote for line in one.quote.lines)
    names += [TRANSFER_FILE] if any(line.name.startswith("Transfer") for line in lines) else []
    return tuple(_use(name, answers.region) for name in dict.fromkeys(names))


def _use(name: str, region: str) -> PriceListUse:
    oldest, newest = dates(name, region)
    return PriceListUse(name=name, version=price_list(name).version, oldest=oldest, newest=newest)
