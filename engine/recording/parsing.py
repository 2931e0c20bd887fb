"""The text of a MONITOR connection as blocks of commands, piece by piece as it comes; connections keep their numbers."""

from __future__ import annotations

from collections.abc import Iterator

from engine.traces.block import Block
from engine.traces.formats import monitor_kernels as kernels
from engine.traces.formats.monitor_text import MonitorText


class LiveText:
    """`unreadable`: lines that are no command."""

    def __init__(self) -> None:
        self.unreadable = 0
        self._text = MonitorText()

    @property
    def clients(self) -> list[bytes]:
        """Names of the connections by their numbers."""
        return self._text.clients

    def blocks(self, text: bytes) -> Iterator[Block]:
        """The commands in whole lines. After a jump of the server's clock backwards a new block begins."""
        state = self._text.state
        while text:
            block = self._text.parse(text, unfinished=True)
            self.unreadable += sum(text[start:stop].strip() not in (b"", b"+OK") for _, start, stop in self._text.odd)
            if len(block):
                yield block
            line = int(state[kernels.BACKWARDS_LINE])
            text = text.split(b"\n", line)[line] if line >= 0 else b""
            state[kernels.STARTED] = 0
