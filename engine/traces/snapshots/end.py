"""Where a snapshot at the beginning of an append-only file ends, found without understanding what it holds.

An RDB file ends with the byte 0xFF and the CRC-64 (Jones) of everything before, little-endian, or eight zeros when the
producer was told not to compute it. The checksum is taken on the way, so each 0xFF can be tried as the end.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.kernels import kernel
from engine.traces.block import U8
from engine.traces.formats.reader import Member

POLYNOMIAL = 0x95AC9329AC4BC9B5  # Jones, bits reflected
CHECKSUM_BYTES = 8
_LOOK_BYTES = 16  # after the checksum, to see whether a command begins there
_END = 0xFF
_STAR, _HASH, _ZERO, _NINE, _CR = b"*#09\r"


def _table() -> NDArray[np.uint64]:
    table = np.zeros(256, np.uint64)
    for byte in range(256):
        crc = byte
        for _ in range(8):
            crc = crc >> 1 ^ (POLYNOMIAL if crc & 1 else 0)
        table[byte] = crc
    return table


_CRC = _table()


def snapshot_end(member: Member) -> int:
    """The byte after the snapshot the member begins with. Raises InputError when it has no end.

    An end with the right checksum is preferred to one with eight zeros, and of those one that a command follows to one
    that merely is where the file ends.
    """
    at = size = 0
    crc = np.uint64(0)
    zeros, rest = -1, b""
    for block in member.blocks():
        size += len(block)
        buffer = np.frombuffer(rest + block, np.uint8)
        stop = max(len(buffer) - CHECKSUM_BYTES - _LOOK_BYTES, 0)
        found, crc, candidate = _scan(buffer, stop, np.uint64(crc), _CRC)  # a compiled loop answers plain integers
        if found >= 0:
            return at + found
        if candidate >= 0 and zeros < 0:
            zeros = at + candidate
        at += stop
        rest = buffer[stop:].tobytes()
    buffer = np.frombuffer(rest, np.uint8)
    found, _, candidate = _scan(buffer, max(len(buffer) - CHECKSUM_BYTES, 0), np.uint64(crc), _CRC)
    if found >= 0:
        return at + found
    if zeros >= 0 or candidate >= 0:
        return zeros if zeros >= 0 else at + candidate
    raise InputError(
        "the snapshot it begins with has no end with a right checksum.",
        source=member.name,
        offset=size,
        expected="a complete snapshot, then commands.",
        remedy="Copy the file again, while no rewrite is going on.",
    )


@kernel
def _command_begins(buffer: U8, at: int) -> bool:
    """Whether a command or an annotation begins here, or the buffer ends."""
    if at >= len(buffer) or buffer[at] == _HASH:
        return True
    if buffer[at] != _STAR or at + 2 >= len(buffer):
        return False
    digit, after = buffer[at + 1], buffer[at + 2]
    return bool(_ZERO < digit <= _NINE and (after == _CR or _ZERO <= after <= _NINE))


@kernel
def _checksum_at(buffer: U8, at: int) -> np.uint64:
    value = np.uint64(0)
    for index in range(CHECKSUM_BYTES):
        value |= np.uint64(buffer[at + index]) << np.uint64(8 * index)
    return value


@kernel
def _scan(buffer: U8, stop: int, crc: np.uint64, table: NDArray[np.uint64]) -> tuple[int, np.uint64, int]:
    """Go through `buffer[:stop]`, with `CHECKSUM_BYTES` more behind it.

    Answers the byte after an end with the right checksum (-1: none), the checksum so far, and the byte after the first
    end with zeros that a command follows (-1: none).
    """
    zeros = -1
    for at in range(stop):
        byte = buffer[at]
        crc = table[(crc ^ np.uint64(byte)) & np.uint64(0xFF)] ^ (crc >> np.uint64(8))
        if byte == _END:
            stored = _checksum_at(buffer, at + 1)
            if stored == crc:
                return at + 1 + CHECKSUM_BYTES, crc, zeros
            if stored == 0 and zeros < 0 and _command_begins(buffer, at + 1 + CHECKSUM_BYTES):
                zeros = at + 1 + CHECKSUM_BYTES
    return -1, crc, zeros
