"""Redaction of payloads as compiled loops: a number stays a number of the same shape, everything else becomes noise.

Up to `EXACT_BYTES` printable bytes become printable ones and others others, by a permutation. A longer value becomes a
stream of printable bytes seeded with the keyed hash of the whole value.
"""

from __future__ import annotations

import numpy as np

from engine.kernels import kernel
from engine.traces.block import U8
from engine.traces.redacting.alphabets import FIXED, OF_VALUE, TWO_TO_NINE
from engine.traces.redacting.permutation import (
    EXACT_BYTES,
    PAYLOAD,
    first_moving,
    last_moving,
    permute,
    set_digits,
    set_fraction,
)
from engine.traces.redacting.siphash import keyed_hash, stream_word

_MINUS, _PLUS, _POINT, _ZERO, _ONE, _NINE = 45, 43, 46, 48, 49, 57
_BYTE = np.uint64(0xFF)


@kernel
def _digits_end(data: U8, place: int, stop: int) -> int:
    while place < stop and _ZERO <= data[place] <= _NINE:
        place += 1
    return place


@kernel
def _after_sign(data: U8, place: int, stop: int) -> int:
    return place + 1 if place < stop and (data[place] == _MINUS or data[place] == _PLUS) else place


@kernel
def _number_parts(data: U8, start: int, stop: int) -> tuple[int, int, int, int]:
    """Of `-12.50e3`: where the whole digits begin and end, and the fraction; the first is -1 when it is no number."""
    whole = _after_sign(data, start, stop)
    whole_end = _digits_end(data, whole, stop)
    fraction = fraction_end = whole_end
    if whole_end < stop and data[whole_end] == _POINT:
        fraction = whole_end + 1
        fraction_end = _digits_end(data, fraction, stop)
        if fraction_end == fraction:
            return -1, 0, 0, 0
    if whole_end == whole:
        return -1, 0, 0, 0
    if fraction_end < stop and (data[fraction_end] == 101 or data[fraction_end] == 69):
        exponent = _after_sign(data, fraction_end + 1, stop)
        if exponent < stop and _digits_end(data, exponent, stop) == stop:
            return whole, whole_end, fraction, fraction_end
    if fraction_end != stop:
        return -1, 0, 0, 0
    return whole, whole_end, fraction, fraction_end


@kernel
def _limit(size: int) -> int:
    """The largest whole number of an integer type that has so many digits, else 0."""
    return 32767 if size == 5 else 2147483647 if size == 10 else 9223372036854775807 if size == 19 else 0


@kernel
def _fits(data: U8, start: int, stop: int, negative: bool) -> bool:
    """Whether the digits fit the 16-, 32- or 64-bit integer whose largest number is as long; engines store by these."""
    limit = np.uint64(_limit(stop - start))
    if limit == np.uint64(0):
        return True
    number = np.uint64(0)
    for place in range(start, stop):
        number = number * np.uint64(10) + np.uint64(data[place] - _ZERO)
    return bool(number <= limit + np.uint64(negative))


@kernel
def _redact_number(
    data: U8, start: int, stop: int, key0: np.uint64, key1: np.uint64, alphabets: U8, parts: tuple[int, int, int, int]
) -> None:
    """A number stays one: sign, point and exponent stay, and so do a lone 0 or 1, which are mostly yes and no."""
    whole, whole_end, fraction, fraction_end = parts
    alphabets[: stop - start] = FIXED
    set_digits(data, whole, whole_end, alphabets, start)
    set_fraction(data, fraction, fraction_end, alphabets, start)
    if whole_end - whole == 1 and whole_end == stop:
        alphabets[whole - start] = TWO_TO_NINE if data[whole] > _ONE else FIXED
    first, last = start + first_moving(alphabets, stop - start), start + last_moving(alphabets, stop - start)
    if first >= last:
        return
    negative = data[start] == _MINUS
    fitted = _fits(data, whole, whole_end, negative)
    permute(data, first, last, alphabets, start, key0, key1, PAYLOAD)
    while _fits(data, whole, whole_end, negative) != fitted:
        permute(data, first, last, alphabets, start, key0, key1, PAYLOAD)


@kernel
def _is_hyperloglog(data: U8, start: int, stop: int) -> bool:
    """The engines' own sketch: it holds hashes only, and replaced it would be no sketch any more."""
    return bool(
        stop - start >= 16
        and data[start] == 72
        and data[start + 1] == 89
        and data[start + 2] == 76
        and data[start + 3] == 76
        and data[start + 4] <= 1
        and data[start + 5] == 0
        and data[start + 6] == 0
        and data[start + 7] == 0
    )


@kernel
def redact_value(data: U8, start: int, stop: int, key0: np.uint64, key1: np.uint64, alphabets: U8) -> None:
    """A payload: printable stays printable, and what is no number does not become one."""
    if _is_hyperloglog(data, start, stop):
        return
    if stop - start > EXACT_BYTES:
        _redact_long_value(data, start, stop, key0, key1)
        return
    parts = _number_parts(data, start, stop)
    if parts[0] >= 0:
        _redact_number(data, start, stop, key0, key1, alphabets, parts)
        return
    for place in range(start, stop):
        alphabets[place - start] = OF_VALUE[data[place]]
    moving = first_moving(alphabets, stop - start) < stop - start
    while moving:
        permute(data, start, stop, alphabets, start, key0, key1, PAYLOAD)
        moving = _number_parts(data, start, stop)[0] >= 0


@kernel
def _redact_long_value(data: U8, start: int, stop: int, key0: np.uint64, key1: np.uint64) -> None:
    """Printable bytes from a stream whose seed is the hash of the whole value."""
    seed = keyed_hash(key0, key1, np.uint64(PAYLOAD), data, start, stop)
    word = np.uint64(0)
    for place in range(start, stop):
        lane = (place - start) & 7
        if lane == 0:
            word = stream_word(seed, (place - start) >> 3)
        data[place] = np.uint8(33 + (((word >> np.uint64(8 * lane)) & _BYTE) * np.uint64(94) >> np.uint64(8)))


@kernel
def _in_range(data: U8, whole: int, whole_end: int, fraction: int, fraction_end: int) -> bool:
    """Whether a latitude of 85 degrees and a fraction is one that engines take: up to 85.05112878."""
    if whole_end - whole != 2 or data[whole] != 56 or data[whole + 1] != 53:
        return True
    number = 0
    for place in range(8):
        number = number * 10 + (data[fraction + place] - _ZERO if fraction + place < fraction_end else 0)
    return number < 5112878


@kernel
def redact_coordinate(data: U8, start: int, stop: int, key0: np.uint64, key1: np.uint64, alphabets: U8) -> None:
    """Sign and whole degrees stay; what stands behind the point is replaced."""
    whole, whole_end, fraction, fraction_end = _number_parts(data, start, stop)
    if whole < 0 or fraction_end - fraction > EXACT_BYTES:
        return
    set_fraction(data, fraction, fraction_end, alphabets, fraction)
    last = fraction + last_moving(alphabets, fraction_end - fraction)
    if fraction >= last:
        return
    valid = _in_range(data, whole, whole_end, fraction, fraction_end)
    permute(data, fraction, last, alphabets, fraction, key0, key1, PAYLOAD)
    while _in_range(data, whole, whole_end, fraction, fraction_end) != valid:
        permute(data, fraction, last, alphabets, fraction, key0, key1, PAYLOAD)
