"""Who runs on which cores in a closed loop."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from engine.replay import cores


@pytest.mark.parametrize(
    ("players", "ours", "theirs"),
    [(1, (0,), (1, 2, 3)), (2, (0, 1), (2, 3)), (5, (0, 1), (2, 3))],
)
def test_players_get_a_core_each_and_at_most_half(players: int, ours: tuple[int, ...], theirs: tuple[int, ...]) -> None:
    assert cores.split((0, 1, 2, 3), players) == (ours, theirs)


def test_a_single_core_is_everybodys() -> None:
    assert cores.split((3,), 1) == ((), ())


@pytest.mark.parametrize("depth", [1, 16])
def test_an_engine_leaves_the_players_cores_meanwhile_and_may_come_back(depth: int) -> None:
    every = os.sched_getaffinity(0)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as engine:
        with cores.apart([engine.pid], 1, depth=depth) as ours:
            assert os.sched_getaffinity(engine.pid) == (every - set(ours))
            assert len(ours) == min(1, len(every) // 2)
        assert os.sched_getaffinity(engine.pid) == every
        engine.communicate(b"\n")


def test_with_pipelines_engines_that_would_share_cores_have_all_of_them_and_wait_for_their_turn() -> None:
    every = os.sched_getaffinity(0)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as engine:
        with cores.apart([engine.pid] * len(every), 1, depth=16) as ours:
            assert os.sched_getaffinity(engine.pid) == every
            assert os.sched_getscheduler(engine.pid) == os.SCHED_BATCH
            assert ours == ()
        assert os.sched_getscheduler(engine.pid) == os.SCHED_OTHER
        engine.communicate(b"\n")


def test_at_a_recorded_pace_nobody_is_moved() -> None:
    every = os.sched_getaffinity(0)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as engine:
        with cores.apart([engine.pid], 1, depth=None) as ours:
            assert os.sched_getaffinity(engine.pid) == every
            assert os.sched_getscheduler(engine.pid) == os.SCHED_OTHER
            assert ours == ()
        engine.communicate(b"\n")


def test_an_engine_that_has_ended_is_nobodys_business_here() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as engine:
        engine.wait()
    with cores.apart([engine.pid], 1, depth=1) as ours:
        assert len(ours) == min(1, len(os.sched_getaffinity(0)) // 2)
