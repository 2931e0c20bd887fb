"""Which keys a batch of operations touches, found in columns: every key of every command, each distinct key once.

Key positions are the engines' own (`engine.commands`). Commands with one key, or with a plain row of keys, are done for
all rows at once; the others (counted keys, keys after a word) one by one. Of a sized trace only the first key is known.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pyarrow as pa

from engine import commands
from engine.traces.profiling.key_hashing import I32, I64, U64, binary_buffers, hash_keys
from engine.traces.profiling.scanning import Batch, Mask, valid

_ONE, _ROW, _OTHER = 0, 1, 2


@dataclass(frozen=True, slots=True)
class Keys:
    """The distinct (database, key) pairs of a batch."""

    names: pa.BinaryArray
    databases: I64
    hashes: U64
    slots: I32
    lengths: I64

    def __len__(self) -> int:
        return len(self.names)

    def name(self, place: int) -> bytes:
        """One key."""
        found: bytes = self.names[int(place)].as_py()
        return found

    def some(self, places: I64) -> list[bytes]:
        """Several keys."""
        found: list[bytes] = self.names.take(pa.array(places)).to_pylist()
        return found


@dataclass(frozen=True, slots=True)
class Touches:
    """Every naming of a key: `rows` in ascending order, `codes` into `keys`, `first` where it is its row's first key."""

    rows: I64
    codes: I64
    first: Mask
    keys: Keys

    def __len__(self) -> int:
        return len(self.rows)


def touches(batch: Batch) -> Touches:
    """The keys of the batch's operations."""
    has_key = batch.has_key
    kinds = np.array([_kind(name) for name in batch.names.names], np.int64)[batch.cmd]
    kinds[~valid(batch.args)] = _ONE
    rows, flat = _in_arguments(batch, has_key, kinds)
    plain = has_key.copy()
    plain[rows] = False  # a command of many keys whose arguments do not fit has its first key at least
    ones = np.flatnonzero(plain)
    names = batch.key.take(pa.array(ones))
    if len(rows):
        names = pa.concat_arrays([names, batch.args.values.take(pa.array(flat))])
        rows = np.concatenate([ones, rows])
        order = np.argsort(rows, kind="stable")
        rows, names = rows[order], names.take(pa.array(order))
    else:
        rows = ones
    codes, keys = _distinct(names, batch.db[rows])
    first = np.ones(len(rows), bool)
    first[1:] = rows[1:] != rows[:-1]
    return Touches(rows, codes, first, keys)


def _in_arguments(batch: Batch, has_key: Mask, kinds: I64) -> tuple[I64, I64]:
    """(row, index into the flat arguments) of the keys of commands with several."""
    offsets = batch.args.offsets.to_numpy().astype(np.int64)
    found = [np.empty((2, 0), np.int64)]
    for number in np.unique(batch.cmd[has_key & (kinds == _ROW)]).tolist():
        rows = np.flatnonzero(has_key & (batch.cmd == number))
        found.append(_row_of_keys(batch.names.names[number], rows, offsets))
    others = np.flatnonzero(has_key & (kinds == _OTHER))
    if len(others):
        found.append(_one_by_one(batch, others, offsets))
    rows, flat = np.concatenate(found, axis=1)
    return rows, flat


def _row_of_keys(name: str, rows: I64, offsets: I64) -> I64:
    spec, words = _spec(name)
    starts, stops = offsets[rows], offsets[rows + 1]
    begin = spec.index - words
    counts = np.maximum((stops - starts + spec.last - begin) // spec.step + 1, 0)
    rows, starts = np.repeat(rows, counts), np.repeat(starts, counts)
    turns = np.arange(len(rows)) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.stack([rows, starts + begin + turns * spec.step])


def _one_by_one(batch: Batch, rows: I64, offsets: I64) -> I64:
    found: list[tuple[int, int]] = []
    for row, number, words in zip(rows.tolist(), batch.cmd[rows].tolist(), batch.words(rows), strict=True):
        start = int(offsets[row])
        found += [(row, start + place) for place in commands.key_indexes(batch.names.names[number], words)]
    return np.array(found, np.int64).reshape(-1, 2).T


def _distinct(names: pa.BinaryArray, databases: I64) -> tuple[I64, Keys]:
    encoded = names.dictionary_encode()
    codes, keys = encoded.indices.to_numpy().astype(np.int64), encoded.dictionary
    of_keys = np.zeros(len(keys), np.int64)
    if databases.any():
        pairs, codes = np.unique(codes << 16 | databases, return_inverse=True)
        keys, of_keys = keys.take(pa.array(pairs >> 16)), pairs & 0xFFFF
    hashes, slots = hash_keys(keys, of_keys)
    lengths = np.diff(binary_buffers(keys)[0])
    return codes, Keys(keys, of_keys, hashes, slots, lengths)


@lru_cache(maxsize=1 << 14)
def _kind(name: str) -> int:
    if commands.find(name) is None or commands.only_key(name) is not None:
        return _ONE
    return _ROW if _is_row(name) else _OTHER


def _is_row(name: str) -> bool:
    """Whether the keys are all arguments from one place to the end (or near it), in even steps."""
    command = commands.find(name)
    specs: Sequence[commands.KeySpec] = command.key_specs if command else ()
    if len(specs) != 1 or commands.has_extra_keys(name):
        return False
    (spec,) = specs
    return spec.is_key and not spec.keyword and spec.count_at is None and spec.last < 0 and spec.limit <= 1


def _spec(name: str) -> tuple[commands.KeySpec, int]:
    command = commands.find(name)
    assert command is not None
    return command.key_specs[0], command.words
