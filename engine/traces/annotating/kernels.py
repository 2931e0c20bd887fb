"""Compiled loops that find each command's shape, and apply the layout of that shape to it (`layout.py`)."""

from __future__ import annotations

import numpy as np

from engine.kernels import kernel
from engine.traces.annotating.grammar import NUMBER
from engine.traces.annotating.layout import MULTI, PAYLOAD, PAYLOAD_UNLESS_INTEGER
from engine.traces.block import I32, I64, U8, UNKNOWN
from engine.traces.hash_table import ABSENT, U64, find, hash_bytes, mixed
from engine.traces.roles import KEEP, VALUE

LONGEST_OPTION = 24  # longer words are no option word
LONGEST_NUMBER = 40
CONTAINER, OPTIONS = 1, 2  # bits of a name's entry
IN_TRANSACTION = 4  # Flag.TRANSACTION
_MOST_MS = (1 << 63) - 1


@kernel
def shapes(
    data: U8,
    offsets: I64,
    first: I64,
    rows: I64,
    name_keys: U64,
    name_values: I32,
    name_bits: U8,
    name_counts: I32,
    option_keys: U64,
    option_values: I32,
    layout_keys: U64,
    layout_values: I32,
    out_shape: U64,
    out_layout: I32,
    missing: I64,
) -> int:
    """For each of `rows`: the hash of its shape and the layout known for it.

    Rows without a known name or layout are listed in `missing`; how many is returned. Their `out_shape` is 0 when the
    name itself is not known.
    """
    count = 0
    for row in rows:
        start, stop = first[row], first[row + 1]
        entry, name = _entry(data, offsets, start, stop, name_keys, name_values, name_bits)
        out_shape[row] = np.uint64(0)
        out_layout[row] = ABSENT
        if entry >= 0:
            shape = mixed(name, np.uint64(stop - start))
            if name_bits[entry] & OPTIONS:
                shape = _with_options(data, offsets, start, stop, option_keys, option_values, shape)
            for at in range(name_counts.shape[1]):
                place = name_counts[entry, at]
                if 0 < place < stop - start:
                    text = hash_bytes(data, offsets[start + place], offsets[start + place + 1], False)
                    shape = mixed(shape, text)
            out_shape[row] = shape if shape != 0 else np.uint64(1)
            out_layout[row] = find(layout_keys, layout_values, shape)
        if out_layout[row] < 0:
            missing[count] = row
            count += 1
    return count


@kernel
def _entry(
    data: U8, offsets: I64, start: int, stop: int, name_keys: U64, name_values: I32, name_bits: U8
) -> tuple[int, np.uint64]:
    """The entry of the command's name and the hash it stands under."""
    name = hash_bytes(data, offsets[start], offsets[start + 1], True)
    entry = find(name_keys, name_values, name)
    if entry >= 0 and name_bits[entry] & CONTAINER:
        second = np.uint64(0)
        if stop - start > 1:
            second = hash_bytes(data, offsets[start + 1], offsets[start + 2], True)
        name = mixed(name, second)
        entry = find(name_keys, name_values, name)
    return entry, name


@kernel
def _with_options(
    data: U8, offsets: I64, start: int, stop: int, option_keys: U64, option_values: I32, shape: np.uint64
) -> np.uint64:
    for word in range(start + 1, stop):
        length = offsets[word + 1] - offsets[word]
        if length <= LONGEST_OPTION:
            option = find(option_keys, option_values, hash_bytes(data, offsets[word], offsets[word + 1], True))
            if option >= 0:
                shape = mixed(shape, np.uint64((word - start) * 4096 + option))
    return shape


@kernel
def apply(
    data: U8,
    offsets: I64,
    first: I64,
    conn: I32,
    t_us: I64,
    layouts: I32,
    numbers: I64,
    starts: I64,
    sizes: I64,
    marks: U8,
    payload_marks: U8,
    in_transaction: U8,
    out_key: I64,
    out_value_len: I32,
    out_ttl: I64,
    out_flags: U8,
    out_roles: U8,
) -> None:
    """Fill the columns of every row from its layout.

    `numbers[layout]`: key, ttl, ttl unit in ms, absolute, flags, state, as one row of integers. `starts`, `sizes`:
    where the layout's marks begin and how many they are. `in_transaction[conn]` is carried on.
    """
    for row in range(len(layouts)):
        layout = layouts[row]
        begin, stop = first[row], first[row + 1]
        mark, size = starts[layout], sizes[layout]
        payload = 0
        for word in range(begin, stop):
            if word - begin >= size:  # two shapes with one hash: nothing is known of the words beyond
                out_roles[word] = VALUE
                continue
            out_roles[word] = _role(data, offsets[word], offsets[word + 1], marks[mark])
            kind = payload_marks[mark]
            if kind == PAYLOAD or (
                kind == PAYLOAD_UNLESS_INTEGER and not _integer(data, offsets[word], offsets[word + 1])
            ):
                payload += offsets[word + 1] - offsets[word]
            mark += 1
        out_value_len[row] = payload
        key, ttl = numbers[layout, 0], numbers[layout, 1]
        out_key[row] = begin + key if 0 <= key < stop - begin else -1
        out_ttl[row] = UNKNOWN
        if 0 <= ttl < stop - begin:
            out_ttl[row] = _ttl(
                data,
                offsets[begin + ttl],
                offsets[begin + ttl + 1],
                numbers[layout, 2],
                numbers[layout, 3] != 0,
                t_us[row] // 1000,
            )
        flags, state, client = numbers[layout, 4], numbers[layout, 5], conn[row]
        if in_transaction[client]:
            flags |= IN_TRANSACTION
        if state == MULTI:
            in_transaction[client] = 1
        elif state > MULTI:
            in_transaction[client] = 0
        out_flags[row] = flags


@kernel
def _role(data: U8, start: int, stop: int, role: int) -> int:
    """A word whose place takes a number is kept when it is one (or only signs, such as `$` and `-`)."""
    if role != NUMBER:
        return role
    if stop - start > LONGEST_NUMBER:
        return VALUE
    for place in range(start, stop):
        byte = data[place]
        digit = 48 <= byte <= 57
        sign = 32 < byte < 48 or 57 < byte < 65 or 90 < byte < 97 or byte == 126
        exponent = (byte == 101 or byte == 69) and place > start
        if not (digit or sign or exponent or _infinite(data, start, stop)):
            return VALUE
    return KEEP


@kernel
def _infinite(data: U8, start: int, stop: int) -> bool:
    """`inf`, `+inf`, `(-INF` …"""
    if stop - start < 3 or stop - start > 5:
        return False
    return (
        (data[stop - 3] | 32) == 105
        and (data[stop - 2] | 32) == 110
        and (data[stop - 1] | 32) == 102
        and (stop - start == 3 or data[start] < 48)
        and (stop - start < 5 or data[start + 1] < 48)
    )


@kernel
def _integer(data: U8, start: int, stop: int) -> bool:
    """Digits after any number of minus signs, as `payload.is_integer` has it."""
    while start < stop and data[start] == 45:
        start += 1
    for place in range(start, stop):
        if not 48 <= data[place] <= 57:
            return False
    return stop > start


@kernel
def _ttl(data: U8, start: int, stop: int, unit_ms: int, absolute: bool, now_ms: int) -> int:
    """The relative time to live in ms; UNKNOWN when the word is no time that fits 64 bits."""
    length = stop - start
    negative = length > 0 and data[start] == 45
    if length == 0 or length > 20 or (negative and length == 1):
        return UNKNOWN
    limit = _MOST_MS // unit_ms
    number = 0
    for place in range(start + (1 if negative else 0), stop):
        digit = data[place] - 48
        if data[place] < 48 or digit > 9 or number > (limit - digit) // 10:
            return UNKNOWN
        number = number * 10 + digit
    ttl_ms = -number * unit_ms if negative else number * unit_ms
    return max(0, ttl_ms - now_ms if absolute else ttl_ms)


@kernel
def replaced_lengths(offsets: I64, roles: U8, role: int, length: int) -> I64:
    """The offsets of the same words when those of one role have `length` bytes."""
    out = np.zeros(len(offsets), np.int64)
    for word in range(len(roles)):
        out[word + 1] = out[word] + (length if roles[word] == role else offsets[word + 1] - offsets[word])
    return out


@kernel
def with_replaced(data: U8, offsets: I64, roles: U8, role: int, text: U8, new_offsets: I64) -> U8:
    """The same words with those of one role replaced by `text`."""
    out = np.empty(new_offsets[-1], np.uint8)
    for word in range(len(roles)):
        at = new_offsets[word]
        if roles[word] == role:
            out[at : at + len(text)] = text
        else:
            out[at : new_offsets[word + 1]] = data[offsets[word] : offsets[word + 1]]
    return out


@kernel
def gathered(data: U8, offsets: I64, words: I64) -> tuple[I32, U8]:
    """The chosen words, one after the other: their offsets and bytes. A word of -1 is empty."""
    starts = np.zeros(len(words) + 1, np.int32)
    for place in range(len(words)):
        word = words[place]
        starts[place + 1] = starts[place] + (offsets[word + 1] - offsets[word] if word >= 0 else 0)
    out = np.empty(starts[-1], np.uint8)
    for place in range(len(words)):
        if words[place] >= 0:
            out[starts[place] : starts[place + 1]] = data[offsets[words[place]] : offsets[words[place] + 1]]
    return starts, out


@kernel
def arguments(data: U8, offsets: I64, first: I64, layouts: I32, name_words: I64) -> tuple[I32, I32, U8]:
    """All words but the names: where each row's begin, their offsets, their bytes."""
    rows = len(layouts)
    row_starts = np.zeros(rows + 1, np.int32)
    for row in range(rows):
        row_starts[row + 1] = row_starts[row] + (first[row + 1] - first[row] - name_words[layouts[row]])
    starts = np.zeros(row_starts[-1] + 1, np.int32)
    out = np.empty(offsets[first[rows]] - offsets[first[0]], np.uint8)
    place = word_at = 0
    for row in range(rows):
        begin, stop = first[row] + name_words[layouts[row]], first[row + 1]
        size = offsets[stop] - offsets[begin]
        out[place : place + size] = data[offsets[begin] : offsets[stop]]
        for word in range(begin, stop):
            word_at += 1
            starts[word_at] = place + offsets[word + 1] - offsets[begin]
        place += size
    return row_starts, starts, out[:place]
