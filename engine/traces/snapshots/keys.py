"""Every key of a loaded snapshot with what the engine says of it, a thousand at a time."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from engine.cluster.snapshot_server import SnapshotServer

SCAN_KEYS = 1_000
_COUNTED_BY = {
    b"string": b"STRLEN",
    b"hash": b"HLEN",
    b"list": b"LLEN",
    b"set": b"SCARD",
    b"zset": b"ZCARD",
    b"stream": b"XLEN",
}


@dataclass(frozen=True, slots=True)
class KeyFacts:
    """One key. `bytes`: MEMORY USAGE over all elements. `elements`: of a collection; of a string its length in bytes.

    `expires_unix_ms`: None without a time to live.
    """

    db: int
    key: bytes
    type: str
    encoding: str
    bytes: int
    elements: int
    expires_unix_ms: int | None


def databases(server: SnapshotServer) -> dict[int, dict[str, int]]:
    """INFO keyspace: by database, its figures by name."""
    found = {}
    for name, value in server.info(b"keyspace").items():
        if match := re.fullmatch(r"db(\d+)", name):
            pairs = (pair.partition("=") for pair in value.split(","))
            found[int(match[1])] = {field: int(number) for field, _, number in pairs if number.isdigit()}
    return found


def key_batches(server: SnapshotServer, db: int) -> Iterator[list[KeyFacts]]:
    """The keys of one database. The connection stays in it; keys that vanish on the way are left out."""
    server.ask(b"SELECT", b"%d" % db)
    cursor = b"0"
    while True:
        cursor, keys = server.ask(b"SCAN", cursor, b"COUNT", b"%d" % SCAN_KEYS)
        yield _facts(server, db, keys)
        if cursor == b"0":
            return


def _facts(server: SnapshotServer, db: int, keys: Sequence[bytes]) -> list[KeyFacts]:
    asked = [
        words
        for key in keys
        for words in (
            (b"TYPE", key),
            (b"OBJECT", b"ENCODING", key),
            (b"MEMORY", b"USAGE", key, b"SAMPLES", b"0"),
            (b"PEXPIRETIME", key),
        )
    ]
    replies = server.ask_all(asked)
    there = [
        _Seen(key, kind, encoding, size, expires)
        for key, kind, encoding, size, expires in zip(keys, *(replies[n::4] for n in range(4)), strict=True)
        if isinstance(size, int) and kind in _COUNTED_BY
    ]
    counts = server.ask_all([(_COUNTED_BY[seen.type], seen.key) for seen in there])
    return [_key(db, seen, count) for seen, count in zip(there, counts, strict=True) if isinstance(count, int)]


class _Seen(NamedTuple):
    key: bytes
    type: bytes
    encoding: Any
    bytes: int
    expires: int


def _key(db: int, seen: _Seen, count: int) -> KeyFacts:
    encoding = _text(seen.encoding) if isinstance(seen.encoding, bytes) else "unknown"
    expires = seen.expires if seen.expires >= 0 else None
    return KeyFacts(db, seen.key, _text(seen.type), encoding, seen.bytes, count, expires)


@functools.lru_cache(maxsize=64)
def _text(word: bytes) -> str:
    return word.decode("ascii", "replace")
