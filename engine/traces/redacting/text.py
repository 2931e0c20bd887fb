"""Redaction of keys and names as compiled loops: what stands between delimiters is replaced, words to keep stay.

Delimiters are all printable ASCII signs that are neither letter nor digit, so hash tags' braces and glob signs stay too. A
number stays a number, hexadecimal stays hexadecimal, a letter keeps its case, UTF-8 stays UTF-8.
"""

from __future__ import annotations

import numpy as np

from engine.kernels import kernel
from engine.traces.block import I64, U8
from engine.traces.redacting.alphabets import (
    BYTES,
    FIXED,
    FOLLOWING,
    FROM_90,
    FROM_A0,
    LOWER_HEX,
    OF_TEXT,
    OF_VALUE,
    PRINTABLE,
    RANKS,
    SIZES,
    TO_8F,
    TO_9F,
    UPPER_HEX,
)
from engine.traces.redacting.permutation import (
    EXACT_BYTES,
    LONG_TEXT,
    TEXT,
    first_moving,
    last_moving,
    permute,
    set_digits,
)
from engine.traces.redacting.siphash import keyed_hash, stream_word

_PLAIN, _NUMBER, _HEX, _BIG_HEX = 0, 1, 2, 3  # kinds of segments
_ZERO, _NINE = 48, 57
_BYTE = np.uint64(0xFF)
_FNV, _FNV_PRIME = np.uint64(0xCBF29CE484222325), np.uint64(0x100000001B3)


@kernel
def word_hash(data: U8, start: int, stop: int) -> np.uint64:
    """FNV-1a of the segment in lower case; finds words in the table of those to keep."""
    found = _FNV
    for place in range(start, stop):
        found = (found ^ np.uint64(_lower(data[place]))) * _FNV_PRIME
    return found


@kernel
def _lower(byte: int) -> int:
    return byte + 32 if 65 <= byte <= 90 else byte


@kernel
def _is_kept(data: U8, start: int, stop: int, kept: U8, ends: I64, slots: I64) -> bool:
    """Whether the segment is a word to keep. `slots`: an open-addressing table of word numbers, -1 where free."""
    last = len(slots) - 1
    slot = np.int64(word_hash(data, start, stop) & np.uint64(last))
    while slots[slot] >= 0:
        if _is_word(data, start, stop, kept, ends[slots[slot]], ends[slots[slot] + 1]):
            return True
        slot = (slot + 1) & last
    return False


@kernel
def _is_word(data: U8, start: int, stop: int, kept: U8, word: int, end: int) -> bool:
    place = 0
    while place < stop - start and place < end - word and _lower(data[start + place]) == kept[word + place]:
        place += 1
    return place == stop - start == end - word


@kernel
def _kind(data: U8, start: int, stop: int) -> int:
    """Whether a segment is a number, digits and a-f (at least one of each), digits and A-F, or none of these."""
    digits = lower = upper = 0
    for place in range(start, stop):
        byte = data[place]
        digits += _ZERO <= byte <= _NINE
        lower += 97 <= byte <= 102
        upper += 65 <= byte <= 70
    size = stop - start
    if digits == size:
        return _NUMBER
    if digits == 0 or digits + max(lower, upper) != size:
        return _PLAIN
    return _HEX if lower else _BIG_HEX


@kernel
def _text_alphabet(kind: int, byte: int, before: int) -> int:
    """The alphabet of one byte of a segment; after E0, ED, F0 and F4 only half of the continuation bytes are UTF-8."""
    if kind == _HEX:
        return LOWER_HEX
    if kind == _BIG_HEX:
        return UPPER_HEX
    found = int(OF_TEXT[byte])
    if found != FOLLOWING:
        return found
    if before in (0xE0, 0xED):
        return FROM_A0 if byte >= 0xA0 else TO_9F
    if before in (0xF0, 0xF4):
        return FROM_90 if byte >= 0x90 else TO_8F
    return FOLLOWING


@kernel
def _redact_segment(
    data: U8, start: int, stop: int, key0: np.uint64, key1: np.uint64, kept: U8, ends: I64, slots: I64, alphabets: U8
) -> None:
    """Replace what stands between two delimiters, unless it is a word to keep."""
    if _is_kept(data, start, stop, kept, ends, slots):
        return
    kind = _kind(data, start, stop)
    if stop - start > EXACT_BYTES:
        _redact_long_segment(data, start, stop, kind, key0, key1)
        return
    if kind == _NUMBER:
        set_digits(data, start, stop, alphabets, start)
    else:
        before = 0
        for place in range(start, stop):
            alphabets[place - start] = _text_alphabet(kind, data[place], before)
            before = data[place]
    first, last = start + first_moving(alphabets, stop - start), start + last_moving(alphabets, stop - start)
    if first >= last:
        return
    permute(data, first, last, alphabets, start, key0, key1, TEXT)
    while _kind(data, start, stop) != kind or _is_kept(data, start, stop, kept, ends, slots):
        permute(data, first, last, alphabets, start, key0, key1, TEXT)


@kernel
def _redact_long_segment(data: U8, start: int, stop: int, kind: int, key0: np.uint64, key1: np.uint64) -> None:
    seed = keyed_hash(key0, key1, np.uint64(LONG_TEXT), data, start, stop)
    word, before = np.uint64(0), 0
    for place in range(start, stop):
        lane = (place - start) & 7
        if lane == 0:
            word = stream_word(seed, (place - start) >> 3)
        byte = data[place]
        alphabet = _text_alphabet(kind, byte, before)
        before = byte
        if alphabet != FIXED:
            by = np.int64((word >> np.uint64(8 * lane)) & _BYTE)
            data[place] = BYTES[alphabet, (RANKS[alphabet, byte] + by) % SIZES[alphabet]]


@kernel
def _is_delimiter(byte: int) -> bool:
    """Printable ASCII that is neither a letter nor a digit: separators, hash tags' braces, glob signs."""
    return bool(OF_VALUE[byte] == PRINTABLE and OF_TEXT[byte] == FIXED)


@kernel
def redact_text(
    data: U8, start: int, stop: int, key0: np.uint64, key1: np.uint64, kept: U8, ends: I64, slots: I64, alphabets: U8
) -> None:
    """A key or a name: segment by segment."""
    place = start
    while place < stop:
        begin = place
        while place < stop and not _is_delimiter(data[place]):
            place += 1
        if place > begin:
            _redact_segment(data, begin, place, key0, key1, kept, ends, slots, alphabets)
        place += 1
