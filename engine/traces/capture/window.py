"""Commands held back until their replies are likely to have come, then put in order of time and into blocks.

A reply that comes later than some ten thousands of further commands is not waited for: its length stays unknown.
"""

from __future__ import annotations

from collections import Counter

from engine.traces.block import UNKNOWN, Block, Command, block_of
from engine.traces.capture.connection import REDIRECTED
from engine.traces.capture.layers import name_of
from engine.traces.capture.recorded import Peer, Recorded
from engine.traces.limits import MAX_CLIENTS, WINDOW_BYTES, WINDOW_COMMANDS


class Window:
    """`add` commands as they are complete; when `full`, take a `block`. `clients`: address by connection number."""

    def __init__(self, skipped: Counter[str]) -> None:
        self.clients: list[bytes] = []
        self.answered = 0
        self._skipped = skipped
        self._commands: list[Recorded] = []
        self._bytes = 0
        self._t_us = -(1 << 62)  # of the last command handed on
        self._peers = 0

    def add(self, command: Recorded) -> None:
        self._commands.append(command)
        self._bytes += command.size

    @property
    def full(self) -> bool:
        return len(self._commands) >= WINDOW_COMMANDS or self._bytes >= WINDOW_BYTES

    def block(self, *, everything: bool = False) -> Block | None:
        """The earlier half, or all that is left; None when there is none."""
        self._commands.sort(key=lambda command: command.t_us)
        count = len(self._commands) if everything else (len(self._commands) + 1) // 2
        taken, self._commands = self._commands[:count], self._commands[count:]
        rows: list[Command] = []
        reply_len: list[int] = []
        for command in taken:
            self._bytes -= command.size
            self._hand_on(command, rows, reply_len)
        return block_of(rows, reply_len=reply_len) if rows else None

    def _hand_on(self, command: Recorded, rows: list[Command], reply_len: list[int]) -> None:
        words, command.words = command.words, None
        if command.refused:
            self._skipped[REDIRECTED] += 1
        elif words is not None:
            self._t_us = max(self._t_us, command.t_us)
            rows.append((self._t_us, self._number(command.peer), command.db, False, words))
            reply_len.append(command.reply_len)
            self.answered += command.reply_len != UNKNOWN

    def _number(self, peer: Peer) -> int:
        if peer.number is None:
            peer.number = self._peers % MAX_CLIENTS
            self._peers += 1
            if len(self.clients) < MAX_CLIENTS:
                self.clients.append(name_of(peer.address))
        return peer.number
