"""MONITOR output as a server would print it, for tests that need a recording."""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Sequence
from pathlib import Path

_NAMED = {b"\\": b"\\\\", b'"': b'\\"', b"\n": b"\\n", b"\r": b"\\r", b"\t": b"\\t", b"\a": b"\\a", b"\b": b"\\b"}


def quoted(word: bytes) -> bytes:
    """A word in quotes: printable ASCII as it is, seven named escapes, the rest in lower-case hexadecimal."""
    return b'"' + b"".join(map(_escaped, (word[at : at + 1] for at in range(len(word))))) + b'"'


def _escaped(char: bytes) -> bytes:
    if char in _NAMED:
        return _NAMED[char]
    return char if 32 <= char[0] <= 126 else b"\\x%02x" % char[0]


def line(t_us: int, argv: Sequence[bytes], client: bytes = b"127.0.0.1:5000", db: int = 0) -> bytes:
    """One line without its newline; `t_us` is a Unix time in microseconds."""
    head = b"%d.%06d [%d %b] " % (t_us // 1_000_000, t_us % 1_000_000, db, client)
    return head + b" ".join(map(quoted, argv))


def commands(*texts: str, step_us: int = 1000, start_us: int = 1_700_000_000_000_000) -> list[bytes]:
    """Lines of plain commands, one `step_us` after the other."""
    return [line(start_us + place * step_us, text.encode().split()) for place, text in enumerate(texts)]


def write(path: Path, lines: Iterable[bytes], *, compressed: bool = False) -> Path:
    """A recording file of these lines."""
    content = b"".join(one + b"\n" for one in lines)
    path.write_bytes(gzip.compress(content) if compressed else content)
    return path
