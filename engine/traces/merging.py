"""Several recordings, each in order of time, as one: the files of a cluster's nodes.

Holds one block of each. The commands of each file keep their order, those of the same microsecond in two files have none.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from engine.kernels import kernel
from engine.traces.block import I32, I64, U8, Block
from engine.traces.limits import MAX_CLIENTS

Connection = tuple[int, int]
"""Which recording, and its number there."""


def merged(recordings: Sequence[Iterator[Block]]) -> Iterator[tuple[Block, list[Connection]]]:
    """Blocks of all recordings by time, each with the connections met first in it, in the order of their new numbers."""
    heads = [_Head(number, blocks) for number, blocks in enumerate(recordings)]
    numbers = _Numbers(len(heads))
    while waiting := [head for head in heads if head.fill()]:
        until = min(head.last_us for head in waiting)
        taken = [(head.number, part) for head in waiting if len(part := head.take(until))]
        block = _by_time([part for _, part in taken], [numbers.of(number, part.conn) for number, part in taken])
        yield numbers.by_appearance(block)


class _Head:
    """The block of one recording that is being used up."""

    def __init__(self, number: int, blocks: Iterator[Block]) -> None:
        self.number = number
        self._blocks = blocks
        self._block: Block | None = None
        self._used = 0

    def fill(self) -> bool:
        """Have something to give, unless the recording is at its end."""
        while self._block is None or self._used == len(self._block):
            self._block, self._used = next(self._blocks, None), 0
            if self._block is None:
                return False
        return True

    @property
    def last_us(self) -> int:
        assert self._block is not None
        return int(self._block.t_us[-1])

    def take(self, until_us: int) -> Block:
        """Everything up to this time."""
        assert self._block is not None
        stop = int(np.searchsorted(self._block.t_us, until_us, "right"))
        start, self._used = self._used, max(self._used, stop)
        return _rows(self._block, np.arange(start, self._used))


class _Numbers:
    """Numbers for the connections of all recordings together, in order of appearance."""

    def __init__(self, recordings: int) -> None:
        self._known: list[I32] = [np.full(1024, -1, np.int32) for _ in range(recordings)]
        self._count = 0
        self._places: list[Connection] = []

    def of(self, recording: int, conn: I32) -> I64:
        """A number for each connection that is unique over all recordings, not yet by appearance."""
        return conn.astype(np.int64) * len(self._known) + recording

    def by_appearance(self, block: tuple[Block, I64]) -> tuple[Block, list[Connection]]:
        """The block with the connections' final numbers, and which connections are new."""
        rows, wide = block
        distinct, first, inverse = np.unique(wide, return_index=True, return_inverse=True)
        new: list[Connection] = []
        final = np.empty(len(distinct), np.int32)
        for place in np.argsort(first).tolist():
            conn, recording = divmod(int(distinct[place]), len(self._known))
            final[place] = self._number(recording, conn, new)
        return _with_conn(rows, final[inverse]), new

    def _number(self, recording: int, conn: int, new: list[Connection]) -> int:
        known = self._known[recording]
        if conn >= len(known):
            known = self._known[recording] = np.concatenate((known, np.full(max(conn, len(known)), -1, np.int32)))
        if known[conn] < 0:
            if self._count < MAX_CLIENTS:
                new.append((recording, conn))
                self._count += 1
                known[conn] = self._count - 1
            else:
                known[conn] = (conn * len(self._known) + recording) % MAX_CLIENTS
        return int(known[conn])


def _by_time(parts: Sequence[Block], conns: Sequence[I64]) -> tuple[Block, I64]:
    whole = _joined(parts)
    order = np.argsort(whole.t_us, kind="stable")
    return _rows(whole, order), np.concatenate(conns)[order]


def _joined(parts: Sequence[Block]) -> Block:
    if len(parts) == 1:
        return parts[0]
    words = np.cumsum([0, *(len(part.offsets) - 1 for part in parts)])
    bytes_before = np.cumsum([0, *(len(part.data) for part in parts)])
    return Block(
        t_us=np.concatenate([part.t_us for part in parts]),
        conn=np.concatenate([part.conn for part in parts]),
        db=np.concatenate([part.db for part in parts]),
        lua=np.concatenate([part.lua for part in parts]),
        first=np.concatenate([*(part.first[:-1] + at for part, at in zip(parts, words, strict=False)), words[-1:]]),
        offsets=np.concatenate(
            [*(part.offsets[:-1] + at for part, at in zip(parts, bytes_before, strict=False)), bytes_before[-1:]]
        ),
        data=np.concatenate([part.data for part in parts]),
    )


def _rows(block: Block, order: I64) -> Block:
    """The chosen rows, in this order."""
    first, offsets, data = _gather(block.first, block.offsets, block.data, order)
    return Block(
        t_us=block.t_us[order], conn=block.conn[order], db=block.db[order], lua=block.lua[order],
        first=first, offsets=offsets, data=data,
        reply_len=None if block.reply_len is None else block.reply_len[order],
    )  # fmt: skip


def _with_conn(block: Block, conn: I32) -> Block:
    return Block(
        t_us=block.t_us, conn=conn, db=block.db, lua=block.lua,
        first=block.first, offsets=block.offsets, data=block.data, reply_len=block.reply_len,
    )  # fmt: skip


@kernel
def _gather(first: I64, offsets: I64, data: U8, order: I64) -> tuple[I64, I64, U8]:
    """The words of the chosen rows, one after the other."""
    out_first = np.zeros(len(order) + 1, np.int64)
    size = 0
    for place in range(len(order)):
        row = order[place]
        out_first[place + 1] = out_first[place] + first[row + 1] - first[row]
        size += offsets[first[row + 1]] - offsets[first[row]]
    out_offsets = np.zeros(out_first[-1] + 1, np.int64)
    out = np.empty(size, np.uint8)
    at = word_at = 0
    for row in order:
        start = offsets[first[row]]
        for word in range(first[row], first[row + 1]):
            word_at += 1
            out_offsets[word_at] = at + offsets[word + 1] - start
        length = offsets[first[row + 1]] - start
        out[at : at + length] = data[start : start + length]
        at += length
    return out_first, out_offsets, out
