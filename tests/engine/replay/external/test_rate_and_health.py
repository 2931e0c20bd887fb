"""The limit on the rate holds in every stretch of time, and trouble ends a replay."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.replay.external.health import MOST_TROUBLE, SILENCE_NS, Health
from engine.replay.external.live import require_room
from engine.replay.external.observing import State
from engine.replay.external.rate import Bucket, paced

SECOND = 1_000_000_000


def times(values: list[int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return np.array(values, dtype=np.int64)


def test_a_burst_is_stretched_and_what_comes_later_is_not_moved() -> None:
    due = paced(times([0, 0, 0, 10 * SECOND]), times([1, 1, 1, 1]), 2.0)
    assert due.tolist() == [0, SECOND // 2, SECOND, 10 * SECOND]


def test_a_transaction_takes_the_time_of_all_its_commands() -> None:
    assert paced(times([0, 0]), times([5, 1]), 10.0).tolist() == [0, SECOND // 2]


@given(
    st.lists(st.tuples(st.integers(0, 5 * SECOND), st.integers(1, 9)), max_size=50), st.sampled_from([1.0, 7.0, 1e4])
)
def test_a_paced_plan_is_in_order_never_early_and_within_the_rate(units: list[tuple[int, int]], per_s: float) -> None:
    due = times(sorted(at for at, _ in units))
    operations = times([count for _, count in units])
    found = paced(due, operations, per_s)
    assert (found >= due).all()
    assert (np.diff(found) + 1 >= operations[:-1] * (SECOND / per_s)).all()


@given(st.lists(st.integers(0, SECOND), min_size=1, max_size=60))
def test_the_bucket_gives_no_more_than_the_limit_after_any_pause(pauses: list[int]) -> None:
    bucket, now, taken = Bucket(100.0), 0, []
    for pause in pauses:
        now += pause
        room = bucket.room(now)
        bucket.take(room)
        taken.append((now, room))
    for first in range(len(taken)):
        since = taken[first][0]
        assert sum(count for _, count in taken[first:]) <= (now - since) * 100 / SECOND + 5 + 1e-6


def test_a_unit_larger_than_the_room_is_paid_for_before_the_next() -> None:
    bucket = Bucket(10.0)
    assert bucket.room(0) == 1
    bucket.take(11)
    assert bucket.room(SECOND) == 0
    assert bucket.room(SECOND + SECOND // 10) == 1


def test_errors_of_the_workload_are_no_trouble_and_those_of_the_server_are() -> None:
    health = Health()
    for _ in range(1000):
        health.error("WRONGTYPE")
    assert health.verdict(0, waiting=False) == ""
    for _ in range(MOST_TROUBLE):
        health.error("OOM")
    assert "20 OOM" in health.verdict(0, waiting=False)


def test_silence_ends_it_only_while_something_is_awaited() -> None:
    health = Health()
    assert health.verdict(10 * SILENCE_NS, waiting=False) == ""
    assert health.verdict(11 * SILENCE_NS, waiting=True) == ""
    assert "not answered" in health.verdict(11 * SILENCE_NS + 1, waiting=True)


def state(free: int | None) -> State:
    return State(used_bytes=0, free_bytes=free, keys=0, offset=0, main_thread_us=None, calls=None)


def test_data_that_could_make_the_servers_evict_is_refused() -> None:
    require_room([state(1000), state(1000)], 1000)
    require_room([state(None)], 1 << 60)  # no limit is set there
    with pytest.raises(InputError, match=r"at most half of what is free.*evict other keys"):
        require_room([state(1000), state(1000)], 1001)
