"""Counting in bounded memory over a stream: distinct keys, quantiles, operations per second."""

from __future__ import annotations

from array import array
from collections import Counter

import numpy as np

CURVE_POINTS = 3600
_PENDING_KEYS = 1 << 18
_EXACT_BELOW = 1000  # numbers up to three digits are kept as they are


class DistinctKeys:
    """Distinct (database, key) pairs with their family and name length: 16 bytes a key, plus a buffer of 4 MiB.

    Two keys with one 64-bit hash count as one: fewer than one in a billion below a hundred million keys.
    """

    def __init__(self) -> None:
        self._hashes = np.empty(0, np.int64)
        self._families = np.empty(0, np.int32)
        self._lengths = np.empty(0, np.int32)
        self._new = (array("q"), array("i"), array("i"))

    def add(self, db: int, key: bytes, family: int) -> None:
        hashes, families, lengths = self._new
        hashes.append(hash((db, key)))
        families.append(family)
        lengths.append(len(key))
        if len(hashes) >= _PENDING_KEYS and len(hashes) * 4 >= len(self._hashes):
            self._merge()

    @property
    def count(self) -> int:
        self._merge()
        return len(self._hashes)

    @property
    def name_bytes(self) -> int:
        """Sum of the lengths of all distinct keys."""
        self._merge()
        return int(self._lengths.sum(dtype=np.int64))

    def per_family(self) -> dict[int, int]:
        """Distinct keys by family number."""
        self._merge()
        families, counts = np.unique(self._families, return_counts=True)
        return dict(zip(families.tolist(), counts.tolist(), strict=True))

    def _merge(self) -> None:
        hashes, families, lengths = self._new
        if not hashes:
            return
        self._hashes, first = np.unique(
            np.concatenate([self._hashes, np.frombuffer(hashes, np.int64)]), return_index=True
        )
        self._families = np.concatenate([self._families, np.frombuffer(families, np.int32)])[first]
        self._lengths = np.concatenate([self._lengths, np.frombuffer(lengths, np.int32)])[first]
        self._new = (array("q"), array("i"), array("i"))


class Quantiles:
    """Quantiles of non-negative integers to three significant digits; a few thousand counters at most."""

    def __init__(self) -> None:
        self.count = 0
        self._counts: Counter[int] = Counter()

    def add(self, number: int) -> None:
        self.count += 1
        self._counts[number if number < _EXACT_BELOW else _three_digits(number)] += 1

    def at(self, share: float) -> int | None:
        """The smallest number that at least this share of the numbers does not exceed; None when there are none."""
        seen = 0
        for number in sorted(self._counts):
            seen += self._counts[number]
            if seen >= share * self.count:
                return number
        return None


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

    def add(self, t_us: int) -> None:
        second = t_us // 1_000_000
        if second != self._second:
            self._close_second()
            self._second = second
        self._in_second += 1

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


def _three_digits(number: int) -> int:
    unit: int = 10 ** (len(str(number)) - 3)
    return (number + unit // 2) // unit * unit
