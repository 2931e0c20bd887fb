"""The compiled loops of `engine.traces.resp.words`: headers checked, words copied.

Every function takes a buffer and a place in it; none reads beyond the buffer, whatever it holds. Errors are codes.
"""

from __future__ import annotations

import numpy as np

from engine.kernels import kernel
from engine.traces.block import I16, I64, U8
from engine.traces.limits import MAX_COMMAND_BYTES, MAX_COMMAND_WORDS, MAX_WORD_BYTES

OK, NO_ARRAY, NO_BULK, BAD_NUMBER, NO_END, TOO_MANY_WORDS, TOO_LONG_WORD, TOO_LONG_COMMAND, BAD_NOTE = range(9)
NO_TIME = -1
MOST_DATABASES = 32_767
_MOST_NOTE_BYTES = 1024
_MOST_SECONDS = 9_999_999_999  # before the last digit: far from now, and in microseconds within 64 bits
_MOST_DIGITS = 10
_INCOMPLETE, _WRONG = -1, -2
_CR, _LF, _HASH, _STAR, _DOLLAR, _ZERO = 13, 10, 35, 42, 36, 48
_LOWER = 32  # the bit that makes a letter a small one
_SELECT = np.frombuffer(b"select", np.uint8).copy()
_MULTI, _EXEC, _DISCARD = (np.frombuffer(word, np.uint8).copy() for word in (b"multi", b"exec", b"discard"))
_TS = np.frombuffer(b"#TS:", np.uint8).copy()


@kernel
def _digit(buffer: U8, at: int) -> int:
    """The digit at `at`, -1 when there is something else."""
    byte = buffer[at]
    return int(byte - _ZERO) if _ZERO <= byte <= _ZERO + 9 else -1


@kernel
def _number(buffer: U8, at: int) -> tuple[int, int]:
    """The digits from `at` and where the line after them begins; (-1, ·) incomplete, (-2, where) wrong."""
    value, place, size = 0, at, len(buffer)
    while place < size and buffer[place] != _CR:
        digit = _digit(buffer, place)
        if digit < 0 or place - at >= _MOST_DIGITS:
            return _WRONG, place
        value = value * 10 + digit
        place += 1
    if place == at and place < size:
        return _WRONG, place
    if place + 1 >= size:
        return _INCOMPLETE, size + 1
    if buffer[place + 1] != _LF:
        return _WRONG, place + 1
    return value, place + 2


@kernel
def _after_word(buffer: U8, at: int) -> tuple[int, int, int, int]:
    """A bulk string at `at`: (where its bytes begin, where the next thing begins, error, where); begin -1: incomplete."""
    size = len(buffer)
    if at >= size:
        return -1, size + 1, OK, at
    if buffer[at] != _DOLLAR:
        return 0, 0, NO_BULK, at
    length, begin = _number(buffer, at + 1)
    if length == _INCOMPLETE:
        return -1, begin, OK, at
    if length == _WRONG:
        return 0, 0, BAD_NUMBER, begin
    if length > MAX_WORD_BYTES:
        return 0, 0, TOO_LONG_WORD, at
    end = begin + length
    if end + 2 > size:
        if end < size and buffer[end] != _CR:
            return 0, 0, NO_END, end
        return -1, end + 2, OK, at
    if buffer[end] != _CR or buffer[end + 1] != _LF:
        return 0, 0, NO_END, end
    return begin, end + 2, OK, at


@kernel
def _command(buffer: U8, at: int) -> tuple[int, int, int, int, int]:
    """A command at `at`: (next, words, bytes of words, error, where); next -1: incomplete, its `where` is the need."""
    size = len(buffer)
    if at >= size:
        return -1, 0, 0, OK, size + 1
    if buffer[at] != _STAR:
        return 0, 0, 0, NO_ARRAY, at
    words, place = _number(buffer, at + 1)
    if words == _INCOMPLETE:
        return -1, 0, 0, OK, place
    if words == _WRONG:
        return 0, 0, 0, BAD_NUMBER, place
    if words < 1 or words > MAX_COMMAND_WORDS:
        return 0, 0, 0, TOO_MANY_WORDS, at
    held = 0
    for _ in range(words):
        begin, after, error, where = _after_word(buffer, place)
        if error != OK:
            return 0, 0, 0, error, where
        if after - at > MAX_COMMAND_BYTES:
            return 0, 0, 0, TOO_LONG_COMMAND, at
        if begin < 0:
            return -1, 0, 0, OK, after
        held += after - 2 - begin
        place = after
    return place, words, held, OK, at


@kernel
def _note(buffer: U8, at: int) -> tuple[int, int, int]:
    """An annotation at `at`: (where the next line begins, its Unix second or -1, error); next -1: incomplete."""
    place, size = at, len(buffer)
    while place < size and buffer[place] != _LF:
        place += 1
        if place - at > _MOST_NOTE_BYTES:
            return 0, NO_TIME, BAD_NOTE
    if place >= size:
        return -1, NO_TIME, OK
    for index in range(len(_TS)):
        if at + index >= place or buffer[at + index] != _TS[index]:
            return place + 1, NO_TIME, OK
    second = _second(buffer, at + len(_TS), place)
    return place + 1, second, OK if second >= 0 else BAD_NOTE


@kernel
def _second(buffer: U8, at: int, end: int) -> int:
    """The number that fills the line up to its end, with or without a carriage return; -1 when it does not."""
    last = end - 1 if buffer[end - 1] == _CR else end
    second = 0
    for index in range(at, last):
        digit = _digit(buffer, index)
        if digit < 0 or second > _MOST_SECONDS:
            return -1
        second = second * 10 + digit
    return second if last > at else -1


@kernel
def _named(buffer: U8, at: int, name: U8) -> bool:
    """Whether the first word of a complete command at `at` is this one, in whatever case."""
    _, name_at = _number(buffer, at + 1)
    length, begin = _number(buffer, name_at + 1)
    if length != len(name):
        return False
    differing = 0
    for index in range(len(name)):
        differing |= (buffer[begin + index] | _LOWER) ^ name[index]
    return differing == 0


@kernel
def _selected(buffer: U8, at: int, words: int) -> int:
    """The database a complete command at `at` selects; -1 when it is another command or no database."""
    if words != 2 or not _named(buffer, at, _SELECT):
        return -1
    _, name_at = _number(buffer, at + 1)
    length, begin = _number(buffer, name_at + 1)
    digits, place = _number(buffer, begin + length + 3)
    if digits < 1 or digits > 5:
        return -1
    db, end = _number(buffer, place)
    return db if end == place + digits + 2 and 0 <= db <= MOST_DATABASES else -1


@kernel
def measure(buffer: U8, selects: bool) -> tuple[int, int, int, int, int, int, int, int, int, int, int, int]:
    """The fields of `engine.traces.resp.words.Measure`, in their order."""
    at = commands = words = size = skipped = times = 0
    multi_at = multi_command = exec_at = -1
    while True:
        if at < len(buffer) and buffer[at] == _HASH:
            after, second, error = _note(buffer, at)
            if error != OK or after < 0:
                after, where = -1, len(buffer) + 1 if error == OK else at
                break
            times += second != NO_TIME
            at = after
            continue
        after, count, held, error, where = _command(buffer, at)
        if error != OK or after < 0:
            break
        if selects and _selected(buffer, at, count) >= 0:
            skipped += 1
        else:
            commands += 1
            words += count
            size += held
        if count == 1 and _named(buffer, at, _MULTI):
            multi_at, multi_command = at, commands - 1
        elif count == 1 and (_named(buffer, at, _EXEC) or _named(buffer, at, _DISCARD)):
            exec_at = at
        at = after
    return at, commands, words, size, skipped, where, error, where, multi_at, multi_command, exec_at, times


@kernel
def _copied(buffer: U8, at: int, words: int, place: int, offset: int, offsets: I64, data: U8) -> tuple[int, int]:
    """Copy the words from the first `$` at `at` to `data` from `offset`; where the next command and copy begin."""
    for index in range(words):
        length, begin = _number(buffer, at + 1)
        offsets[place + index] = offset
        for byte in range(length):
            data[offset + byte] = buffer[begin + byte]
        offset += length
        at = begin + length + 2
    return at, offset


@kernel
def fill(
    buffer: U8,
    stop: int,
    selects: bool,
    db: int,
    second: int,
    first: I64,
    offsets: I64,
    data: U8,
    dbs: I16,
    seconds: I64,
) -> tuple[int, int]:
    """Fill the columns of a measured buffer; the database and second that hold after it."""
    at = command = place = offset = 0
    while at < stop:
        if buffer[at] == _HASH:
            at, noted, _ = _note(buffer, at)
            second = noted if noted != NO_TIME else second
            continue
        words, begin = _number(buffer, at + 1)
        chosen = _selected(buffer, at, words) if selects else -1
        if chosen >= 0:
            db = chosen
            at = _command(buffer, at)[0]
            continue
        first[command], dbs[command], seconds[command] = place, db, second
        at, offset = _copied(buffer, begin, words, place, offset, offsets, data)
        place += words
        command += 1
    first[command], offsets[place] = place, offset
    return db, second
