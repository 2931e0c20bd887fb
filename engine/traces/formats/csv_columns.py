"""Columns of comma separated lines without quoting, read by compiled loops: where the fields are, numbers, names, keys.

Byte positions are 64-bit; -1 stands for what is not there or cannot be read. Nothing here raises.
"""

from __future__ import annotations

import numpy as np

from engine.kernels import kernel
from engine.traces.block import I64, U8

MISSING = -1
EMPTY = -2  # of a line
_NEWLINE, _RETURN, _COMMA, _ZERO, _LOWER = 10, 13, 44, 48, 32
_LONGEST_NUMBER = 18  # digits that always fit 64 bits
LONGEST_NAME = 9  # letters of seven bits that fit 63


@kernel
def split(data: U8, start: int, rows: int, columns: int) -> I64:
    """Field j of line i is `data[bounds[i, j]:bounds[i, j + 1] - 1]`; shape (rows, columns + 1).

    `bounds[i, 0]` is `MISSING` for a line with another number of fields, `EMPTY` for one without any.
    """
    bounds = np.empty((rows, columns + 1), np.int64)
    place = start
    for row in range(rows):
        begin, field = place, 1
        bounds[row, 0] = begin
        while place < len(data) and data[place] != _NEWLINE:
            if data[place] == _COMMA:
                if field < columns:
                    bounds[row, field] = place + 1
                field += 1
            place += 1
        end = place - 1 if place > begin and data[place - 1] == _RETURN else place
        bounds[row, columns] = end + 1
        if field != columns or end == begin:
            bounds[row, 0] = EMPTY if end == begin else MISSING
        place += 1
    return bounds


@kernel
def numbers(data: U8, bounds: I64, column: int) -> I64:
    """The whole numbers of a column; `MISSING` for an empty field, -2 for one that is no number of up to 18 digits."""
    found = np.empty(len(bounds), np.int64)
    for row in range(len(bounds)):
        begin, end = bounds[row, column], bounds[row, column + 1] - 1
        value = np.int64(0 if 0 < end - begin <= _LONGEST_NUMBER else MISSING if end == begin else -2)
        for place in range(begin, end if value == 0 else begin):
            digit = np.int64(data[place]) - _ZERO
            if digit < 0 or digit > 9:
                value = np.int64(-2)
                break
            value = value * 10 + digit
        found[row] = value
    return found


@kernel
def names(data: U8, bounds: I64, column: int, known: I64) -> I64:
    """Which of the `known` names (see `packed`) each field is, whatever its case; `MISSING` for another."""
    found = np.empty(len(bounds), np.int64)
    for row in range(len(bounds)):
        begin, end = bounds[row, column], bounds[row, column + 1] - 1
        value = np.int64(-1 if end - begin > LONGEST_NAME else 0)
        for place in range(begin, end if value == 0 else begin):
            letter = np.int64(data[place])
            value = np.int64(-1) if letter > 127 or value < 0 else value * 128 + (letter | _LOWER)
        found[row] = MISSING
        for number in range(len(known)):
            if known[number] == value:
                found[row] = number
                break
    return found


def packed(name: str) -> int:
    """A name of up to `LONGEST_NAME` ASCII letters as `names` compares it: seven bits a letter."""
    value = 0
    for letter in name.encode():
        value = value * 128 + (letter | _LOWER)
    return value


@kernel
def copied(data: U8, bounds: I64, column: int, out: U8) -> I64:
    """Copy the fields of a column one after another into `out`; where each begins, and the end."""
    offsets = np.empty(len(bounds) + 1, np.int64)
    filled = 0
    for row in range(len(bounds)):
        offsets[row] = filled
        for place in range(bounds[row, column], bounds[row, column + 1] - 1):
            out[filled] = data[place]
            filled += 1
    offsets[len(bounds)] = filled
    return offsets


@kernel
def hashed(data: U8, bounds: I64, column: int) -> I64:
    """FNV-1a of each field, at least 0: equal fields give equal numbers."""
    found = np.empty(len(bounds), np.int64)
    for row in range(len(bounds)):
        value = np.uint64(14695981039346656037)
        for place in range(bounds[row, column], bounds[row, column + 1] - 1):
            value = (value ^ np.uint64(data[place])) * np.uint64(1099511628211)
        found[row] = np.int64(value >> np.uint64(1))
    return found
