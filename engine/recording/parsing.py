"""The text of a MONITOR connection as blocks of commands, piece by piece as it comes; connections keep their numbers."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.traces import limits
from engine.traces.block import Block
from engine.traces.formats import monitor_kernels as kernels
from engine.traces.hash_table import HashTable

_NEWLINE, _QUOTE = 10, 34


class LiveText:
    """`clients`: names of the connections by their numbers. `unreadable`: lines that are no command."""

    def __init__(self) -> None:
        self.clients: list[bytes] = []
        self.unreadable = 0
        self._state = np.zeros(kernels.STATE_SIZE, np.int64)
        self._state[kernels.SCRIPT_CONN] = -1
        self._numbers = HashTable()

    def blocks(self, text: bytes) -> Iterator[Block]:
        """The commands in whole lines. After a jump of the server's clock backwards a new block begins."""
        while text:
            block = self._parsed(text)
            if len(block):
                yield block
            line = int(self._state[kernels.BACKWARDS_LINE])
            text = text.split(b"\n", line)[line] if line >= 0 else b""
            self._state[kernels.STARTED] = 0

    def _parsed(self, piece: bytes) -> Block:
        text = np.frombuffer(piece, np.uint8)
        lines = int(np.count_nonzero(text == _NEWLINE)) + 1
        words = int(np.count_nonzero(text == _QUOTE)) // 2
        first, offsets = np.zeros(lines + 1, np.int64), np.zeros(words + 1, np.int64)
        t_us, conn = np.empty(lines, np.int64), np.empty(lines, np.int32)
        db, lua = np.empty(lines, np.int16), np.empty(lines, np.uint8)
        data = np.empty(len(text), np.uint8)
        odd, new = np.empty((lines, 3), np.int64), np.empty((lines, 2), np.int64)
        self._numbers.reserve(lines)
        rows = kernels.parse(
            text, limits.MAX_CLIENTS, self._numbers.keys, self._numbers.values, self._state,
            t_us, conn, db, lua, first, offsets, data, odd, new,
        )  # fmt: skip
        count = int(self._state[kernels.NEW])
        self._numbers.used += count
        self.clients.extend(piece[start:stop] for start, stop in new[:count].tolist())
        odd_lines = odd[: self._state[kernels.ODD]].tolist()
        self.unreadable += sum(piece[start:stop].strip() not in (b"", b"+OK") for _, start, stop in odd_lines)
        used = int(first[rows])
        return Block(
            t_us=t_us[:rows], conn=conn[:rows], db=db[:rows], lua=lua[:rows], first=first[: rows + 1],
            offsets=offsets[: used + 1], data=data[: offsets[used]],
        )  # fmt: skip
