"""The other clock is where the bounds say, whatever the ways took."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.replay.remote.clock import Offset, Round, offset

ways = st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 10**7), st.integers(0, 10**7)), min_size=1, max_size=30)


def test_a_round_with_equal_ways_tells_the_offset() -> None:
    assert offset([Round(left_ns=100, read_ns=1150, came_ns=200)]) == Offset(1000, 50)


def test_rounds_with_a_quick_way_there_and_a_quick_way_back_bound_it_from_both_sides() -> None:
    there = Round(left_ns=0, read_ns=1002, came_ns=500)  # at most 1002
    back = Round(left_ns=1000, read_ns=2496, came_ns=1500)  # at least 996
    assert offset([there, back]) == Offset(999, 3)


def test_when_a_clock_was_moved_the_quickest_round_decides() -> None:
    before = Round(left_ns=0, read_ns=1020, came_ns=40)
    after = Round(left_ns=1000, read_ns=9010, came_ns=1020)
    assert offset([before, after]) == Offset(8000, 10)


@given(st.integers(-(10**15), 10**15), ways)
def test_the_true_offset_is_always_within_the_uncertainty(true_ns: int, ways: list[tuple[int, int, int]]) -> None:
    rounds = [Round(at, at + there + true_ns, at + there + back) for at, there, back in ways]
    found = offset(rounds)
    assert abs(found.ns - true_ns) <= found.uncertainty_ns
    assert found.uncertainty_ns <= min(there + back for _, there, back in ways) // 2 + 1
