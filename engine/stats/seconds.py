"""A run second by second, from a record of any length: memory depends on what was due in the busiest second.

Units are recorded in the order of the plan, which is nearly, in closed loop not exactly, the order in which they were due.
So a second is whole when no later block holds an answer of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from engine.stats.histogram import IntArray
from engine.stats.summary import Recorded, Records

NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Second:
    """One second of replay: units answered, and response times of those due in it (µs, None without any)."""

    operations: int
    response_p50_us: float | None
    response_p99_us: float | None


def per_second(recorded: Recorded, duration_ns: int) -> tuple[Second, ...]:
    """The run second by second, by the time a unit was due; what was due after the last one counts there."""
    last = max(-(-duration_ns // NS_PER_S), 1) - 1
    found: list[Second] = []
    answered = _Answered()
    for block, closed in zip(recorded.blocks(), _closed_after(recorded, last), strict=True):
        answered.add(block, last)
        found += answered.take(len(found), closed)
    return (*found, *answered.take(len(found), last + 1))


def _closed_after(recorded: Recorded, last: int) -> Iterator[int]:
    """After each block, the first second that a later block has an answer of: those before it are whole."""
    none = last + 1
    firsts = [min(_first_second(block, none), last) for block in recorded.blocks()]
    following = [*firsts[1:], last]
    return iter(np.minimum.accumulate(following[::-1])[::-1].tolist() if firsts else ())


def _first_second(block: Records, none: int) -> int:
    due = block.due_ns[block.done_ns > 0]
    return int(due.min()) // NS_PER_S if len(due) else none


class _Answered:
    """The answered units of the seconds that are not whole yet, in order of the second."""

    def __init__(self) -> None:
        self._second: IntArray = np.zeros(0, dtype=np.int64)
        self._time_ns: IntArray = np.zeros(0, dtype=np.int64)
        self._timed: npt.NDArray[np.bool_] = np.zeros(0, dtype=np.bool_)

    def add(self, block: Records, last: int) -> None:
        answered = block.done_ns > 0
        due, done = block.due_ns[answered], block.done_ns[answered]
        second = np.concatenate((self._second, np.minimum(due // NS_PER_S, last)))
        order = np.argsort(second, kind="stable")
        self._second = second[order]
        self._time_ns = np.concatenate((self._time_ns, done - due))[order]
        self._timed = np.concatenate((self._timed, block.timed[answered]))[order]

    def take(self, first: int, end: int) -> list[Second]:
        """The seconds from `first` up to (not with) `end`, which are whole; they are let go."""
        if end <= first:
            return []
        edges = np.searchsorted(self._second, np.arange(first, end + 1)).tolist()
        found = [_second(self._time_ns[a:b], self._timed[a:b]) for a, b in pairwise(edges)]
        rest = slice(edges[-1], None)  # copies, so that what is over is not kept for the sake of what is not
        self._second, self._time_ns = self._second[rest].copy(), self._time_ns[rest].copy()
        self._timed = self._timed[rest].copy()
        return found


def _second(times_ns: IntArray, timed: npt.NDArray[np.bool_]) -> Second:
    times = times_ns[timed]
    if not len(times):
        return Second(len(times_ns), None, None)
    p50, p99 = np.quantile(times, (0.5, 0.99), method="inverted_cdf")
    return Second(len(times_ns), float(p50) / 1000, float(p99) / 1000)
