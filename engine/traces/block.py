"""What a reader hands on: some thousands of commands at a time, in columns, before anything is known of their meaning.

A `Block` has every word of every command; a `SizedBlock` has names, keys and sizes only. Word j is
`data[offsets[j]:offsets[j + 1]]`; the words of command i are `first[i]` to `first[i + 1] - 1`, its name the first of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

I64 = NDArray[np.int64]
I32 = NDArray[np.int32]
I16 = NDArray[np.int16]
U8 = NDArray[np.uint8]

BLOCK_COMMANDS = 65_536  # about so many at a time
UNKNOWN = -1  # in columns of lengths and times: not recorded


@dataclass(frozen=True, slots=True)
class Block:
    """Full commands. All arrays are the block's own and may be changed in place by whoever holds it.

    `t_us`: Unix microseconds, in order (0 for a format without a clock). `conn`: connections numbered by appearance over
    the whole recording; of a lua line that of the script's caller. `db`: the database the
    command runs in. `lua`: 1 for lines run by a script. `population`: 1 for commands that make the keyspace the recording
    starts from; those come first. `reply_len`: bytes of the reply on the wire, `UNKNOWN` where it was not recorded, None
    when the format has no replies.
    """

    t_us: I64
    conn: I32
    db: I16
    lua: U8
    first: I64
    offsets: I64
    data: U8
    reply_len: I32 | None = None
    population: bool = False

    def __len__(self) -> int:
        return len(self.t_us)

    def words(self) -> Iterator[list[bytes]]:
        """The words of each command, for tests and for what is rare."""
        data, offsets = self.data.tobytes(), self.offsets.tolist()
        for start, stop in zip(self.first[:-1].tolist(), self.first[1:].tolist(), strict=True):
            yield [data[offsets[place] : offsets[place + 1]] for place in range(start, stop)]


@dataclass(frozen=True, slots=True)
class SizedBlock:
    """Commands of a cache trace: key and sizes without contents.

    `cmd`: index into `names` (canonical command names). Key i is `key_data[key_offsets[i]:key_offsets[i + 1]]`, its
    recorded length `key_len[i]` (which may differ where the publisher replaced keys). `value_len`: bytes of the value the
    command carries, 0 for reads. `reply_len`: bytes of the value it was answered. `ttl_ms`: time to live it sets.
    `UNKNOWN` where not recorded.
    """

    t_us: I64
    conn: I32
    names: tuple[str, ...]
    cmd: I32
    key_offsets: I64
    key_data: U8
    key_len: I32
    value_len: I32
    reply_len: I32
    ttl_ms: I64

    def __len__(self) -> int:
        return len(self.t_us)


Command = tuple[int, int, int, bool, Sequence[bytes]]
"""Unix µs, connection, database, whether a script ran it, words."""


def block_of(commands: Iterable[Command], *, population: bool = False, reply_len: Sequence[int] | None = None) -> Block:
    """A block of commands that are at hand as Python objects: tests, generators, and lines no kernel reads."""
    rows = list(commands)
    words = [word for row in rows for word in row[4]]
    return Block(
        t_us=_column([row[0] for row in rows], np.int64),
        conn=_column([row[1] for row in rows], np.int32),
        db=_column([row[2] for row in rows], np.int16),
        lua=_column([row[3] for row in rows], np.uint8),
        first=_starts([len(row[4]) for row in rows]),
        offsets=_starts([len(word) for word in words]),
        data=np.frombuffer(bytearray().join(words), np.uint8),
        reply_len=None if reply_len is None else _column(reply_len, np.int32),
        population=population,
    )


def _column(values: Sequence[Any], kind: Any) -> Any:
    return np.array(values, kind)


def _starts(lengths: Sequence[int]) -> I64:
    starts = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(np.array(lengths, np.int64), out=starts[1:])
    return starts
