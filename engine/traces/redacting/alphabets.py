"""The sets of bytes that redaction moves a byte within, as tables for the compiled loops.

Every byte of a word belongs to one alphabet, and its replacement comes from the same one. So a word keeps its shape, and
what is read from the shape (where the digits stand, where a UTF-8 character begins) is the same before and after.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.traces.block import U8

_DIGITS, _LOWER, _UPPER = b"0123456789", bytes(range(97, 123)), bytes(range(65, 91))


def _bytes(first: int, last: int) -> bytes:
    return bytes(range(first, last + 1))


# Their places in this tuple are the numbers below.
_ALPHABETS: Sequence[bytes] = (
    b"",
    _DIGITS,
    _DIGITS[1:],
    _DIGITS[2:],
    _LOWER,
    _UPPER,
    _DIGITS + _LOWER[:6],
    _DIGITS + _UPPER[:6],
    _bytes(0x00, 0x1F),
    _bytes(0x20, 0x7E),
    _bytes(0x80, 0xFF),
    _bytes(0x80, 0xBF),
    _bytes(0x80, 0x8F),
    _bytes(0x90, 0xBF),
    _bytes(0x80, 0x9F),
    _bytes(0xA0, 0xBF),
    _bytes(0xC2, 0xDF),
    _bytes(0xE1, 0xEC),
    _bytes(0xEE, 0xEF),
    _bytes(0xF1, 0xF3),
    _bytes(0xF5, 0xFF),
)
FIXED, DIGIT, NOT_ZERO, TWO_TO_NINE, LOWER, UPPER, LOWER_HEX, UPPER_HEX, CONTROL, PRINTABLE, HIGH = range(11)
FOLLOWING, TO_8F, FROM_90, TO_9F, FROM_A0 = range(11, 16)  # UTF-8 continuation bytes, whole and by half
_LEADING = range(16, 21)  # UTF-8 lead bytes after which any continuation is valid, and bytes that UTF-8 never has


def _sizes() -> U8:
    return np.array([max(len(alphabet), 1) for alphabet in _ALPHABETS], np.uint8)


def _table() -> U8:
    table = np.zeros((len(_ALPHABETS), 256), np.uint8)
    for number, alphabet in enumerate(_ALPHABETS):
        table[number, : len(alphabet)] = list(alphabet)
    return table


def _ranks() -> U8:
    ranks = np.zeros((len(_ALPHABETS), 256), np.uint8)
    for number, alphabet in enumerate(_ALPHABETS):
        ranks[number, list(alphabet)] = np.arange(len(alphabet))
    return ranks


def _of_bytes(numbers: Sequence[int]) -> U8:
    """The alphabet of each byte, the first listed that has it; FIXED for bytes in none."""
    found = np.zeros(256, np.uint8)
    for number in reversed(numbers):
        found[list(_ALPHABETS[number])] = number
    return found


SIZES = _sizes()
BYTES = _table()  # [alphabet, rank] -> byte
RANKS = _ranks()  # [alphabet, byte] -> rank
OF_TEXT = _of_bytes((DIGIT, LOWER, UPPER, CONTROL, FOLLOWING, *_LEADING))  # E0, ED, F0 and F4 stay as they are
OF_VALUE = _of_bytes((CONTROL, PRINTABLE, HIGH))
