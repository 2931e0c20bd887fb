"""When the offsets are read: at a moment near which nothing is due to expire."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.replay.settle import LONGEST_NS, quiet_moment

S = 1_000_000_000


def deadlines(*seconds: float) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array([round(each * S) for each in seconds], dtype=np.int64)


def test_without_expiry_it_is_three_tenths_of_a_second_after_the_end() -> None:
    assert quiet_moment(deadlines(), 10 * S) == 10.3 * S


def test_an_expiry_close_by_moves_it_behind() -> None:
    assert quiet_moment(deadlines(10.4), 10 * S) == 10.9 * S


def test_of_many_expiries_it_takes_the_widest_gap() -> None:
    every_tenth = [10 + tenth / 10 for tenth in range(60) if tenth not in (30, 31, 32)]
    moment = quiet_moment(deadlines(*every_tenth), 10 * S)
    assert 12.9 * S < moment < 13.3 * S


@given(st.lists(st.floats(0, 20), max_size=50))
def test_it_always_lies_in_the_five_seconds_after_the_end(times: list[float]) -> None:
    moment = quiet_moment(np.sort(deadlines(*times)), 10 * S)
    assert 10 * S < moment < 10 * S + LONGEST_NS
