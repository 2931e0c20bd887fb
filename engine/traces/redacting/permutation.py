"""The keyed permutation under redaction: bytes of a word are moved within their alphabets, and nothing is lost.

A Feistel network over the bytes of the word (M. Luby, C. Rackoff 1988): the two halves shift each other in turn, position by
position, modulo the size of the alphabet. Its callers apply it again until the word is of the kind it was (cycle walking,
J. Black, P. Rogaway 2002), so what was different stays different and what was equal stays equal.
"""

from __future__ import annotations

import numpy as np

from engine.kernels import kernel
from engine.traces.block import U8
from engine.traces.redacting.alphabets import BYTES, DIGIT, FIXED, NOT_ZERO, RANKS, SIZES
from engine.traces.redacting.siphash import keyed_hash, stream_word

EXACT_BYTES = 64  # longer words are shifted by the hash of the whole, where two meet with a probability of 2^-64
TEXT, PAYLOAD, LONG_TEXT = 1, 2, 3  # what is hashed: a value tells nothing of a key that reads the same
_ROUNDS = 6  # more than the four of Luby and Rackoff, for the halves are short
_ZERO = 48
_BYTE = np.uint64(0xFF)


@kernel
def shift(data: U8, start: int, stop: int, alphabets: U8, origin: int, seed: np.uint64) -> None:
    """Move each byte of `data[start:stop]` on within its alphabet, `alphabets[place - origin]`, by a stream of numbers."""
    word = np.uint64(0)
    for place in range(start, stop):
        lane = (place - start) & 7
        if lane == 0:
            word = stream_word(seed, (place - start) >> 3)
        alphabet = alphabets[place - origin]
        if alphabet != FIXED:
            by = np.int64((word >> np.uint64(8 * lane)) & _BYTE)
            data[place] = BYTES[alphabet, (RANKS[alphabet, data[place]] + by) % SIZES[alphabet]]


@kernel
def permute(
    data: U8, start: int, stop: int, alphabets: U8, origin: int, key0: np.uint64, key1: np.uint64, use: int
) -> None:
    """One keyed permutation of all words that have these alphabets: the halves shift each other in turn."""
    middle = (start + stop) >> 1
    for number in range(_ROUNDS):
        tweak = np.uint64(use | number << 8 | (stop - start) << 16)
        if number & 1:
            shift(data, start, middle, alphabets, origin, keyed_hash(key0, key1, tweak, data, middle, stop))
        else:
            shift(data, middle, stop, alphabets, origin, keyed_hash(key0, key1, tweak, data, start, middle))


@kernel
def first_moving(alphabets: U8, size: int) -> int:
    place = 0
    while place < size and alphabets[place] == FIXED:
        place += 1
    return place


@kernel
def last_moving(alphabets: U8, size: int) -> int:
    """One past the last byte that may change."""
    while size > 0 and alphabets[size - 1] == FIXED:
        size -= 1
    return size


@kernel
def set_digits(data: U8, start: int, stop: int, alphabets: U8, origin: int) -> None:
    """A whole number: zeros in front stay, and no new ones come."""
    leading = True
    for place in range(start, stop):
        zero = data[place] == _ZERO
        alphabets[place - origin] = DIGIT if not leading else FIXED if zero else NOT_ZERO
        leading = leading and zero


@kernel
def set_fraction(data: U8, start: int, stop: int, alphabets: U8, origin: int) -> None:
    """Digits after the point: zeros at the end stay, and no new ones come."""
    trailing = True
    for place in range(stop - 1, start - 1, -1):
        zero = data[place] == _ZERO
        alphabets[place - origin] = DIGIT if not trailing else FIXED if zero else NOT_ZERO
        trailing = trailing and zero
