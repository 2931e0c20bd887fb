"""The commands that make one key of a snapshot again, read from the engine that holds it.

Small keys are read many at a time; large ones piece by piece, so that neither side ever holds one whole. Times to live
are relative to the time of the snapshot, which is when a replay begins.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from engine.cluster.snapshot_server import SnapshotServer
from engine.traces.limits import MAX_WORD_BYTES, SNAPSHOT_CHUNK_BYTES, SNAPSHOT_CHUNK_ELEMENTS
from engine.traces.snapshots.keys import KeyFacts
from engine.traces.snapshots.streams import stream_commands

Words = list[bytes]
_ASKED_BYTES = 4 << 20  # of small keys read in one go
_READ_WHOLE = {
    "string": (b"GET",),
    "hash": (b"HGETALL",),
    "list": (b"LRANGE", b"0", b"-1"),
    "set": (b"SMEMBERS",),
    "zset": (b"ZRANGE", b"0", b"-1", b"WITHSCORES"),
}
_MADE_BY = {"hash": b"HSET", "list": b"RPUSH", "set": b"SADD", "zset": b"ZADD"}
_WORDS_PER_ELEMENT = {"hash": 2, "list": 1, "set": 1, "zset": 2}
TOO_LARGE = f"elements of more than {MAX_WORD_BYTES >> 20} MiB"


@dataclass(slots=True)
class KeyCommands:
    """Turns keys into commands. `taken_unix_ms`: when the snapshot was made. `field_ttls`: hash fields may have times to
    live. `skipped` counts what is left out, by reason."""

    server: SnapshotServer
    taken_unix_ms: int
    field_ttls: bool
    skipped: Counter[str] = field(default_factory=Counter)

    def of(self, keys: Sequence[KeyFacts]) -> Iterator[Words]:
        """The commands for some keys of the database the connection is in."""
        small: list[KeyFacts] = []
        held = 0
        for key in keys:
            if self._left_ms(key) == 0:
                self.skipped["keys whose time was over when the snapshot was made"] += 1
            elif key.type == "stream":
                yield from self._stream(key)
            elif key.bytes > SNAPSHOT_CHUNK_BYTES or _is_long(key):
                yield from self._large(key)
            else:
                small.append(key)
                held += key.bytes
                if held > _ASKED_BYTES:
                    yield from self._small(small)
                    small, held = [], 0
        yield from self._small(small)

    # -- small keys --------------------------------------------------------------------------------------------------

    def _small(self, keys: Sequence[KeyFacts]) -> Iterator[Words]:
        contents = self.server.ask_all([_whole(key) for key in keys])
        for key, content in zip(keys, contents, strict=True):
            if key.type == "string" and isinstance(content, bytes):
                yield self._string(key, content)
            elif isinstance(content, list) and content:
                yield from self._collected(key, content)
                yield from self._expiry(key)

    def _string(self, key: KeyFacts, value: bytes) -> Words:
        left_ms = self._left_ms(key)
        return [b"SET", key.key, value, *((b"PX", b"%d" % left_ms) if left_ms is not None else ())]

    # -- large keys --------------------------------------------------------------------------------------------------

    def _large(self, key: KeyFacts) -> Iterator[Words]:
        if key.type == "string":
            yield from self._long_string(key)
        elif key.type in ("hash", "set"):
            yield from self._scanned(key)
        else:
            yield from self._ranged(key)
        yield from self._expiry(key)

    def _long_string(self, key: KeyFacts) -> Iterator[Words]:
        """From its end to its beginning: the first command makes the string as long as it becomes, so it is not moved."""
        for start in range(
            (key.elements - 1) // SNAPSHOT_CHUNK_BYTES * SNAPSHOT_CHUNK_BYTES, -1, -SNAPSHOT_CHUNK_BYTES
        ):
            stop = start + SNAPSHOT_CHUNK_BYTES - 1
            piece = self.server.ask(b"GETRANGE", key.key, b"%d" % start, b"%d" % stop)
            yield [b"SETRANGE", key.key, b"%d" % start, piece]

    def _scanned(self, key: KeyFacts) -> Iterator[Words]:
        verb = b"HSCAN" if key.type == "hash" else b"SSCAN"
        cursor, count = b"0", b"%d" % _at_a_time(key)
        while True:
            cursor, content = self.server.ask(verb, key.key, cursor, b"COUNT", count)
            yield from self._collected(key, content)
            if cursor == b"0":
                return

    def _ranged(self, key: KeyFacts) -> Iterator[Words]:
        step = _at_a_time(key)
        for start in range(0, key.elements, step):
            place = (b"%d" % start, b"%d" % (start + step - 1))
            if key.type == "list":
                content = self.server.ask(b"LRANGE", key.key, *place)
            else:
                content = self.server.ask(b"ZRANGE", key.key, *place, b"WITHSCORES")
            yield from self._collected(key, content)

    def _stream(self, key: KeyFacts) -> Iterator[Words]:
        yield from stream_commands(self.server, key.key, self.taken_unix_ms, _at_a_time(key))
        yield from self._expiry(key)

    # -- elements ----------------------------------------------------------------------------------------------------

    def _collected(self, key: KeyFacts, content: Sequence[bytes]) -> Iterator[Words]:
        """Elements as the commands that add them, and the times to live of hash fields."""
        width = _WORDS_PER_ELEMENT[key.type]
        for chunk in self._chunks(_in_order(key, content), width):
            if key.type == "zset":  # read as member, score; written the other way round
                chunk = [word for place in range(0, len(chunk), 2) for word in (chunk[place + 1], chunk[place])]
            yield [_MADE_BY[key.type], key.key, *chunk]
            if key.type == "hash" and self.field_ttls:
                yield from self._field_expiries(key.key, chunk[::2])

    def _chunks(self, content: Sequence[bytes], width: int) -> Iterator[Words]:
        chunk: Words = []
        size = 0
        for place in range(0, len(content), width):
            element = content[place : place + width]
            length = sum(map(len, element))
            if length > MAX_WORD_BYTES:
                self.skipped[TOO_LARGE] += 1
                continue
            if chunk and (size + length > SNAPSHOT_CHUNK_BYTES or len(chunk) >= SNAPSHOT_CHUNK_ELEMENTS * width):
                yield chunk
                chunk, size = [], 0
            chunk += element
            size += length
        if chunk:
            yield chunk

    # -- times to live -----------------------------------------------------------------------------------------------

    def _left_ms(self, key: KeyFacts) -> int | None:
        """Time left when the snapshot was made: None without a time to live, 0 when it was over."""
        return None if key.expires_unix_ms is None else max(key.expires_unix_ms - self.taken_unix_ms, 0)

    def _expiry(self, key: KeyFacts) -> Iterator[Words]:
        left_ms = self._left_ms(key)
        if left_ms is not None:
            yield [b"PEXPIRE", key.key, b"%d" % left_ms]

    def _field_expiries(self, key: bytes, fields: Words) -> Iterator[Words]:
        times: Any = self.server.ask(b"HPEXPIRETIME", key, b"FIELDS", b"%d" % len(fields), *fields)
        together: defaultdict[int, Words] = defaultdict(list)
        for name, expires in zip(fields, times, strict=True):
            if expires >= 0:
                together[max(expires - self.taken_unix_ms, 0)].append(name)
        for left_ms, names in together.items():
            if left_ms:
                yield [b"HPEXPIRE", key, b"%d" % left_ms, b"FIELDS", b"%d" % len(names), *names]
            else:
                self.skipped["hash fields whose time was over when the snapshot was made"] += len(names)
                yield [b"HDEL", key, *names]


def _in_order(key: KeyFacts, content: Sequence[bytes]) -> Sequence[bytes]:
    """Hash tables give their elements in another order each time; sorted, the same file gives the same commands."""
    if key.encoding != "hashtable":
        return content
    if key.type == "set":
        return sorted(content)
    pairs = sorted(zip(content[::2], content[1::2], strict=True))
    return [word for pair in pairs for word in pair]


def _whole(key: KeyFacts) -> tuple[bytes, ...]:
    verb, *rest = _READ_WHOLE[key.type]
    return (verb, key.key, *rest)


def _is_long(key: KeyFacts) -> bool:
    return key.type != "string" and key.elements > SNAPSHOT_CHUNK_ELEMENTS


def _at_a_time(key: KeyFacts) -> int:
    """Elements whose reply is about as large as one command may be."""
    share = SNAPSHOT_CHUNK_BYTES * max(key.elements, 1) // max(key.bytes, 1)
    return min(max(share, 1), SNAPSHOT_CHUNK_ELEMENTS)
