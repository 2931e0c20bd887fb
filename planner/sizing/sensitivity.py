"""What moves the recommended design's bill most: one input at a time between a low and a high value, the rest as they
are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from engine.measurement import Measurement
from engine.traces.hit_rate import HitRatePoint
from engine.traces.items import ItemStatistics
from planner.pricing import money
from planner.sizing.bill import Sized, size
from planner.sizing.growth import factor, grown, scaled, scaled_data
from planner.sizing.model import Answers, HitPoint, Needs, RecordedWrites, Sensitivity
from planner.sizing.needs import needs_of
from planner.sizing.uncertainty import DERIVED_SPREAD, high_memory, low_memory, with_prices
from planner.sizing.writes import with_recorded

TRAFFIC = 0.2
HIT_RATE = 0.05
GROWTH = 0.02
PEAK = 1.5


def sensitivities(
    chosen: Sized,
    needs: Needs,
    answers: Answers,
    measurement: Measurement,
    items: ItemStatistics,
    curve: Sequence[HitRatePoint],
    recorded: RecordedWrites | None = None,
) -> tuple[Sensitivity, ...]:
    """Widest swing first. An input at one end of which nothing fits is left out."""
    if chosen.quote is None:
        return ()

    def steeper(by: float) -> Needs:
        changed = replace(answers, peak_to_average=max(1.0, answers.peak_to_average * by))
        found = with_recorded(needs_of(measurement, items, curve, changed), recorded)
        return replace(found, connections=needs.connections)

    ends = {**_ends(needs, answers), f"Peak to average ÷ and × {PEAK:g}": (steeper(1 / PEAK), steeper(PEAK))}
    if "+" in chosen.design_id and needs.hit_curve:
        ends["Hit rate ± 5 points"] = (_hit(needs, -HIT_RATE), _hit(needs, HIT_RATE))
    bills = {
        name: tuple(size(chosen.design_id, end, answers).total for end in (low, high))
        for name, (low, high) in ends.items()
    }
    bills["Derived prices ± 10 %"] = tuple(with_prices(chosen.quote, by) for by in (-DERIVED_SPREAD, DERIVED_SPREAD))
    found = (_sensitivity(name, *pair) for name, pair in bills.items())
    return tuple(sorted((one for one in found if one is not None), key=_swing, reverse=True))


def _ends(needs: Needs, answers: Answers) -> dict[str, tuple[Needs, Needs]]:
    """Needs with one input at its low and at its high end."""
    growth, months = answers.growth_per_month, answers.horizon_months
    return {
        "Memory model": (low_memory(needs), high_memory(needs)),
        "Data held ± 20 %": (scaled_data(needs, 1 - TRAFFIC), scaled_data(needs, 1 + TRAFFIC)),
        "Traffic ± 20 %": (_moved(needs, 1 - TRAFFIC), _moved(needs, 1 + TRAFFIC)),
        f"Growth ± 2 points a month, bill in month {months}": (
            grown(needs, factor(growth - GROWTH, months)),
            grown(needs, factor(growth + GROWTH, months)),
        ),
    }


def _sensitivity(name: str, low: Decimal | None, high: Decimal | None) -> Sensitivity | None:
    if low is None or high is None:
        return None
    return Sensitivity(name, money.cents(low), money.cents(high))


def _swing(one: Sensitivity) -> Decimal:
    return abs(one.high_usd - one.low_usd)


def _moved(needs: Needs, by: float) -> Needs:
    return scaled(needs, operations=by, written=by)


def _hit(needs: Needs, by: float) -> Needs:
    points = (
        HitPoint(point.cache_bytes, point.cache_share, min(1.0, max(0.0, point.hit_rate + by)))
        for point in needs.hit_curve
    )
    return replace(needs, hit_curve=tuple(points))
