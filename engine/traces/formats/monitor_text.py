"""Pieces of MONITOR's text as blocks of commands, one after another; connections keep their numbers from piece to piece."""

from __future__ import annotations

import numpy as np

from engine.traces import limits
from engine.traces.block import Block
from engine.traces.formats import monitor_kernels as kernels
from engine.traces.hash_table import HashTable

_NEWLINE, _QUOTE = 10, 34


class MonitorText:
    """`clients`: names of the connections by their numbers. `state` is the kernel's; `odd` are the lines of the last piece
    that are no command, each with its number, its begin and its end."""

    def __init__(self) -> None:
        self.clients: list[bytes] = []
        self.odd: list[tuple[int, int, int]] = []
        self.state = np.zeros(kernels.STATE_SIZE, np.int64)
        self.state[kernels.SCRIPT_CONN] = -1
        self._numbers = HashTable()

    def parse(self, piece: bytes, *, unfinished: bool) -> Block:
        """The commands of a piece, up to a jump of the clock backwards. `unfinished`: its last line has no end."""
        text = np.frombuffer(piece, np.uint8)
        lines = int(np.count_nonzero(text == _NEWLINE)) + int(unfinished)
        words = int(np.count_nonzero(text == _QUOTE)) // 2
        first, offsets = np.zeros(lines + 1, np.int64), np.zeros(words + 1, np.int64)
        t_us, conn = np.empty(lines, np.int64), np.empty(lines, np.int32)
        db, lua = np.empty(lines, np.int16), np.empty(lines, np.uint8)
        data = np.empty(len(text), np.uint8)
        odd, new = np.empty((lines, 3), np.int64), np.empty((lines, 2), np.int64)
        self._numbers.reserve(lines)
        rows = kernels.parse(
            text, limits.MAX_CLIENTS, self._numbers.keys, self._numbers.values, self.state,
            t_us, conn, db, lua, first, offsets, data, odd, new,
        )  # fmt: skip
        count = int(self.state[kernels.NEW])
        self._numbers.used += count
        self.clients.extend(piece[start:stop] for start, stop in new[:count].tolist())
        self.odd = [(number, start, stop) for number, start, stop in odd[: self.state[kernels.ODD]].tolist()]
        used = int(first[rows])
        return Block(
            t_us=t_us[:rows], conn=conn[:rows], db=db[:rows], lua=lua[:rows], first=first[: rows + 1],
            offsets=offsets[: used + 1], data=data[: offsets[used]],
        )  # fmt: skip
