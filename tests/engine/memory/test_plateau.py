"""Keys with a time to live: live, settled or still growing, by hand."""

from __future__ import annotations

import numpy as np

from engine.measurement import Plateau
from engine.memory.plateau import GROWING, REACHED, plateau, scaled

SECOND = 1_000_000


def found(writes: list[tuple[float, int, float]], recorded_s: float) -> Plateau | None:
    """From (second, key, time to live in seconds)."""
    rows = np.array([(at * SECOND, key, ttl * SECOND) for at, key, ttl in writes], dtype=np.int64).reshape(-1, 3)
    return plateau(rows[:, 0], rows[:, 1], rows[:, 2], round(recorded_s * SECOND))


def test_one_new_key_a_second_for_ten_seconds_each_settles_at_ten() -> None:
    settled = found([(second, second, 10.0) for second in range(100)], 100.0)
    assert settled == Plateau(REACHED, 9, 9, 9, 9, 10.0, 100.0)


def test_keys_that_outlive_the_recording_go_on_as_they_began() -> None:
    growing = found([(second, second, 1_000.0) for second in range(100)], 100.0)
    assert growing is not None
    assert (growing.state, growing.live_keys, growing.plateau_keys) == (GROWING, 100, 1_000)
    assert (growing.low_keys, growing.high_keys) == (100, 1_000)


def test_keys_that_come_back_bend_the_curve() -> None:
    growing = found([(second, second % 50, 1_000.0) for second in range(100)], 100.0)
    assert growing is not None
    assert (growing.live_keys, growing.plateau_keys, growing.high_keys) == (50, 50, 500)


def test_keys_that_were_there_before_are_no_arrivals() -> None:
    standing = [(-1.0, 1_000 + key, 1_000.0) for key in range(40)]
    growing = found([*standing, *((second, second, 1_000.0) for second in range(100))], 100.0)
    assert growing is not None
    assert (growing.live_keys, growing.plateau_keys, growing.high_keys) == (140, 140 + 900, 140 + 900)


def test_a_key_that_is_renewed_counts_once() -> None:
    renewed = found([(second, 1, 5.0) for second in range(20)], 20.0)
    assert renewed is not None and renewed.live_keys == 1


def test_without_a_time_to_live_there_is_no_plateau() -> None:
    assert found([], 100.0) is None
    assert found([(0, 1, 1.0)], 0.0) is None


def test_a_sample_of_keys_is_scaled() -> None:
    half = Plateau(GROWING, 10, 20, 10, 30, 60.0, 30.0)
    assert scaled(half, 4) == Plateau(GROWING, 40, 80, 40, 120, 60.0, 30.0)
