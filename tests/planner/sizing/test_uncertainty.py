"""Ranges: seeded, around the plain figure, and honest when a run is too short."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.pricing.quote import quote
from planner.sizing.bill import size
from planner.sizing.model import Answers
from planner.sizing.needs import needs_of
from planner.sizing.uncertainty import range_of, resampled, spreads_of, with_prices
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

EVEN = (100,) * 60
UNEVEN = tuple(50 if second % 20 < 10 else 150 for second in range(120))


def test_an_even_run_has_no_sampling_error() -> None:
    spread = resampled(EVEN)
    assert (spread.low, spread.high, spread.measured) == (1.0, 1.0, True)


def test_an_uneven_run_has_some_and_the_same_each_time() -> None:
    spread = resampled(UNEVEN)
    assert 0.5 < spread.low < 1 < spread.high < 1.5
    assert spread == resampled(UNEVEN)


@pytest.mark.parametrize("seconds", [(), (5,), (100,) * 19, (0,) * 60])
def test_a_run_too_short_to_resample_assumes_20_percent(seconds: tuple[int, ...]) -> None:
    spread = resampled(seconds)
    assert (spread.low, spread.high, spread.measured) == (0.8, 1.2, False)


def test_a_fast_replay_is_cut_into_blocks_of_as_many_recorded_seconds() -> None:
    series = replace(make_measurement().series, operations=(90, 110, 90, 110, 90, 110, 1))
    fast = spreads_of(make_measurement(series=series, speed=5.0, duration_s=6.2))
    assert fast.operations.measured
    assert 0.9 <= fast.operations.low < 1 < fast.operations.high <= 1.1  # the broken last second is left out


@given(st.lists(st.integers(0, 10**6), max_size=400))
def test_a_spread_always_holds_the_plain_rate(seconds: list[int]) -> None:
    spread = resampled(seconds)
    assert 0 <= spread.low <= 1 <= spread.high


def test_derived_prices_move_and_read_ones_stay() -> None:
    derived = quote({"design": "memorydb-redis", "node_type": "db.t4g.small", "data_written_gb": 100})
    # nodes derived: 35.04; data written read: 20.00
    assert with_prices(derived, Decimal("0.10")) == Decimal("35.04") * Decimal("1.1") + 20
    assert with_prices(derived, Decimal(0)) == derived.monthly_usd


@pytest.mark.parametrize("design_id", ["memorydb-valkey", "memorydb-redis", "elasticache-valkey+dynamodb-on-demand"])
def test_low_likely_and_high_are_in_order_and_likely_is_the_bill(design_id: str) -> None:
    answers = Answers(traffic_share=0.01)
    measurement = make_measurement()
    needs = needs_of(measurement, make_items(), make_curve(), answers)
    sized = size(design_id, needs, answers)
    found = range_of(sized, needs, answers, spreads_of(measurement))
    assert found is not None
    assert found.low <= found.likely <= found.high
    assert found.likely == sized.total
