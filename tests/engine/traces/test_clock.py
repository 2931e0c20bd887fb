"""Made times keep the recorded order, stay in their second, and join over any cutting of the recording into pieces."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.clock import MAX_SECONDS, SecondSpreader, evenly, evenly_over

pieces = st.lists(st.lists(st.integers(-5, 5), max_size=40), max_size=8)


def _sorted_pieces(lists: list[list[int]], base: int) -> list[np.ndarray]:
    flat = iter(sorted(second + base for piece in lists for second in piece))
    return [np.array([next(flat) for _ in piece], np.int64) for piece in lists]


@settings(max_examples=100, deadline=None)
@given(pieces, st.sampled_from([0, 1_600_000_000, MAX_SECONDS - 10]), st.integers(0, 9))
def test_every_time_stays_in_its_second_and_none_goes_back(lists: list[list[int]], base: int, seed: int) -> None:
    cut, spreader = _sorted_pieces(lists, base), SecondSpreader(seed)
    times = [spreader.spread(piece) for piece in cut]
    if cut:
        whole, seconds = np.concatenate(times), np.concatenate(cut)
        assert np.array_equal(whole // 1_000_000, seconds)
        assert np.all(np.diff(whole) >= 0)


@settings(max_examples=50, deadline=None)
@given(pieces)
def test_the_same_seed_gives_the_same_times(lists: list[list[int]]) -> None:
    cut = _sorted_pieces(lists, 0)
    one, other = SecondSpreader(3), SecondSpreader(3)
    assert [one.spread(piece).tolist() for piece in cut] == [other.spread(piece).tolist() for piece in cut]


@settings(max_examples=50, deadline=None)
@given(pieces)
def test_seconds_that_go_back_are_held_at_the_latest_seen(lists: list[list[int]]) -> None:
    spreader, latest, before = SecondSpreader(), -(10**9), -(10**18)
    for piece in lists:
        for second, time in zip(piece, spreader.spread(np.array(piece, np.int64)).tolist(), strict=True):
            latest = max(latest, second)
            assert time // 1_000_000 == latest and time >= before
            before = time


def test_a_steady_recording_cut_inside_its_seconds_fills_them_evenly() -> None:
    seconds, spreader = np.repeat(np.arange(10), 10_000), SecondSpreader()
    times = np.concatenate([spreader.spread(piece) for piece in np.array_split(seconds, 37)])
    quarters = np.bincount(times[20_000:] % 1_000_000 // 250_000, minlength=4) / 80_000
    assert quarters == pytest.approx([0.25] * 4, abs=0.03)


def test_another_seed_gives_other_times() -> None:
    seconds = np.zeros(100, np.int64)
    assert SecondSpreader(1).spread(seconds).tolist() != SecondSpreader(2).spread(seconds).tolist()


def test_even_spacing_by_rate_and_by_duration() -> None:
    assert evenly(3, 4, rate_per_s=2).tolist() == [2_000_000, 2_500_000, 3_000_000]
    assert evenly_over(5, 0, total=5, duration_s=10).tolist() == [0, 2_000_000, 4_000_000, 6_000_000, 8_000_000]
    assert evenly_over(0, 0, total=0, duration_s=10).tolist() == []


@settings(max_examples=100, deadline=None)
@given(st.integers(1, 5_000), st.floats(1e-3, 1e9), st.integers(1, 4_999))
def test_even_spacing_in_pieces_is_the_whole_in_order_and_ends_in_time(total: int, duration: float, cut: int) -> None:
    cut = min(cut, total)
    whole = evenly_over(total, 0, total=total, duration_s=duration)
    pieces = [
        evenly_over(cut, 0, total=total, duration_s=duration),
        evenly_over(total - cut, cut, total=total, duration_s=duration),
    ]
    assert np.array_equal(whole, np.concatenate(pieces))
    assert np.all(np.diff(whole) >= 0) and whole[0] == 0 and whole[-1] <= duration * 1e6


@pytest.mark.parametrize("bad", [0.0, -1.0, float("inf"), float("nan")])
def test_a_rate_or_duration_that_is_no_positive_number_is_refused(bad: float) -> None:
    with pytest.raises(InputError, match="rate"):
        evenly(1, 0, rate_per_s=bad)
    with pytest.raises(InputError, match="duration"):
        evenly_over(1, 0, total=1, duration_s=bad)
