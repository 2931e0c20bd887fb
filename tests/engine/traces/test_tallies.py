"""Counts over a stream are right, and bounded."""

from __future__ import annotations

import statistics

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.traces import tallies
from engine.traces.tallies import CURVE_POINTS, DistinctKeys, Quantiles, RateCurve


@given(st.lists(st.tuples(st.integers(0, 2), st.binary(max_size=2)), max_size=200), st.integers(1, 50))
def test_distinct_keys_are_counted_once_however_often_the_buffer_is_merged(
    seen: list[tuple[int, bytes]], pending: int
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tallies, "_PENDING_KEYS", pending)
        keys = DistinctKeys()
        for db, key in seen:
            keys.add(db, key, len(key))
    assert keys.count == len(set(seen))
    assert keys.name_bytes == sum(len(key) for _, key in set(seen))
    assert keys.per_family() == {
        size: count for size in range(3) if (count := sum(len(key) == size for _, key in set(seen)))
    }


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=100))
def test_quantiles_are_right_to_three_digits(numbers: list[int]) -> None:
    found = Quantiles()
    for number in numbers:
        found.add(number)
    assert found.at(0.5) == pytest.approx(statistics.median_low(numbers), rel=0.005)
    assert found.at(0.0) == pytest.approx(min(numbers), rel=0.005)
    assert found.at(1.0) == pytest.approx(max(numbers), rel=0.005)


def test_quantiles_of_nothing_are_not_known() -> None:
    assert Quantiles().at(0.5) is None


def test_numbers_of_three_digits_and_round_ones_are_exact() -> None:
    found = Quantiles()
    for number in (999, 1_800_000, 86_400_000):
        found.add(number)
    assert (found.at(0.0), found.at(0.5), found.at(1.0)) == (999, 1_800_000, 86_400_000)


def test_a_curve_has_a_figure_for_every_second() -> None:
    curve = RateCurve()
    for t_us in (0, 10, 999_999, 1_000_000, 4_200_000):
        curve.add(t_us)
    assert curve.per_second() == (3, 1, 0, 0, 1)
    assert (curve.peak, curve.step_s) == (3, 1)


def test_a_long_curve_has_wider_steps_and_the_same_peak_and_sum() -> None:
    curve = RateCurve()
    seconds = [0, 0, 0, 1, CURVE_POINTS - 1, CURVE_POINTS, 3 * CURVE_POINTS]
    for second in seconds:
        curve.add(second * 1_000_000)
    figures = curve.per_second()
    assert curve.step_s == 4
    assert curve.peak == 3
    assert figures[0] == 4 / 4
    assert sum(figures) * curve.step_s == len(seconds)
    assert len(figures) <= CURVE_POINTS
