"""Commands as clients send them and append-only files keep them, `*N` arrays of `$N` bulk strings, into columns of words.

Two compiled passes over a buffer: `measure` checks every header and says how much is complete, `fill` copies the words
and trusts what was checked. Lines beginning with `#` between commands are annotations; `#TS:` gives Unix seconds.
Grammar: RESP specification, "Arrays" and "Bulk strings"; Redis 7 append-only file annotations.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from engine.traces.block import I16, I64, U8
from engine.traces.limits import MAX_COMMAND_BYTES, MAX_COMMAND_WORDS, MAX_WORD_BYTES
from engine.traces.resp import kernels as resp_kernels
from engine.traces.resp.kernels import (
    BAD_NOTE,
    BAD_NUMBER,
    NO_ARRAY,
    NO_BULK,
    NO_END,
    NO_TIME,
    OK,
    TOO_LONG_COMMAND,
    TOO_LONG_WORD,
    TOO_MANY_WORDS,
)

__all__ = ["NO_TIME", "OK", "PROBLEMS", "Measure", "Place", "Words", "filled", "measured"]

PROBLEMS = {
    NO_ARRAY: "there is no “*” where a command begins.",
    NO_BULK: "there is no “$” where a word begins.",
    BAD_NUMBER: "there is no number between 0 and a sensible length here, ended by a line break.",
    NO_END: "the word is not followed by a line break where its length says it ends.",
    TOO_MANY_WORDS: f"the command does not have between 1 and {MAX_COMMAND_WORDS} words.",
    TOO_LONG_WORD: f"the word is longer than {MAX_WORD_BYTES >> 20} MiB.",
    TOO_LONG_COMMAND: f"the command is longer than {MAX_COMMAND_BYTES >> 20} MiB.",
    BAD_NOTE: "the annotation has no end or no sensible time.",
}


class Measure(NamedTuple):
    """What a buffer begins with. `stop`: where the first command that is not complete (or is wrong) begins.

    `commands`, `words`, `size` (bytes of all words) without the SELECTs, which are `selects`. `needed`: how long the
    buffer must be at least for the command at `stop` to go further. `error`: one of this module's codes, at byte `at`.
    `multi_at`, `multi_command`: byte and number of the last MULTI (-1: none); `exec_at`: byte of the last EXEC or DISCARD.
    `times`: annotations that give a time.
    """

    stop: int
    commands: int
    words: int
    size: int
    selects: int
    needed: int
    error: int
    at: int
    multi_at: int
    multi_command: int
    exec_at: int
    times: int


@dataclass(frozen=True, slots=True)
class Words:
    """The commands of a buffer: words as in `engine.traces.block.Block`, `db` and `second` (Unix, `NO_TIME`) for each."""

    first: I64
    offsets: I64
    data: U8
    db: I16
    second: I64


@dataclass(slots=True)
class Place:
    """What holds for the next command: the database selected, the last second annotated."""

    db: int = 0
    second: int = NO_TIME


def measured(buffer: U8, *, selects: bool = True) -> Measure:
    """Check the buffer from its beginning. `selects`: SELECT is no command but says where the others run."""
    return Measure(*resp_kernels.measure(buffer, selects))


def filled(buffer: U8, measure: Measure, place: Place, *, selects: bool = True) -> Words:
    """The words of what `measured` found complete; `place` goes on from buffer to buffer."""
    words = Words(
        first=np.empty(measure.commands + 1, np.int64),
        offsets=np.empty(measure.words + 1, np.int64),
        data=np.empty(measure.size, np.uint8),
        db=np.empty(measure.commands, np.int16),
        second=np.empty(measure.commands, np.int64),
    )
    place.db, place.second = resp_kernels.fill(
        buffer,
        measure.stop,
        selects,
        place.db,
        place.second,
        words.first,
        words.offsets,
        words.data,
        words.db,
        words.second,
    )
    return words
