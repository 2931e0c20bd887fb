"""Counting in bounded memory over a stream of columns: quantiles, histograms, operations over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from engine.traces.profiling.model import Bin

I64 = NDArray[np.int64]

CURVE_POINTS = 3600
STEP_POINTS = 1440
SIZE_EDGES = (0, *(1 << power for power in range(31)))  # bytes: 0, 1, 2 to 3, 4 to 7 …
_S, _MIN, _H, _DAY = 1000, 60_000, 3_600_000, 86_400_000
_DAYS = tuple(days * _DAY for days in (1, 2, 7, 14, 30, 90, 365))
TTL_EDGES = (
    0,
    10,
    100,
    _S,
    5 * _S,
    10 * _S,
    30 * _S,
    _MIN,
    5 * _MIN,
    10 * _MIN,
    30 * _MIN,
    _H,
    6 * _H,
    12 * _H,
    *_DAYS,
)
_POWERS = 10 ** np.arange(19, dtype=np.int64)


class Quantiles:
    """Quantiles of non-negative integers to `digits` significant digits; a few thousand counters at most."""

    def __init__(self, digits: int = 3) -> None:
        self.count = 0
        self._digits = digits
        self._counts: Counter[int] = Counter()

    def add_many(self, numbers: I64) -> None:
        """Count a column."""
        self.count += len(numbers)
        values, counts = np.unique(rounded(numbers, self._digits), return_counts=True)
        for value, count in zip(values.tolist(), counts.tolist(), strict=True):
            self._counts[value] += count

    def at(self, share: float) -> int | None:
        """The smallest number that at least this share of the numbers does not exceed; None when there are none."""
        return quantile(self._counts, share)


def quantile(counts: Counter[int], share: float) -> int | None:
    """The smallest number that at least this share of the counted numbers does not exceed."""
    total, seen = counts.total(), 0
    for number in sorted(counts):
        seen += counts[number]
        if seen >= share * total:
            return number
    return None


def rounded(numbers: I64, digits: int) -> I64:
    """Each number to so many significant digits, half up."""
    lengths = np.searchsorted(_POWERS, numbers, side="right")
    units = _POWERS[np.maximum(lengths - digits, 0)]
    return (numbers + units // 2) // units * units


class Histogram:
    """Exact counts of non-negative integers between fixed edges; the last bin is open."""

    def __init__(self, edges: Sequence[int]) -> None:
        self._edges = np.array(edges, np.int64)
        self._counts = np.zeros(len(edges), np.int64)

    def add_many(self, numbers: I64) -> None:
        """Count a column."""
        bins = np.searchsorted(self._edges, numbers, side="right") - 1
        self._counts += np.bincount(bins, minlength=len(self._edges))

    def bins(self) -> tuple[Bin, ...]:
        """From the first bin that holds something to the last."""
        used = np.flatnonzero(self._counts)
        if not len(used):
            return ()
        highs = [high - 1 for _, high in pairwise(self._edges.tolist())]
        rows = list(zip(self._edges.tolist(), [*highs, None], self._counts.tolist(), strict=True))
        return tuple(Bin(*row) for row in rows[used[0] : used[-1] + 1])


class RateCurve:
    """Operations per second of a stream in time order, and its busiest second.

    The curve starts in steps of one second; a step doubles whenever there would be more than `CURVE_POINTS`.
    """

    def __init__(self) -> None:
        self.step_s = 1
        self._peak = 0
        self._counts: list[int] = []
        self._second = -1
        self._in_second = 0

    def add_many(self, t_us: I64) -> None:
        """Count a column of times, in order."""
        seconds = t_us // 1_000_000
        starts = np.flatnonzero(np.diff(seconds, prepend=-1))
        counts = np.diff(starts, append=len(seconds))
        for second, count in zip(seconds[starts].tolist(), counts.tolist(), strict=True):
            self._add(second, count)

    @property
    def peak(self) -> int:
        """Operations of the busiest second."""
        self._close_second()
        return self._peak

    def per_second(self) -> tuple[float, ...]:
        """Operations per second, one figure a step."""
        self._close_second()
        if self.step_s == 1:
            return tuple(self._counts)
        return tuple(count / self.step_s for count in self._counts)

    def _add(self, second: int, count: int) -> None:
        if second != self._second:
            self._close_second()
            self._second = second
        self._in_second += count

    def _close_second(self) -> None:
        if not self._in_second:
            return
        self._peak = max(self._peak, self._in_second)
        while self._second // self.step_s >= CURVE_POINTS:
            self._counts = [sum(self._counts[place : place + 2]) for place in range(0, len(self._counts), 2)]
            self.step_s *= 2
        place = self._second // self.step_s
        self._counts.extend([0] * (place + 1 - len(self._counts)))
        self._counts[place] += self._in_second
        self._in_second = 0


class Steps:
    """Counts of several kinds in equal steps of time; steps double when there would be more than `STEP_POINTS`."""

    def __init__(self, kinds: int, step_s: int = 60) -> None:
        self.step_s = step_s
        self._counts = np.zeros((kinds, STEP_POINTS), np.int64)
        self._used = 0

    def add_many(self, kind: int, t_us: I64) -> None:
        """Count a column of times, in order."""
        if not len(t_us):
            return
        while int(t_us[-1]) // (self.step_s * 1_000_000) >= STEP_POINTS:
            self._double()
        places = t_us // (self.step_s * 1_000_000)
        self._counts[kind] += np.bincount(places, minlength=STEP_POINTS)
        self._used = max(self._used, int(places[-1]) + 1)

    def counts(self, kind: int) -> tuple[int, ...]:
        """Every step from the first to the last in which anything was counted."""
        return tuple(self._counts[kind, : self._used].tolist())

    def _double(self) -> None:
        folded = self._counts.reshape(len(self._counts), -1, 2).sum(axis=2)
        self._counts = np.concatenate([folded, np.zeros_like(folded)], axis=1)
        self._used = -(-self._used // 2)
        self.step_s *= 2
