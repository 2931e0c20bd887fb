"""What moves the recommended design's bill most: one input at a time between a low and a high value, the rest as they
are."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from decimal import Decimal

from engine.measurement import Measurement
from engine.traces.hit_rate import HitRatePoint
from engine.traces.items import ItemStatistics
from planner.pricing import money
from planner.sizing.bill import Sized, size
from planner.sizing.growth import high_growth, low_growth, scaled, scaled_data
from planner.sizing.model.answers import Answers
from planner.sizing.model.bills import Range
from planner.sizing.model.needs import HitPoint, Needs, RecordedWrites
from planner.sizing.model.result import Sensitivity
from planner.sizing.needs import CPU_STEP, needs_of
from planner.sizing.price_spread import kinds_of, with_prices
from planner.sizing.uncertainty import high_memory, low_memory
from planner.sizing.words import percent
from planner.sizing.writes import with_recorded

TRAFFIC = 0.2
HIT_RATE = 0.05
PEAK = 1.5


def sensitivities(
    chosen: Sized,
    needs: Needs,
    answers: Answers,
    measurement: Measurement,
    items: ItemStatistics,
    curve: Sequence[HitRatePoint],
    recorded: RecordedWrites | None = None,
    growth: Range | None = None,
) -> tuple[Sensitivity, ...]:
    """Widest swing first. An input at one end of which nothing fits is left out. `growth`: the sum of the months to the
    horizon with low, likely and high growth."""
    if chosen.quote is None:
        return ()

    def steeper(by: float) -> Needs:
        changed = replace(answers, peak_to_average=max(1.0, answers.peak_to_average * by))
        found = with_recorded(needs_of(measurement, items, curve, changed), recorded)
        return replace(found, connections=needs.connections)

    correction = measurement.memory.allocator_correction
    ends = {**_ends(needs), f"Peak to average ÷ and × {PEAK:g}": (steeper(1 / PEAK), steeper(PEAK))}
    if correction.factor:
        low, high = correction.low / correction.factor, correction.high / correction.factor
        ends[f"Allocator factor {correction.low:g} to {correction.high:g}"] = (_held(needs, low), _held(needs, high))
    if "+" in chosen.design_id and needs.hit_curve:
        ends["Hit rate ± 5 points"] = (_hit(needs, -HIT_RATE), _hit(needs, HIT_RATE))
    bills = {
        name: tuple(size(chosen.design_id, end, answers).total for end in (low, high))
        for name, (low, high) in ends.items()
    }
    if kinds_of((chosen.quote,)):
        bills["Prices that were not read"] = tuple(with_prices(chosen.quote, sign) for sign in (-1, 1))
    if growth is not None and growth.likely:
        bills[_growth_name(answers)] = tuple(_with_growth(chosen.quote.monthly_usd, growth))
    found = (_sensitivity(name, *pair) for name, pair in bills.items())
    return tuple(sorted((one for one in found if one is not None), key=_swing, reverse=True))


def _ends(needs: Needs) -> dict[str, tuple[Needs, Needs]]:
    """Needs with one input at its low and at its high end."""
    return {
        "Memory model": (low_memory(needs), high_memory(needs)),
        "Data held ± 20 %": (scaled_data(needs, 1 - TRAFFIC), scaled_data(needs, 1 + TRAFFIC)),
        "Traffic ± 20 %": (_moved(needs, 1 - TRAFFIC), _moved(needs, 1 + TRAFFIC)),
        "CPU calibration, one step down and up": (_dearer(needs, 1 / CPU_STEP), _dearer(needs, CPU_STEP)),
    }


def _growth_name(answers: Answers) -> str:
    low, high = low_growth(answers), high_growth(answers)
    ends = f"{percent(low.traffic, 1)} to {percent(high.traffic, 1)}"
    if (low.data, high.data) != (low.traffic, high.traffic):
        ends = f"data {percent(low.data, 1)} to {percent(high.data, 1)}, traffic {ends}"
    return f"Growth {ends} a month, over the horizon"


def _with_growth(bill: Decimal, growth: Range) -> Iterator[Decimal]:
    """Today's bill in proportion to what low and high growth make of the months to the horizon."""
    for end in (growth.low, growth.high):
        yield money.cents(bill * end / growth.likely)


def _sensitivity(name: str, low: Decimal | None, high: Decimal | None) -> Sensitivity | None:
    if low is None or high is None:
        return None
    return Sensitivity(name, money.cents(low), money.cents(high))


def _swing(one: Sensitivity) -> Decimal:
    return abs(one.high_usd - one.low_usd)


def _moved(needs: Needs, by: float) -> Needs:
    return scaled(needs, operations=by, written=by)


def _held(needs: Needs, by: float) -> Needs:
    """Another memory of the same keys; snapshots and items stay."""
    return replace(needs, memory_bytes=round(needs.memory_bytes * by))


def _dearer(needs: Needs, by: float) -> Needs:
    """Operations that cost a node more or less of its CPU than was measured."""
    return replace(needs, cpu_read_ratio=needs.cpu_read_ratio * by, cpu_write_ratio=needs.cpu_write_ratio * by)


def _hit(needs: Needs, by: float) -> Needs:
    points = (
        HitPoint(point.cache_bytes, point.cache_share, min(1.0, max(0.0, point.hit_rate + by)))
        for point in needs.hit_curve
    )
    return replace(needs, hit_curve=tuple(points))
