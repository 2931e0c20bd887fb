"""Which reply belongs to which request, on one connection.

Replies come in the order of the requests, except that messages of subscriptions, pushes and MONITOR's lines are no
replies at all. Where bytes are missing the matching pauses, and goes on at a request sent when the server had nothing left
to answer, as far as can be seen. A reply sent before the server had the request, or without one, shows that it was not so:
the matching pauses again. Replies not matched stay unknown.
"""

from __future__ import annotations

import re
from collections import deque

from engine.traces.block import UNKNOWN
from engine.traces.capture.recorded import Recorded
from engine.traces.capture.replies import Reply
from engine.traces.limits import MAX_WAITING_COMMANDS

_PUSH = 0x3E  # >
_WORD = re.compile(rb"[*>]\d+\r\n[$+](?:\d+\r\n)?([a-z]{1,32})\r\n")
_MONITORED = re.compile(rb"\+\d+\.\d+ \[")
_MESSAGES = frozenset((b"message", b"pmessage", b"smessage"))
_CONFIRMED = {
    b"subscribe": b"SUBSCRIBE",
    b"psubscribe": b"PSUBSCRIBE",
    b"ssubscribe": b"SSUBSCRIBE",
    b"unsubscribe": b"UNSUBSCRIBE",
    b"punsubscribe": b"PUNSUBSCRIBE",
    b"sunsubscribe": b"SUNSUBSCRIBE",
}
_SUBSCRIBING = frozenset(_CONFIRMED.values())
_MOST = 2**31 - 1  # the column's width


class Matcher:
    """Tell it of requests and replies in the order they happened on the connection."""

    def __init__(self, *, paused: bool) -> None:
        self.paused = paused
        self.waiting: deque[Recorded] = deque()
        self._subscribed = False
        self._monitoring = False
        self._silent = False  # CLIENT REPLY OFF
        self._skipping = 0  # CLIENT REPLY SKIP: this and the next have no reply

    def request(self, command: Recorded) -> None:
        """A command was sent while the matching is on."""
        if self._unanswered(command):
            command.reply_len = 0
            return
        if command.name in _SUBSCRIBING and command.words is not None:
            self._subscribed = True
            command.expected = len(command.words) - 1 or None
        self.waiting.append(command)
        if len(self.waiting) > MAX_WAITING_COMMANDS:
            self.pause()

    def reply(self, reply: Reply, received: int | None) -> Recorded | None:
        """The command this is the reply to, its `reply_len` set; None when it is none, or more are to come.

        `received`: the place in the client's stream up to which the server had read it when it sent this, where known.
        """
        kind = self._kind(reply.head)
        if self._is_message(reply.head, kind):
            return None
        head = self._head(kind)
        if head is None or (received is not None and received < head.end):
            self._unexpected(kind)
            return None
        head.reply_len = min(max(head.reply_len, 0) + reply.length, _MOST)
        if kind in _CONFIRMED and head.name == _CONFIRMED[kind] and head.expected != 1:
            head.expected = None if head.expected is None else head.expected - 1
            return None
        self.waiting.popleft()
        self._monitoring |= head.name == b"MONITOR" and reply.head.startswith(b"+OK")
        return head

    def pause(self) -> None:
        """Which reply is whose is not known from here on."""
        for command in self.waiting:
            command.reply_len = UNKNOWN
        self.waiting.clear()
        self.paused = True

    def _unexpected(self, kind: bytes) -> None:
        """Not the reply to anything known: of a subscription made before the capture, or of a request not seen."""
        if kind in _MESSAGES or kind in _CONFIRMED:
            self._subscribed = True
        else:
            self.pause()

    def _unanswered(self, command: Recorded) -> bool:
        if command.name == b"CLIENT" and command.second == b"REPLY" and command.words is not None:
            mode = command.words[2][:8].upper() if len(command.words) > 2 else b""
            self._silent = mode == b"OFF" or (self._silent and mode != b"ON")
            self._skipping = 2 if mode == b"SKIP" else 0
        skipped = self._skipping > 0
        self._skipping = max(self._skipping - 1, 0)
        return self._silent or skipped

    def _kind(self, head: bytes) -> bytes:
        """`message`, `subscribe` … for what may be a push, else nothing."""
        if head[0] != _PUSH and not (self._subscribed or self._owes_confirmation() or not self.waiting):
            return b""
        found = _WORD.match(head)
        return found[1] if found else b""

    def _owes_confirmation(self) -> bool:
        return bool(self.waiting) and self.waiting[0].name in _SUBSCRIBING

    def _is_message(self, head: bytes, kind: bytes) -> bool:
        if head[0] == _PUSH:
            return kind not in _CONFIRMED
        if self._monitoring and _MONITORED.match(head):
            return True
        return self._subscribed and kind in _MESSAGES

    def _head(self, kind: bytes) -> Recorded | None:
        """Whose turn it is. An UNSUBSCRIBE of everything is over when something else comes than one more confirmation."""
        while self.waiting:
            head = self.waiting[0]
            over = head.expected is None and head.reply_len != UNKNOWN and _CONFIRMED.get(kind) != head.name
            if not over:
                return head
            self.waiting.popleft()
        return None
