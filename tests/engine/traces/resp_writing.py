"""Commands as a server writes them to its append-only file, for tests."""

from __future__ import annotations

from collections.abc import Sequence


def command(*words: bytes | str) -> bytes:
    """One command as an array of bulk strings."""
    encoded = [word.encode() if isinstance(word, str) else word for word in words]
    return b"*%d\r\n" % len(encoded) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in encoded)


def commands(*lines: str) -> bytes:
    """Several commands, words apart by blanks."""
    return b"".join(command(*line.split()) for line in lines)


def encoded(rows: Sequence[Sequence[bytes]]) -> bytes:
    """Commands of any words."""
    return b"".join(command(*row) for row in rows)
