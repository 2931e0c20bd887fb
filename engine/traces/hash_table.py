"""Open-addressed tables from 64-bit hashes to small numbers, shared by compiled loops and the Python that fills them.

Keys are FNV-1a hashes (public domain, Fowler, Noll and Vo). A hash of 0 counts as 1, because 0 marks a free place.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.kernels import kernel
from engine.traces.block import I32, U8

U64 = NDArray[np.uint64]
FNV_START = np.uint64(0xCBF29CE484222325)
FNV_PRIME = np.uint64(0x100000001B3)
ABSENT = -1


@kernel
def hash_bytes(data: U8, start: int, stop: int, upper: bool) -> np.uint64:
    """Of data[start:stop], with ASCII letters taken as capitals when `upper`."""
    value = FNV_START
    for place in range(start, stop):
        byte = data[place]
        if upper and 97 <= byte <= 122:
            byte -= np.uint8(32)
        value = (value ^ np.uint64(byte)) * FNV_PRIME
    return value


@kernel
def mixed(value: np.uint64, more: np.uint64) -> np.uint64:
    """One hash of two: a multiply-and-shift round, so that order matters."""
    value = (value ^ more) * np.uint64(0x9E3779B97F4A7C15)
    return value ^ (value >> np.uint64(29))


@kernel
def find(keys: U64, values: I32, key: np.uint64) -> int:
    """The number under `key`, or ABSENT. The table has free places."""
    if key == 0:
        key = np.uint64(1)
    mask = np.uint64(len(keys) - 1)
    place = (key ^ (key >> np.uint64(32))) & mask
    while keys[place] != 0:
        if keys[place] == key:
            return int(values[place])
        place = (place + np.uint64(1)) & mask
    return ABSENT


@kernel
def put(keys: U64, values: I32, key: np.uint64, value: int) -> None:
    """Set the number under `key`. The table has free places."""
    if key == 0:
        key = np.uint64(1)
    mask = np.uint64(len(keys) - 1)
    place = (key ^ (key >> np.uint64(32))) & mask
    while keys[place] != 0 and keys[place] != key:
        place = (place + np.uint64(1)) & mask
    keys[place] = key
    values[place] = value


@kernel
def _refill(keys: U64, values: I32, into_keys: U64, into_values: I32) -> None:
    for place in range(len(keys)):
        if keys[place] != 0:
            put(into_keys, into_values, keys[place], values[place])


class HashTable:
    """Grows by doubling; `keys` and `values` are what kernels take."""

    def __init__(self, places: int = 1 << 10) -> None:
        self.keys: U64 = np.zeros(places, np.uint64)
        self.values: I32 = np.full(places, ABSENT, np.int32)
        self.used = 0

    def reserve(self, more: int) -> None:
        """Room for so many further keys, with at most half the places taken."""
        places = len(self.keys)
        while 2 * (self.used + more) > places:
            places *= 2
        if places > len(self.keys):
            grown = HashTable(places)
            _refill(self.keys, self.values, grown.keys, grown.values)
            self.keys, self.values = grown.keys, grown.values

    def add(self, key: int, value: int) -> None:
        """Set one number, growing when needed."""
        self.reserve(1)
        put(self.keys, self.values, np.uint64(key), value)
        self.used += 1

    def get(self, key: int) -> int:
        """The number under `key`, or ABSENT."""
        return int(find(self.keys, self.values, np.uint64(key)))


def hash_of(word: bytes, *, upper: bool = False) -> int:
    """The same hash for Python's own bytes."""
    return int(hash_bytes(np.frombuffer(word or b"\0", np.uint8), 0, len(word), upper))
