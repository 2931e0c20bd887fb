"""Bytes of the hash tables that find keys: they grow in steps, and per slot, so they do not scale with the keys.

Everything else about a key (its entry, name, value) is paid once per key. Only a table that is not being rehashed, and has
not been much fuller before, is described.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from engine.memory.allocators import usable
from engine.memory.layout import DICT, Layout

_POINTER = 8
_DICT_FEWEST_BUCKETS = 4
_BUCKET_BYTES, _BUCKET_ENTRIES = 64, 7
_LINKED_ENTRIES = _BUCKET_ENTRIES - 1  # a full bucket gives up one place for the link to the next
_LEAST_DISPERSION, _MOST_DISPERSION = 1.001, 50.0
_LONGEST_BUCKET = 64  # entries that hash into one bucket: seven on average, never this many

Counts = NDArray[np.int64]


def table_bytes(entries: int, layout: Layout, allocator: str) -> float:
    """One table with this many entries, its struct included; nothing when it is empty."""
    if entries <= 0:
        return 0.0
    header = usable(layout.header_bytes, allocator)
    if layout.table == DICT:
        return header + usable(_POINTER * dict_buckets(entries), allocator)
    buckets = seven_buckets(entries)
    linked = linked_buckets(entries, buckets)
    return header + usable(_BUCKET_BYTES * buckets, allocator) + linked * usable(_BUCKET_BYTES, allocator)


def dict_buckets(entries: int) -> int:
    """A `dict` doubles when an entry is added to as many as it has buckets."""
    return max(1 << (entries - 1).bit_length(), _DICT_FEWEST_BUCKETS)


def seven_buckets(entries: int) -> int:
    """A `hashtable` doubles when an entry is added to seven for each bucket."""
    return 1 << (-(-entries // _BUCKET_ENTRIES) - 1).bit_length()


def linked_buckets(entries: int, buckets: int) -> float:
    """Buckets expected beyond the table's own: more than seven entries that hash to one place go on in another, linked."""
    if buckets == 1:
        return 0.0
    odds = 1 / (buckets - 1)
    chance = (1 - 1 / buckets) ** entries  # of 0 entries in a bucket; then of 1, 2, …: binomial
    expected = 0.0
    for found in range(1, min(entries, _LONGEST_BUCKET) + 1):
        chance *= (entries - found + 1) / found * odds
        if found > _BUCKET_ENTRIES:
            expected += chance * -(-(found - _BUCKET_ENTRIES) // _LINKED_ENTRIES)
    return expected * buckets


def tables_of_slots(counts: Counts, layout: Layout, allocator: str) -> float:
    """The tables of one node whose slots hold `counts` keys: one for each slot, or one for all."""
    if not layout.per_slot:
        return table_bytes(int(counts.sum()), layout, allocator)
    sizes, times = np.unique(counts, return_counts=True)
    return sum(_cached(int(size), layout, allocator) * int(many) for size, many in zip(sizes, times, strict=True))


def expected_tables(keys: float, slots: int, layout: Layout, allocator: str, dispersion: float = 1.0) -> float:
    """The tables of one node with `keys` keys over `slots` slots.

    `dispersion`: variance of the keys per slot over their mean. Names that have nothing to do with each other give 1; names
    that count up or share hash tags crowd into fewer slots and give more.
    """
    if not layout.per_slot or not slots:
        return table_bytes(round(keys), layout, allocator)
    if keys <= 0:
        return 0.0
    first, weights = _spread(keys / slots, min(max(dispersion, 1.0), _MOST_DISPERSION))
    sizes = np.array([_cached(first + number, layout, allocator) for number in range(len(weights))])
    return slots * float((weights * sizes).sum())


def _spread(mean: float, dispersion: float) -> tuple[int, NDArray[np.float64]]:
    """How likely a slot holds each number of keys, from the first number worth counting: Poisson, or with more dispersion
    negative binomial."""
    width = 8 * (mean * dispersion) ** 0.5 + 12 * dispersion
    first, last = max(int(mean - width), 0), int(mean + width) + 1
    below = np.arange(0, last, dtype=float)
    if dispersion < _LEAST_DISPERSION:
        steps = np.log(mean) - np.log(below + 1)
    else:
        steps = np.log(below + mean / (dispersion - 1)) - np.log(below + 1) + np.log1p(-1 / dispersion)
    logs = np.concatenate(([0.0], np.cumsum(steps)))[first:]
    weights = np.exp(logs - logs.max())
    return first, weights / weights.sum()


def tables_of_marked(counts: Counts, share: float, layout: Layout, allocator: str) -> float:
    """As `tables_of_slots` for a table that holds only `share` of the keys, any of them: those with a time to live."""
    if share >= 1:
        return tables_of_slots(counts, layout, allocator)
    if not layout.per_slot:
        return table_bytes(round(int(counts.sum()) * share), layout, allocator)
    sizes, times = np.unique(counts, return_counts=True)
    return sum(
        _marked(int(size), share, layout, allocator) * int(many) for size, many in zip(sizes, times, strict=True)
    )


def _marked(entries: int, share: float, layout: Layout, allocator: str) -> float:
    """Bytes expected of the table of one slot when each of its keys is in the table by chance `share`."""
    if not entries or share <= 0:
        return 0.0
    numbers = np.arange(entries + 1)
    factorials = np.concatenate(([0.0], np.cumsum(np.log(np.arange(1, entries + 1)))))
    ways = factorials[-1] - factorials - factorials[::-1]
    weights = np.exp(ways + numbers * np.log(share) + (entries - numbers) * np.log1p(-share))
    return float(sum(weight * _cached(number, layout, allocator) for number, weight in enumerate(weights)))


@lru_cache(maxsize=1 << 16)
def _cached(entries: int, layout: Layout, allocator: str) -> float:
    return table_bytes(entries, layout, allocator)
