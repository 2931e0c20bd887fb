"""What a server sends: how long each reply is on the wire, of RESP2 and RESP3, and how it begins.

Nothing of a reply but its first bytes is held, so a reply of any size costs nothing, and a hole inside a string of known
length is passed over exactly. After any other damage the parser is `lost` until it is told where a reply begins.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from engine.traces.limits import MAX_REPLY_DEPTH, MAX_REPLY_LINE_BYTES

HEAD_BYTES = 96  # enough to see an error's code, a push's kind and a monitor line's beginning
_LINES = frozenset(b"+-:,#_(")
_STRINGS = frozenset(b"$!=")
_AGGREGATES = {0x2A: 1, 0x7E: 1, 0x3E: 1, 0x25: 2, 0x7C: 2}  # * ~ > % |, and elements for one counted
_ATTRIBUTE, _CHUNK, _END = 0x7C, 0x3B, 0x2E  # | ; .
_STREAMED, _CHUNKED = -1, -2  # open ends on the stack of what is still to come
_NUMBER = re.compile(rb"-?\d{1,18}")


class Reply(NamedTuple):
    """One whole reply or push. `length`: bytes on the wire with attributes. `head`: its first bytes."""

    length: int
    head: bytes


class _Unreadable(Exception):
    """The bytes are not of the protocol."""


class ReplyParser:
    """Feed `feed` with the bytes in order and `gap` with the size of holes."""

    def __init__(self) -> None:
        self.lost = False
        self._held = bytearray()  # an unfinished line
        self._at = 0
        self._open: list[int] = []  # elements still to come of each aggregate the next element is in
        self._left = 0  # bytes of the present string still to come, with its line end
        self._length = 0
        self._head = bytearray()
        self._done = False

    @property
    def held_bytes(self) -> int:
        return len(self._held) + 8 * len(self._open)

    @property
    def between(self) -> bool:
        """Whether the next byte begins a reply."""
        return not self.lost and self._length == 0 and not self._held

    def restart(self) -> None:
        """A reply begins with the next byte."""
        self.lost = False
        self._forget()

    def feed(self, data: bytes) -> Iterator[Reply]:
        """The replies completed by these bytes; nothing while lost."""
        if self.lost:
            return
        if self._length == 0 and not self._held and _alone(data):
            yield Reply(len(data), data[:HEAD_BYTES])
            return
        self._held += data
        try:
            while self._step():
                yield from self._finished()
        except _Unreadable:
            self._lose()
            return
        del self._held[: self._at]
        self._at = 0

    def gap(self, size: int) -> Iterator[Reply]:
        """So many bytes are missing here. The reply completed by them, when they end one."""
        if size > self._left or self._held:
            self._lose()
            return
        self._left -= size
        self._length += size
        if self._left == 0:
            self._close()
            yield from self._finished()

    def _finished(self) -> Iterator[Reply]:
        if self._done:
            reply = Reply(self._length, bytes(self._head))
            self._length, self._done = 0, False
            self._head.clear()
            yield reply

    def _lose(self) -> None:
        self.lost = True
        self._forget()

    def _forget(self) -> None:
        self._held.clear()
        self._open.clear()
        self._head.clear()
        self._at = self._left = self._length = 0
        self._done = False

    def _step(self) -> bool:
        """Pass over one line or the rest of a string; False when more bytes are needed. Raises _Unreadable."""
        if self._left:
            return self._string()
        end = self._held.find(b"\r\n", self._at)
        if end < 0:
            if len(self._held) - self._at > MAX_REPLY_LINE_BYTES:
                raise _Unreadable
            return False
        kind, rest = self._held[self._at], bytes(self._held[self._at + 1 : min(end, self._at + 32)])
        self._pass(end + 2 - self._at)
        self._element(kind, rest)
        return True

    def _string(self) -> bool:
        taken = min(self._left, len(self._held) - self._at)
        self._pass(taken)
        self._left -= taken
        if self._left:
            return False
        if taken > 1 and self._held[self._at - 2 : self._at] != b"\r\n":
            raise _Unreadable
        self._close()
        return True

    def _pass(self, size: int) -> None:
        room = HEAD_BYTES - len(self._head)
        if room > 0:
            self._head += self._held[self._at : self._at + min(size, room)]
        self._at += size
        self._length += size

    def _element(self, kind: int, rest: bytes) -> None:
        """What a line says: a whole element, the beginning of a string or of an aggregate, or the end of an open one."""
        chunked = bool(self._open) and self._open[-1] == _CHUNKED
        if chunked or kind == _CHUNK:
            self._chunk(kind, rest, chunked)
        elif kind in _LINES:
            self._close()
        elif kind in _STRINGS:
            self._begin_string(rest)
        elif kind in _AGGREGATES:
            self._begin_aggregate(kind, rest)
        elif kind == _END and self._open and self._open[-1] == _STREAMED:
            self._open.pop()
            self._close()
        else:
            raise _Unreadable

    def _begin_string(self, rest: bytes) -> None:
        if rest == b"?":
            self._push(_CHUNKED)
            return
        size = _number(rest)
        if size < 0:
            self._close()
        else:
            self._left = size + 2

    def _chunk(self, kind: int, rest: bytes, chunked: bool) -> None:
        """A piece of a streamed string; the empty one ends it."""
        if kind != _CHUNK or not chunked:
            raise _Unreadable
        size = _number(rest)
        if size > 0:
            self._left = size + 2
        elif size == 0:
            self._open.pop()
            self._close()
        else:
            raise _Unreadable

    def _begin_aggregate(self, kind: int, rest: bytes) -> None:
        if rest == b"?" and kind != _ATTRIBUTE:
            self._push(_STREAMED)
            return
        count = max(_number(rest), 0) * _AGGREGATES[kind]
        if kind == _ATTRIBUTE:
            count += 1  # what the attribute is of belongs to it here
        if count:
            self._push(count)
        else:
            self._close()

    def _push(self, count: int) -> None:
        if len(self._open) >= MAX_REPLY_DEPTH:
            raise _Unreadable
        self._open.append(count)

    def _close(self) -> None:
        """An element is complete, and with it every aggregate whose last one it is."""
        while self._open:
            if self._open[-1] < 0:
                return
            self._open[-1] -= 1
            if self._open[-1]:
                return
            self._open.pop()
        self._done = True


def _alone(data: bytes) -> bool:
    """Whether the bytes are one whole reply of one line or one string, as most packets are."""
    if not data.endswith(b"\r\n"):
        return False
    end = data.find(b"\r\n") + 2
    if end == len(data):
        return data[0] in _LINES
    if data[:1] != b"$":
        return False
    return data[1 : end - 2] == b"%d" % (len(data) - end - 2)


def _number(digits: bytes) -> int:
    if not _NUMBER.fullmatch(digits):
        raise _Unreadable
    return int(digits)
