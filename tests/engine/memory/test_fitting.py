"""A line through seconds of a run."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.memory.fitting import bytes_per_key


def test_an_exact_line_has_its_slope_and_no_error() -> None:
    keys = list(range(1_000, 2_000, 100))
    found = bytes_per_key(keys, [5_000 + 120 * count for count in keys])
    assert found is not None
    assert found.bytes_per_key == pytest.approx(120)
    assert found.standard_error_bytes == pytest.approx(0, abs=1e-6)
    assert (found.points, found.fewest_keys, found.most_keys) == (10, 1_000, 1_900)


def test_too_few_seconds_or_keys_that_hardly_move_give_no_line() -> None:
    assert bytes_per_key([1, 2, 3], [1, 2, 3]) is None
    assert bytes_per_key([1_000 + second % 2 for second in range(60)], [0] * 60) is None
    assert bytes_per_key([0] * 60, [7] * 60) is None


def test_seconds_that_resemble_each_other_widen_the_error() -> None:
    keys = list(range(1_000, 3_000, 20))
    random = Random(1)
    noise = [random.gauss(0, 1_000) for _ in keys]
    drifting = [sum(noise[max(second - 9, 0) : second + 1]) / 10**0.5 for second in range(len(keys))]
    independent = bytes_per_key(keys, [100 * count + each for count, each in zip(keys, noise, strict=True)])
    resembling = bytes_per_key(keys, [100 * count + each for count, each in zip(keys, drifting, strict=True)])
    assert independent is not None and resembling is not None
    assert resembling.standard_error_bytes > 1.5 * independent.standard_error_bytes


@given(st.integers(0, 1_000), st.floats(1, 5_000))
def test_the_truth_lies_within_five_standard_errors(seed: int, slope: float) -> None:
    random = Random(seed)
    keys = list(range(500, 5_000, 50))
    found = bytes_per_key(keys, [slope * count + random.gauss(0, 3_000) for count in keys])
    assert found is not None
    assert abs(found.bytes_per_key - slope) < 5 * found.standard_error_bytes
