"""Compiled loop over lines of MONITOR: heads, clients and quoted words to columns."""

from __future__ import annotations

import numpy as np

from engine.kernels import kernel
from engine.traces.block import I16, I32, I64, U8
from engine.traces.hash_table import U64, find, hash_bytes, put

MOST_DATABASES = 32_767
BACKWARDS_TOLERANCE_US = 1_000_000  # MONITOR writes in execution order; clocks are nudged by less than this

# What is carried from one piece to the next, and what a piece found.
LAST_US, SCRIPT_CONN, CLIENTS, MOVED, MOVED_MOST_US, STARTED, BACKWARDS_LINE, BACKWARDS_US, ODD, NEW = range(10)
STATE_SIZE = 10

_NEWLINE, _RETURN, _SPACE, _QUOTE, _BACKSLASH = 10, 13, 32, 34, 92


@kernel
def parse(
    text: U8,
    most_clients: int,
    client_keys: U64,
    client_values: I32,
    state: I64,
    t_us: I64,
    conn: I32,
    db: I16,
    lua: U8,
    first: I64,
    offsets: I64,
    data: U8,
    odd: I64,
    new: I64,
) -> int:
    """Read whole lines; returns how many commands were found.

    `odd[i]`: number of the line (from 0), start and end of a line that is no command. `new[i]`: start and end of the
    client of the next connection number. A time too far back ends the reading with its line in `state`.
    """
    rows = words = size = line = place = 0
    state[ODD] = state[NEW] = 0
    state[BACKWARDS_LINE] = -1
    end_of_text = len(text)
    while place < end_of_text:
        end = place
        while end < end_of_text and text[end] != _NEWLINE:
            end += 1
        time, database, client, client_end, quoted = _head(text, place, end)
        found = -1
        if time >= 0 and database <= MOST_DATABASES:
            found, size_after = unquoted(text, quoted, end, offsets, words, data, size)
        if found < 1:
            odd[state[ODD], 0], odd[state[ODD], 1], odd[state[ODD], 2] = line, place, end
            state[ODD] += 1
        else:
            if not _set_time(time, line, state):
                return rows
            is_lua = client_end - client == 3 and _is_lua(text, client)
            if is_lua and state[SCRIPT_CONN] >= 0:
                number = state[SCRIPT_CONN]
            else:
                number = _connection(text, client, client_end, most_clients, client_keys, client_values, state, new)
            if is_lua or _is_script(data, offsets[words], offsets[words + 1]):
                state[SCRIPT_CONN] = number
            t_us[rows], conn[rows], db[rows], lua[rows] = state[LAST_US], number, database, is_lua
            rows += 1
            words += found
            size = size_after
            first[rows] = words
        line += 1
        place = end + 1
    return rows


@kernel
def _set_time(time: int, line: int, state: I64) -> bool:
    """Take the line's time, or that of the line before it when it is a little earlier; False when it is much earlier."""
    if not state[STARTED] or time >= state[LAST_US]:
        state[STARTED], state[LAST_US] = 1, time
        return True
    back = state[LAST_US] - time
    if back > BACKWARDS_TOLERANCE_US:
        state[BACKWARDS_LINE], state[BACKWARDS_US] = line, time
        return False
    state[MOVED] += 1
    state[MOVED_MOST_US] = max(state[MOVED_MOST_US], back)
    return True


@kernel
def _connection(text: U8, start: int, stop: int, most: int, keys: U64, values: I32, state: I64, new: I64) -> int:
    """The number of a client; beyond `most` of them numbers are shared."""
    key = hash_bytes(text, start, stop, False)
    known: int = find(keys, values, key)
    if known >= 0:
        return known
    if state[CLIENTS] >= most:
        return int(key % np.uint64(most))
    number = int(state[CLIENTS])
    put(keys, values, key, number)
    new[state[NEW], 0], new[state[NEW], 1] = start, stop
    state[NEW] += 1
    state[CLIENTS] += 1
    return number


@kernel
def _is_lua(text: U8, at: int) -> bool:
    return bool(text[at] == 108 and text[at + 1] == 117 and text[at + 2] == 97)


@kernel
def _is_script(data: U8, start: int, stop: int) -> bool:
    """EVAL, EVALSHA, FCALL and their read-only forms."""
    if stop - start < 4:
        return False
    a, b, c, d = data[start] | 32, data[start + 1] | 32, data[start + 2] | 32, data[start + 3] | 32
    return bool((a == 101 and b == 118 and c == 97 and d == 108) or (a == 102 and b == 99 and c == 97 and d == 108))


@kernel
def _head(text: U8, place: int, end: int) -> tuple[int, int, int, int, int]:
    """Time in µs (-1: this is no head), database, where the client's name begins and ends, where the words begin."""
    nothing = (-1, 0, 0, 0, 0)
    place = _after_prefixes(text, place, end)
    seconds, after = _number(text, place, end, 11)
    if after < 0 or after >= end or text[after] != 46:
        return nothing
    micros, place = _number(text, after + 1, end, 6)
    if place != after + 7 or place + 1 >= end or text[place] != _SPACE:
        return nothing
    time = seconds * 1_000_000 + micros
    place += 1
    if text[place] == 91:  # [db client]
        database, after = _number(text, place + 1, end, 5)
        if after < 0 or after >= end or text[after] != _SPACE:
            return nothing
        close = after + 1
        while close + 2 < end and not (text[close] == 93 and text[close + 1] == _SPACE and text[close + 2] == _QUOTE):
            close += 1
        if close + 2 >= end:
            return nothing
        return time, database, after + 1, close, close + 2
    if place + 4 < end and text[place] == 40 and text[place + 1] == 100 and text[place + 2] == 98:  # (db 0)
        database, after = _number(text, place + 4, end, 5)
        if text[place + 3] == _SPACE and 0 < after < end - 2 and text[after] == 41 and text[after + 1] == _SPACE:
            return time, database, after, after, after + 2
    return nothing


@kernel
def _after_prefixes(text: U8, place: int, end: int) -> int:
    """After `+` and `[ proxy49 ] `."""
    if place < end and text[place] == 43:
        place += 1
    if place + 1 < end and text[place] == 91 and text[place + 1] == _SPACE:
        close = place + 2
        while close < end and text[close] != 93 and close - place < 70:
            close += 1
        if close + 1 < end and text[close] == 93 and text[close - 1] == _SPACE and text[close + 1] == _SPACE:
            place = close + 2
            if place < end and text[place] == 43:
                place += 1
    return place


@kernel
def _number(text: U8, place: int, end: int, most: int) -> tuple[int, int]:
    """Up to `most` digits: the number and where they end, -1 when there is none or there are more."""
    start, number = place, 0
    while place < end and 48 <= text[place] <= 57:
        if place - start == most:
            return 0, -1
        number = number * 10 + (text[place] - 48)
        place += 1
    return number, place if place > start else -1


@kernel
def unquoted(text: U8, place: int, end: int, offsets: I64, words: int, data: U8, size: int) -> tuple[int, int]:
    """Unquote `"SET" "k"` up to the end of the line: how many words (-1: not quoted as a server does), bytes used."""
    count = 0
    if end > place and text[end - 1] == _RETURN:
        end -= 1
    while place < end and text[place] == _QUOTE:
        place += 1
        while place < end and text[place] != _QUOTE:
            byte = text[place]
            place += 1
            if byte == _BACKSLASH:
                if place >= end:
                    return -1, size
                byte, place = _escaped(text, place, end)
                if place < 0:
                    return -1, size
            data[size] = byte
            size += 1
        if place >= end:
            return -1, size
        count += 1
        offsets[words + count] = size
        place += 1
        if place == end:
            return count, size
        if place + 1 >= end or text[place] != _SPACE or text[place + 1] != _QUOTE:
            return -1, size
        place += 1
    return -1, size


@kernel
def _escaped(text: U8, place: int, end: int) -> tuple[int, int]:
    """The byte that an escape stands for and where it ends (-1: there is no such escape)."""
    byte = text[place]
    if byte in (_QUOTE, _BACKSLASH):
        return byte, place + 1
    if byte == 110:
        return 10, place + 1
    if byte == 114:
        return 13, place + 1
    if byte == 116:
        return 9, place + 1
    if byte == 97:
        return 7, place + 1
    if byte == 98:
        return 8, place + 1
    if byte == 120 and place + 2 < end:
        high, low = _digit(text[place + 1]), _digit(text[place + 2])
        if high >= 0 and low >= 0:
            return high * 16 + low, place + 3
    return 0, -1


@kernel
def _digit(byte: int) -> int:
    """A hexadecimal digit, -1 for anything else."""
    if 48 <= byte <= 57:
        return byte - 48
    low = byte | 32
    return low - 87 if 97 <= low <= 102 else -1
