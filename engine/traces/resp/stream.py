"""A member of RESP commands as a stream: first counted, then read, in constant memory.

Counting tells how many commands there are, when they were annotated, and whether the end is cut off; only then can times
be given to commands that have none. Corruption is an InputError with the byte.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from engine.errors import InputError
from engine.traces.block import U8
from engine.traces.formats.reader import Member
from engine.traces.limits import BLOCK_BYTES, MAX_COMMAND_BYTES
from engine.traces.resp.words import NO_TIME, OK, PROBLEMS, Measure, Place, Words, filled, measured

EXPECTED = "commands as arrays of strings, such as *2\\r\\n$3\\r\\nGET\\r\\n$1\\r\\nk\\r\\n."


@dataclass(frozen=True, slots=True)
class Count:
    """What a stream holds. `stop`: where it ends for a reader; `size`: where its bytes end.

    `complete_to`: where its complete commands end, which is beyond `stop` when the last transaction has no end.
    `untimed`: commands before the first annotated second, which is `first_second`. `unfinished`: commands after `stop`
    that belong to a transaction without an end.
    """

    stop: int
    complete_to: int
    size: int
    commands: int
    selects: int
    untimed: int
    first_second: int
    unfinished: int


def slices(member: Member, start: int, stop: int | None = None) -> Iterator[bytes]:
    """The member's bytes from `start` to `stop` (None: the end), in pieces."""
    at = 0
    for block in member.blocks():
        piece = block[max(start - at, 0) : None if stop is None else max(stop - at, 0)]
        at += len(block)
        if piece:
            yield piece
        if stop is not None and at >= stop:
            return


def count(member: Member, start: int = 0) -> Count:
    """Count the commands from byte `start`. Raises InputError for corruption, with the byte."""
    at = size = start
    commands = selects = untimed = 0
    first_second = NO_TIME
    multi: tuple[int, int] | None = None  # byte and number of a MULTI that has no EXEC yet
    for buffer, measure in _measures(member, slices(member, start), start):
        if first_second == NO_TIME:
            before, first_second = _untimed(buffer, measure)
            untimed += before
        multi = _open_transaction(multi, measure, at, commands)
        commands += measure.commands
        selects += measure.selects
        size = at + len(buffer)
        at += measure.stop
    stop, kept = (at, commands) if multi is None else multi
    return Count(stop, at, size, kept, selects, min(untimed, kept), first_second, commands - kept)


def read(member: Member, start: int, stop: int, place: Place) -> Iterator[Words]:
    """The commands between two bytes that `count` found; `place` holds the database and time across streams."""
    for buffer, measure in _measures(member, slices(member, start, stop), start):
        words = filled(buffer, measure, place)
        del buffer
        if len(words.db):
            yield words
        del words


def _measures(member: Member, pieces: Iterator[bytes], start: int) -> Iterator[tuple[U8, Measure]]:
    """Buffers with at least one whole command each, but for the last, and what they hold."""
    held: list[bytes] = []
    size, needed = 0, BLOCK_BYTES
    for piece in pieces:
        held.append(piece)
        size += len(piece)
        if size >= needed:
            buffer, measure = _measured(member, held, start)
            start += measure.stop
            held = [buffer[measure.stop :].tobytes()]
            size, needed = len(held[0]), _needed(measure, len(buffer))
            yield buffer, measure
            del buffer  # before the next is made: it may be large
    if size:
        yield _measured(member, held, start)


def _needed(measure: Measure, size: int) -> int:
    """Bytes to wait for: what the next word needs, and twice as much as before while a single command fills them all."""
    if measure.stop:
        return max(BLOCK_BYTES, measure.needed - measure.stop)
    return max(measure.needed, min(2 * size, MAX_COMMAND_BYTES + BLOCK_BYTES))


def _measured(member: Member, held: list[bytes], start: int) -> tuple[U8, Measure]:
    buffer = np.frombuffer(b"".join(held), np.uint8)
    held.clear()  # a command may be large, and is in the buffer now
    measure = measured(buffer)
    if measure.error != OK:
        raise InputError(
            PROBLEMS[measure.error],
            source=member.name,
            offset=start + measure.at,
            expected=EXPECTED,
            remedy="Copy the file again, or repair it with the engine's check-aof tool.",
        )
    return buffer, measure


def _untimed(buffer: U8, measure: Measure) -> tuple[int, int]:
    """How many commands stand before the first annotated second, and that second (`NO_TIME`: there is none)."""
    if not measure.times:
        return measure.commands, NO_TIME
    place = Place()
    seconds = filled(buffer, measure, place).second
    timed = seconds[seconds != NO_TIME]
    return len(seconds) - len(timed), int(timed[0]) if len(timed) else place.second


def _open_transaction(
    before: tuple[int, int] | None, measure: Measure, at: int, commands: int
) -> tuple[int, int] | None:
    """Byte and number of the MULTI that is open after this buffer, which begins at byte `at` after so many commands."""
    if measure.multi_at > measure.exec_at:
        return at + measure.multi_at, commands + measure.multi_command
    return None if measure.exec_at >= 0 else before
