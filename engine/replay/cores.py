"""Cores for players and cores for engines while a closed loop runs.

Both want all they can get then. Where they share cores the kernel lets an engine take the player's as soon as a request
reaches it, so that requests leave one at a time, and engines wake for each: three shards on two cores lose a quarter of their
rate to it. With pipelines there is more to do for each waking, and engines that are more than the cores left to them do better
with all of them, as long as they wait for their turn (SCHED_BATCH); one that has a core to itself loses a twentieth when the
player's threads now and then take it. At a recorded pace cores are idle, and nobody is moved.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

_UNPIPELINED = 1


def split(cores: Sequence[int], players: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The first cores for players, one each but at most half of them, and the others for engines; nothing to divide: none."""
    taken = min(players, len(cores) // 2)
    return tuple(cores[:taken]), tuple(cores[taken:]) if taken else ()


@contextlib.contextmanager
def apart(engines: Iterable[int], players: int, *, depth: int | None) -> Iterator[tuple[int, ...]]:
    """Keep the engine processes off the cores that it answers, which are the players' to use; empty at a recorded pace (no
    `depth`), with a single core, and with pipelines (a `depth` above 1) where engines would have to share the others.

    In closed loop engines that share cores with the players do not take them from those. Afterwards they may again, and have
    all cores. Where the system does not say or allow it, nothing is moved.
    """
    if depth is None or not hasattr(os, "sched_setaffinity"):
        yield ()
        return
    every = sorted(os.sched_getaffinity(0))
    ours, theirs = split(every, players)
    processes = tuple(engines)
    if not ours or (depth > _UNPIPELINED and len(processes) > len(theirs)):
        with _in_turn(processes):
            yield ()
        return
    _confine(processes, theirs)
    try:
        yield ours
    finally:
        _confine(processes, every)


def stay_on(cores: Sequence[int]) -> None:
    """Keep this process on these cores; none: wherever it may be."""
    if cores and hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, cores)


@contextlib.contextmanager
def _in_turn(processes: Sequence[int]) -> Iterator[None]:
    """Have what wakes them not make them run before others have had their turn."""
    _schedule(processes, os.SCHED_BATCH)
    try:
        yield
    finally:
        _schedule(processes, os.SCHED_OTHER)


def _schedule(processes: Sequence[int], policy: int) -> None:
    _each_thread(processes, lambda thread: os.sched_setscheduler(thread, policy, os.sched_param(0)))


def _confine(processes: Sequence[int], cores: Sequence[int]) -> None:
    _each_thread(processes, lambda thread: os.sched_setaffinity(thread, cores))


def _each_thread(processes: Sequence[int], change: Callable[[int], None]) -> None:
    """What has ended is passed over; who watches it says so."""
    for process in processes:
        with contextlib.suppress(OSError):
            for thread in list(Path(f"/proc/{process}/task").iterdir()):
                with contextlib.suppress(OSError):
                    change(int(thread.name))
