"""Quantiles with three significant digits, never understated, mergeable."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.stats.histogram import Histogram, bucket_of, highest_in

VALUES = st.lists(st.integers(0, 1 << 45), min_size=1, max_size=200)


def filled(values: list[int]) -> Histogram:
    histogram = Histogram()
    histogram.record(np.array(values, dtype=np.int64))
    return histogram


def test_small_values_are_exact() -> None:
    assert filled([5, 7, 2047]).quantile_ns(0.34) == 7


def test_an_empty_histogram_has_no_quantile() -> None:
    assert Histogram().quantile_ns(0.5) is None


def test_a_clock_that_stepped_back_counts_as_zero() -> None:
    assert filled([-3]).quantile_ns(1.0) == 0


def test_the_maximum_is_exact() -> None:
    assert filled([1, 123_456_789]).max_ns == 123_456_789
    assert filled([1, 123_456_789]).quantile_ns(1.0) == 123_456_789


@given(VALUES, st.floats(0.01, 1.0))
def test_a_quantile_is_the_true_one_or_at_most_a_thousandth_above(values: list[int], quantile: float) -> None:
    rank = max(int(np.ceil(quantile * len(values))), 1)
    true = sorted(values)[rank - 1]
    found = filled(values).quantile_ns(quantile)
    assert found is not None
    assert true <= found <= true + true // 1000 + 1


@given(st.integers(0, (1 << 52) - 1))
def test_every_value_lies_in_its_bucket(value: int) -> None:
    bucket = int(bucket_of(np.array([value], dtype=np.int64))[0])
    assert value <= highest_in(bucket)
    assert bucket == 0 or highest_in(bucket - 1) < value


@given(VALUES, VALUES)
def test_merging_is_recording_both(first: list[int], second: list[int]) -> None:
    merged = filled(first)
    merged.merge(filled(second))
    assert np.array_equal(merged.counts, filled(first + second).counts)
    assert merged.max_ns == max(first + second)
