"""Draws the variables of a workload: columns of values for a block of actions, lazily where the values are large.

Everything comes from one seeded generator, in a fixed order: the same seed gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from engine.traces.block import I64
from engine.traces.generation.variables import Choice, Count, Counter, Decimal, Index, Integer, Moment, Value, Variable
from engine.traces.generation.zipf import Zipf

START_US = (
    1_767_225_600_000_000  # generated traces begin on 1 January 2026 UTC, so that the same seed gives the same bytes
)
MAX_VALUE_BYTES = 8 << 20
_TEXT_BYTES = 1 << 20
_PRINTABLE = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", np.uint8)
_UNITS_US = {"min": 60_000_000, "s": 1_000_000, "ms": 1000, "us": 1}


@dataclass(slots=True)
class Drawing:
    """The state of drawing: the generator, the parameters' values, a store of random text, the counters."""

    random: np.random.Generator
    parameters: Mapping[str, float]
    text: bytes = b""
    _counts: dict[str, dict[bytes, int]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.text = _PRINTABLE[self.random.integers(0, len(_PRINTABLE), _TEXT_BYTES, np.uint8)].tobytes()

    def number(self, given: str | float) -> float:
        """A number, or the value of the parameter of that name."""
        return self.parameters[given] if isinstance(given, str) else given

    def count(self, count: Count) -> int:
        """How many, at least 1."""
        return max(1, round(self.number(count.of) * count.times))

    def column(self, variable: Variable, times_us: I64) -> Iterator[bytes]:
        """One value for each of the times. A counter's values are counted on later, so its column is empty words."""
        size = len(times_us)
        if isinstance(variable, Index):
            ranks = Zipf(self.count(variable.count), self.number(variable.skew)).draw(self.random, size)
            return written(variable, ranks)
        if isinstance(variable, Value):
            return self._values(variable, size)
        if isinstance(variable, Moment):
            shift = START_US + round(variable.offset_s * 1e6)
            return (b"%d" % time for time in ((times_us + shift) // _UNITS_US[variable.unit]).tolist())
        if isinstance(variable, Counter):
            return iter([b""] * size)
        return self._plain(variable, size)

    def _plain(self, variable: Integer | Decimal | Choice, size: int) -> Iterator[bytes]:
        if isinstance(variable, Integer):
            numbers = self.random.integers(variable.low, variable.high + 1, size, np.int64)
            return (b"%d" % number for number in numbers.tolist())
        if isinstance(variable, Decimal):
            decimals = self.random.uniform(variable.low, variable.high, size)
            return (b"%.*f" % (variable.digits, number) for number in decimals.tolist())
        places = self.random.choice(len(variable.values), size, p=variable.shares)
        return (variable.values[place] for place in places.tolist())

    def _values(self, variable: Value, size: int) -> Iterator[bytes]:
        lengths = self._lengths(variable, size)
        starts = self.random.integers(0, _TEXT_BYTES, size, np.int64)
        return (self.some_text(start, length) for start, length in zip(starts.tolist(), lengths.tolist(), strict=True))

    def _lengths(self, variable: Value, size: int) -> I64:
        mean = self.number(variable.mean)
        if variable.sizes == "fixed":
            return np.full(size, round(mean), np.int64)
        if variable.sizes == "lognormal":
            lengths = self.random.lognormal(np.log(max(mean, 1.0)) - variable.sigma**2 / 2, variable.sigma, size)
        else:
            shares, bytes_ = np.array(variable.table).T
            lengths = np.interp(self.random.random(size), shares, bytes_) * (mean / table_mean(variable.table))
        return np.clip(np.rint(lengths), 1, MAX_VALUE_BYTES).astype(np.int64)

    def some_text(self, start: int, length: int) -> bytes:
        """`length` bytes of the store from `start` on, round and round."""
        piece = self.text[start : start + length]
        while len(piece) < length:
            piece += self.text[: length - len(piece)]
        return piece

    def step(self, counter: Counter, per: bytes) -> bytes:
        """The next value of a counter for this value of the variable it is counted by."""
        counts = self._counts.setdefault(counter.name, {})
        following = counts.get(per, 0) + 1
        if counter.behind is not None:
            following = min(following, max(1, self._counts.get(counter.behind, {}).get(per, 0)))
        counts[per] = following
        return b"%d" % following


def written(variable: Index, ranks: I64) -> Iterator[bytes]:
    """The ranks of an index as they stand in commands."""
    if variable.form == "hex":
        return (_token(rank, variable.length) for rank in ranks.tolist())
    return (b"%0*d" % (variable.length, rank + variable.start) for rank in ranks.tolist())


def _token(rank: int, length: int) -> bytes:
    """Hexadecimal digits that differ for every rank below 2**64: a bijection of the rank (the finaliser of MurmurHash3),
    repeated with another constant where more digits are asked for."""
    digits = b"%016x" % _mixed(rank)
    turn = 1
    while len(digits) < length:
        digits += b"%016x" % _mixed(rank + turn * 0x9E3779B97F4A7C15)
        turn += 1
    return digits[:length]


def _mixed(number: int) -> int:
    number &= 0xFFFFFFFFFFFFFFFF
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        number = (number ^ (number >> 33)) * factor & 0xFFFFFFFFFFFFFFFF
    return number ^ (number >> 33)


def table_mean(table: Sequence[tuple[float, float]]) -> float:
    """The mean of a table of quantiles with straight lines between: Σ Δshare × (size before + size after) / 2."""
    return sum((b[0] - a[0]) * (a[1] + b[1]) / 2 for a, b in pairwise(table))
