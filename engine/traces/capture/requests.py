"""What a client sends: RESP arrays of bulk strings and inline commands, from bytes in order with holes in them.

A command with missing bytes inside a word of known length is passed over exactly. After any other damage the parser
looks for the next plausible start of a command. It holds one unfinished command, within the limits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from engine.traces.limits import MAX_COMMAND_BYTES, MAX_COMMAND_WORDS, MAX_INLINE_BYTES, MAX_WORD_BYTES

START = re.compile(rb"\*[1-9]\d{0,6}\r\n\$([1-9]\d?)\r\n([A-Za-z][\w.|-]{0,98})\r\n")
_START_BYTES = 128  # a start is not longer
_HEADER_BYTES = 32  # `*1048576\r\n`
_NUMBER = re.compile(rb"-?\d{1,19}")
_INLINE = re.compile(rb"[ \t]*(?:\r?\Z|[A-Za-z\"'])")
_WORD_OVERHEAD = 64  # a word's own cost in memory, so that a million empty words are not free
_BIG_WORD = 1 << 40  # no engine has such a word: the stream is not what it seems

Words = list[bytes] | None
"""The words of a command; None when bytes of it are missing or it is larger than the limits."""


class _Unreadable(Exception):
    """The bytes are not of the protocol."""


def begins_command(data: bytes) -> bool:
    """Whether these bytes are the start of a command sent as RESP."""
    found = START.match(data)
    return found is not None and int(found[1]) == len(found[2])


class RequestParser:
    """Feed `feed` with the bytes in order and `gap` with the size of holes. `damage` counts losses of the thread."""

    def __init__(self) -> None:
        self.damage = 0
        self.began = 0  # place in the stream where the command last begun starts
        self._searching = False
        self._passed = 0  # bytes of the stream before those held
        self._held = bytearray()
        self._at = 0
        self._words: Words = []
        self._missing = 0  # words of the present command still to come
        self._left = -1  # bytes of the present word still to come, with its line end; -1 before its header
        self._size = 0

    @property
    def held_bytes(self) -> int:
        coming = max(self._left - 2, 0)  # counted in the size already, and held or still to come
        return len(self._held) + max(self._size - coming, 0)

    @property
    def position(self) -> int:
        """The place in the stream up to which it has been read: after a command was given, its end."""
        return self._passed + self._at

    def feed(self, data: bytes) -> Iterator[Words]:
        """The commands completed by these bytes."""
        if (words := self._alone(data)) is not None:
            self.began = self._passed
            self._passed += len(data)
            yield words
            return
        self._held += data
        while True:
            try:
                if not self._complete():
                    break
            except _Unreadable:
                self._search()
                continue
            words, self._words, self._size = self._words, [], 0
            if words is None or words:
                yield words
        self._forget_bytes(self._at)

    def gap(self, size: int) -> Iterator[Words]:
        """So many bytes are missing here. The command completed by them, None, when they end one."""
        buffered = self._buffered()
        self._forget_bytes(len(self._held))
        self._passed += size
        if self._left >= 0 and size <= self._left - buffered:
            self._left -= size + buffered
            self._forget_words()
            yield from self.feed(b"")
        elif not self._searching:
            self._search()

    def _alone(self, data: bytes) -> list[bytes] | None:
        """The words when the bytes are one whole command without line ends inside words, as most packets are."""
        if self._held or self._missing or self._searching:
            return None
        parts = data.split(b"\r\n")
        words = parts[2:-1:2]
        alone = words and parts[0] == b"*%d" % len(words) and len(parts) == 2 * len(words) + 2 and not parts[-1]
        return words if alone and parts[1:-1:2] == [b"$%d" % len(word) for word in words] else None

    def _buffered(self) -> int:
        return len(self._held) - self._at

    def _forget_bytes(self, count: int) -> None:
        del self._held[:count]
        self._passed += count
        self._at = 0

    def _forget_words(self) -> None:
        self._words, self._size = None, 0

    def _search(self) -> None:
        """Lost: forget the command, go on from the byte after the one that was wrong."""
        self.damage += 1
        self._searching = True
        self._at = min(self._at + 1, len(self._held))
        self._words, self._missing, self._left, self._size = [], 0, -1, 0

    def _complete(self) -> bool:
        """Go on as far as the bytes allow; whether a command is complete. Raises _Unreadable."""
        if self._searching and not self._found():
            return False
        if self._missing == 0 and not self._began():
            return False
        while self._missing:
            if self._left < 0 and not self._word_began():
                return False
            if not self._word_ended():
                return False
        return True

    def _found(self) -> bool:
        for found in START.finditer(self._held, self._at):
            if int(found[1]) == len(found[2]):
                self._at = found.start()
                self._searching = False
                return True
        self._at = max(self._at, len(self._held) - _START_BYTES)
        return False

    def _began(self) -> bool:
        """The header of an array, or a whole inline command (then no words are missing)."""
        if self._buffered() == 0:
            return False
        self.began = self.position
        if self._held[self._at] != 0x2A:  # *
            return self._inline()
        count = self._number()
        if count is None:
            return False
        if count > MAX_COMMAND_WORDS:
            raise _Unreadable
        self._missing = max(count, 0)
        return True

    def _inline(self) -> bool:
        end = self._held.find(b"\n", self._at)
        if end < 0 and self._buffered() <= MAX_INLINE_BYTES:
            return False
        if end < 0 or end - self._at > MAX_INLINE_BYTES:
            raise _Unreadable
        line = bytes(self._held[self._at : end])
        if not _INLINE.match(line):
            raise _Unreadable
        self._at = end + 1
        self._words = inline_words(line)
        return True

    def _word_began(self) -> bool:
        if self._buffered() == 0:
            return False
        if self._held[self._at] != 0x24:  # $
            raise _Unreadable
        size = self._number()
        if size is None:
            return False
        if not 0 <= size <= _BIG_WORD:
            raise _Unreadable
        self._left = size + 2
        self._size += size + _WORD_OVERHEAD
        if size > MAX_WORD_BYTES or self._size > MAX_COMMAND_BYTES:
            self._forget_words()
        return True

    def _word_ended(self) -> bool:
        if self._words is None:
            return self._passed_over()
        if self._buffered() < self._left:
            return False
        end = self._at + self._left
        if self._held[end - 2 : end] != b"\r\n":
            raise _Unreadable
        self._words.append(bytes(self._held[self._at : end - 2]))
        self._next_word(end)
        return True

    def _passed_over(self) -> bool:
        """A word that is not kept is not held either."""
        self._size = 0
        taken = min(self._left, self._buffered())
        self._at += taken
        self._left -= taken
        if self._left:
            return False
        self._next_word(self._at)
        return True

    def _next_word(self, at: int) -> None:
        self._at, self._left, self._missing = at, -1, self._missing - 1

    def _number(self) -> int | None:
        """The number in the header line at hand; None when the line is not complete yet."""
        end = self._held.find(b"\r\n", self._at, self._at + _HEADER_BYTES)
        if end < 0:
            if self._buffered() >= _HEADER_BYTES:
                raise _Unreadable
            return None
        digits = bytes(self._held[self._at + 1 : end])
        if not _NUMBER.fullmatch(digits):
            raise _Unreadable
        self._at = end + 2
        return int(digits)


_INLINE_WORD = re.compile(rb'"(?:\\.|[^"\\])*"|\'(?:\\.|[^\'\\])*\'|\S+', re.DOTALL)
_ESCAPE = re.compile(rb"\\(x[0-9A-Fa-f]{2}|.)", re.DOTALL)
_ESCAPES = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"a": b"\a"}


def inline_words(line: bytes) -> list[bytes]:
    """The words of an inline command, quoted the way the engines read it."""
    return [_unquoted(word) for word in _INLINE_WORD.findall(line)]


def _unquoted(word: bytes) -> bytes:
    if len(word) > 1 and word[:1] == b'"' and word[-1:] == b'"':
        return _ESCAPE.sub(_unescaped, word[1:-1])
    if len(word) > 1 and word[:1] == b"'" and word[-1:] == b"'":
        return word[1:-1].replace(b"\\'", b"'")
    return word


def _unescaped(found: re.Match[bytes]) -> bytes:
    sign = found[1]
    return bytes([int(sign[1:], 16)]) if len(sign) == 3 else _ESCAPES.get(sign, sign)
