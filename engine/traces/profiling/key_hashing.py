"""Compiled: a 64-bit hash and the hash slot of every key of a column of keys.

The hash is FNV-1a over database and key with a final mix (MurmurHash3's), good for counting; it is no defence against
somebody who makes collisions on purpose. The slot is CRC16 (XMODEM) of the hash tag, as `engine.slots` has it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from engine.kernels import kernel
from engine.slots import SLOTS

U64 = NDArray[np.uint64]
I32 = NDArray[np.int32]
I64 = NDArray[np.int64]

_BASIS, _PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)
_MIX_1, _MIX_2, _SHIFT = np.uint64(0xFF51AFD7ED558CCD), np.uint64(0xC4CEB9FE1A85EC53), np.uint64(33)
_OPEN, _CLOSE = ord("{"), ord("}")


def _crc_table() -> NDArray[np.uint16]:
    """CRC16/XMODEM: polynomial 0x1021, from the top bit."""
    table = np.zeros(256, np.uint16)
    for byte in range(256):
        crc = byte << 8
        for _ in range(8):
            crc = (crc << 1) ^ 0x1021 if crc & 0x8000 else crc << 1
        table[byte] = crc & 0xFFFF
    return table


_CRC = _crc_table()


def hash_keys(keys: pa.BinaryArray, databases: I64) -> tuple[U64, I32]:
    """Hash and slot of each key; `databases` as long as `keys`."""
    offsets, data = binary_buffers(keys)
    hashes, slots = np.empty(len(keys), np.uint64), np.empty(len(keys), np.int32)
    _hash_all(data, offsets, databases, _CRC, hashes, slots)
    return hashes, slots


def binary_buffers(column: Any) -> tuple[I64, NDArray[np.uint8]]:
    """Offsets (one more than rows) and bytes of a binary column."""
    _, offsets, data = column.buffers()
    starts = np.frombuffer(offsets, np.int32)[column.offset : column.offset + len(column) + 1].astype(np.int64)
    content = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    return starts, content


@kernel
def _hash_all(data: Any, offsets: Any, databases: Any, crc_table: Any, hashes: Any, slots: Any) -> None:
    for row in range(len(hashes)):
        start, stop = offsets[row], offsets[row + 1]
        mixed = (_BASIS ^ np.uint64(databases[row])) * _PRIME
        for place in range(start, stop):
            mixed = (mixed ^ np.uint64(data[place])) * _PRIME
        mixed = (mixed ^ (mixed >> _SHIFT)) * _MIX_1
        mixed = (mixed ^ (mixed >> _SHIFT)) * _MIX_2
        hashes[row] = mixed ^ (mixed >> _SHIFT)
        start, stop = _tag(data, start, stop)
        crc = 0
        for place in range(start, stop):
            crc = ((crc << 8) & 0xFFFF) ^ crc_table[(crc >> 8) ^ data[place]]
        slots[row] = crc % SLOTS


@kernel
def _tag(data: Any, start: int, stop: int) -> tuple[int, int]:
    """Where the hash tag of a key begins and ends; the whole key when it has none."""
    opened = -1
    for place in range(start, stop):
        if opened < 0 and data[place] == _OPEN:
            opened = place
        elif opened >= 0 and data[place] == _CLOSE:
            return (opened + 1, place) if place > opened + 1 else (start, stop)
    return start, stop
