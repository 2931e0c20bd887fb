"""What is known of each distinct key, at about 40 bytes a key: exact up to a limit, sketched beyond it.

Keys are told apart by 64-bit hashes: one in a billion is mistaken below a hundred million keys. Keys that come when the
table is full are counted by HyperLogLog sketches (Apache DataSketches), whose error is stated; those in the table stay
exact, so the error concerns the rest alone.
"""

from __future__ import annotations

import numpy as np
from datasketches import frequent_strings_sketch, hll_sketch, tgt_hll_type
from numpy.typing import NDArray

from engine.traces.profiling.key_hashing import I32, I64, U64

EXACT_KEYS = 1_000_000
DEVIATIONS = 2  # standard deviations of a stated error
_PRECISE, _COARSE = 14, 10  # log2 of the registers: of all keys 0.8 % per deviation, of a family 3.3 %
_HEAVY = 12  # log2 of the counters for heavy hitters beyond the table

I8 = NDArray[np.uint8]


class KeyTable:
    """Distinct keys with family, name length and operations. `has_ttl` and `touched` are marks a key can be given."""

    def __init__(self, limit: int | None = None) -> None:
        self.limit = EXACT_KEYS if limit is None else limit
        self.count = 0
        self.families = np.empty(1024, np.int32)
        self.lengths = np.empty(1024, np.int64)
        self.operations = np.zeros(1024, np.int64)
        self.windows = np.full(1024, -1, np.int64)
        self.has_ttl = np.zeros(1024, bool)
        self.touched = np.zeros(1024, bool)
        self._sorted = np.empty(0, np.uint64)
        self._ids = np.empty(0, np.int64)

    def find(self, hashes: U64) -> I64:
        """The number of each key in the table, -1 where it is not."""
        if not self.count:
            return np.full(len(hashes), -1, np.int64)
        places = np.minimum(np.searchsorted(self._sorted, hashes), self.count - 1)
        return np.where(self._sorted[places] == hashes, self._ids[places], -1)

    def add(self, hashes: U64, families: I32, lengths: I64) -> None:
        """Add keys that are not in the table, as far as there is room."""
        unique, first = np.unique(hashes, return_index=True)
        room = self.limit - self.count
        if len(unique) > room:  # the first ones that came
            first = np.sort(first)[:room]
            order = np.argsort(hashes[first])
            unique, first = hashes[first][order], first[order]
        ids = np.arange(self.count, self.count + len(unique))
        self._reserve(self.count + len(unique))
        self.families[ids], self.lengths[ids] = families[first], lengths[first]
        places = np.searchsorted(self._sorted, unique)
        self._sorted = np.insert(self._sorted, places, unique)
        self._ids = np.insert(self._ids, places, ids)
        self.count += len(unique)

    def per_family(self, families: int, marked: NDArray[np.bool_] | None = None) -> I64:
        """Keys of each family; only those marked, if a mark is given."""
        chosen = self.families[: self.count]
        return np.bincount(chosen if marked is None else chosen[marked[: self.count]], minlength=families)

    def _reserve(self, size: int) -> None:
        have = len(self.families)
        if size <= have:
            return
        more = max(size, 2 * have) - have
        for name, filler in (("families", 0), ("lengths", 0), ("operations", 0), ("windows", -1)):
            column = getattr(self, name)
            setattr(self, name, np.concatenate([column, np.full(more, filler, column.dtype)]))
        for name in ("has_ttl", "touched"):
            setattr(self, name, np.concatenate([getattr(self, name), np.zeros(more, bool)]))


class BeyondTable:
    """Keys that found no room in the table, as sketches see them."""

    def __init__(self) -> None:
        self.all, self.touched = Distinct(_PRECISE), Distinct(_PRECISE)
        self.heavy = frequent_strings_sketch(_HEAVY)
        self._families: dict[int, Distinct] = {}
        self._lengths = self._names = 0

    def add(self, hashes: U64, families: I32, lengths: I64) -> None:
        """Keys of one batch, each once."""
        self.all.add(hashes)
        for family in np.unique(families).tolist():
            self._families.setdefault(family, Distinct(_COARSE)).add(hashes[families == family])
        self._lengths += int(lengths.sum())
        self._names += len(lengths)

    def of_family(self, family: int) -> int:
        """Distinct keys of one family, about."""
        found = self._families.get(family)
        return found.count if found else 0

    @property
    def name_bytes(self) -> int:
        """Distinct keys times the mean length of those seen."""
        return round(self.all.count * self._lengths / self._names) if self._names else 0


class Distinct:
    """How many different hashes there were, about."""

    def __init__(self, precision: int) -> None:
        self._sketch = hll_sketch(precision, tgt_hll_type.HLL_8)

    def add(self, hashes: U64) -> None:
        for number in hashes.view(np.int64).tolist():
            self._sketch.update(number)

    @property
    def count(self) -> int:
        return round(float(self._sketch.get_estimate()))

    @property
    def error(self) -> float:
        """By how many the count may be wrong (two standard deviations)."""
        return float(self._sketch.get_upper_bound(DEVIATIONS) - self._sketch.get_estimate())
