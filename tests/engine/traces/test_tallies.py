"""Counts over a stream are right, and bounded."""

from __future__ import annotations

import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.traces.profiling.model import Bin
from engine.traces.profiling.tallies import (
    CURVE_POINTS,
    I64,
    SIZE_EDGES,
    STEP_POINTS,
    TTL_EDGES,
    Histogram,
    Quantiles,
    RateCurve,
    Steps,
)


def column(*numbers: int) -> I64:
    return np.array(numbers, np.int64)


@given(st.lists(st.integers(0, 10**12), min_size=1, max_size=100), st.integers(1, 99))
def test_quantiles_are_right_to_three_digits(numbers: list[int], cut: int) -> None:
    found = Quantiles()
    for part in (numbers[:cut], numbers[cut:]):
        found.add_many(column(*part))
    assert found.at(0.5) == pytest.approx(statistics.median_low(numbers), rel=0.005)
    assert found.at(0.0) == pytest.approx(min(numbers), rel=0.005)
    assert found.at(1.0) == pytest.approx(max(numbers), rel=0.005)


def test_quantiles_of_nothing_are_not_known() -> None:
    assert Quantiles().at(0.5) is None


def test_numbers_of_three_digits_and_round_ones_are_exact() -> None:
    found = Quantiles()
    found.add_many(column(999, 1_800_000, 86_400_000))
    assert (found.at(0.0), found.at(0.5), found.at(1.0)) == (999, 1_800_000, 86_400_000)


@pytest.mark.parametrize("edges", [SIZE_EDGES, TTL_EDGES])
@given(numbers=st.lists(st.integers(0, 10**12), max_size=60))
def test_a_histogram_puts_every_number_between_the_bounds_of_its_bin(
    edges: tuple[int, ...], numbers: list[int]
) -> None:
    found = Histogram(edges)
    found.add_many(column(*numbers))
    bins = found.bins()
    assert sum(one.count for one in bins) == len(numbers)
    for one in bins:
        assert one.count == sum(one.low <= number and (one.high is None or number <= one.high) for number in numbers)


def test_a_histogram_leaves_out_what_is_empty_at_its_ends_only() -> None:
    found = Histogram(SIZE_EDGES)
    found.add_many(column(1024, 1024, 5))
    assert found.bins()[0] == Bin(4, 7, 1)
    assert found.bins()[-1] == Bin(1024, 2047, 2)
    assert len(found.bins()) == 9


def test_a_curve_has_a_figure_for_every_second() -> None:
    curve = RateCurve()
    curve.add_many(column(0, 10, 999_999))
    curve.add_many(column(999_999, 1_000_000, 4_200_000))
    assert curve.per_second() == (4, 1, 0, 0, 1)
    assert (curve.peak, curve.step_s) == (4, 1)


def test_a_long_curve_has_wider_steps_and_the_same_peak_and_sum() -> None:
    curve = RateCurve()
    seconds = [0, 0, 0, 1, CURVE_POINTS - 1, CURVE_POINTS, 3 * CURVE_POINTS]
    curve.add_many(column(*(second * 1_000_000 for second in seconds)))
    figures = curve.per_second()
    assert curve.step_s == 4
    assert curve.peak == 3
    assert figures[0] == 4 / 4
    assert sum(figures) * curve.step_s == len(seconds)
    assert len(figures) <= CURVE_POINTS


def test_minutes_are_counted_by_kind_and_double_when_there_are_too_many() -> None:
    steps, minute = Steps(2), 60_000_000
    steps.add_many(0, column(0, minute - 1, minute, 3 * minute))
    steps.add_many(1, column(minute))
    assert (steps.step_s, steps.counts(0), steps.counts(1)) == (60, (2, 1, 0, 1), (0, 1, 0, 0))
    steps.add_many(0, column(STEP_POINTS * minute))
    assert (steps.step_s, sum(steps.counts(0)), steps.counts(0)[:2], steps.counts(1)[:2]) == (120, 5, (3, 1), (1, 0))
