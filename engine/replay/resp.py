"""The wire form of a command: a RESP array of bulk strings. One place writes it, one place computes its length."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def command(words: Sequence[bytes]) -> bytes:
    """The words of a command as the bytes a client sends."""
    parts = [b"*%d\r\n" % len(words)]
    parts += [b"$%d\r\n%b\r\n" % (len(word), word) for word in words]
    return b"".join(parts)


def length(words: Iterable[bytes]) -> int:
    """Bytes of `command(words)` without making them: array header + Σ (1 + digits(len) + 2 + len + 2)."""
    count = total = 0
    for word in words:
        size = len(word)
        total += 5 + len(str(size)) + size
        count += 1
    return total + 3 + len(str(count))


def words_of(cmd: str, args: Sequence[bytes]) -> list[bytes]:
    """A canonical name and its arguments as the words of one command."""
    return [*cmd.encode().split(b" "), *args]
