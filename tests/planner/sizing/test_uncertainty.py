"""Spreads: seeded, around the plain figure, and honest when a run is too short."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.measurement import MemoryFit
from planner.sizing.memory_error import with_fit_error
from planner.sizing.uncertainty import resampled, resampled_together, spreads_of
from tests.planner.sizing.factories import make_measurement

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


def test_operations_and_bytes_are_drawn_together() -> None:
    bytes_too = tuple(13 * count for count in UNEVEN)  # as uneven, in step
    found = resampled_together(UNEVEN, bytes_too)
    assert found.written.low == pytest.approx(found.operations.low)
    assert found.written.high == pytest.approx(found.operations.high)
    against = tuple(200 - count for count in UNEVEN)  # many bytes when there are few operations
    opposed = resampled_together(UNEVEN, against)
    assert opposed.operations.high - opposed.operations.low < (found.operations.high - found.operations.low) / 2


def test_a_run_without_writes_has_a_spread_of_operations_all_the_same() -> None:
    found = resampled_together(UNEVEN, ())
    assert found.operations == resampled(UNEVEN)
    assert not found.written.measured


def test_a_fit_widens_the_memory_by_1_645_standard_errors() -> None:
    fit = MemoryFit(bytes_per_key=200.0, standard_error_bytes=4.0, points=60, fewest_keys=1_000, most_keys=100_000)
    # 1.645 x 4 / 200 = 3.29 % of 1,000,000; extrapolation left 2 % open: root of 3.29^2 + 2^2 = 3.850 %
    low, high = with_fit_error(1_000_000, 980_000, 1_020_000, fit)
    assert (1_000_000 - low, high - 1_000_000) == pytest.approx((38_502, 38_502), abs=1)
    assert with_fit_error(1_000_000, 980_000, 1_020_000, None) == (980_000, 1_020_000)
