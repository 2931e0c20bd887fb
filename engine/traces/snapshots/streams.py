"""The commands that make a stream again: entries, counters, consumer groups, and what was not acknowledged."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from engine.cluster.snapshot_server import SnapshotServer

Words = list[bytes]
_PENDING = 1_000  # at a time
_NO_ID = b"0-0"


def stream_commands(server: SnapshotServer, key: bytes, taken_unix_ms: int, at_a_time: int) -> Iterator[Words]:
    """All commands of one stream. Idle times are counted to the time of the snapshot, in whole seconds."""
    about = _fields(server.ask(b"XINFO", b"STREAM", key))
    last = about[b"last-generated-id"]
    groups = [_fields(group) for group in server.ask(b"XINFO", b"GROUPS", key)]
    untouched = last == _NO_ID and bool(groups)  # made by a group, never added to: to be made in the same way
    if not about[b"length"] and not untouched:
        # An entry that is cut off at once leaves a stream without entries.
        yield [b"XADD", key, b"MAXLEN", b"0", last if last != _NO_ID else b"0-1", b"x", b"x"]
    yield from _entries(server, key, at_a_time)
    if not untouched:
        yield _counters(key, about, last)
    for group in groups:
        yield _group(key, group, make_stream=untouched)
        yield from _consumers(server, key, group[b"name"], taken_unix_ms)


def _entries(server: SnapshotServer, key: bytes, at_a_time: int) -> Iterator[Words]:
    start = b"-"
    while entries := server.ask(b"XRANGE", key, start, b"+", b"COUNT", b"%d" % at_a_time):
        for ident, content in entries:
            yield [b"XADD", key, ident, *content]
        start = b"(" + entries[-1][0]


def _counters(key: bytes, about: dict[bytes, Any], last: bytes) -> Words:
    words = [b"XSETID", key, last]
    if b"entries-added" in about and last != _NO_ID:
        words += [b"ENTRIESADDED", b"%d" % about[b"entries-added"]]
        words += [b"MAXDELETEDID", about[b"max-deleted-entry-id"]]
    return words


def _group(key: bytes, group: dict[bytes, Any], *, make_stream: bool) -> Words:
    words = [b"XGROUP", b"CREATE", key, group[b"name"], group[b"last-delivered-id"]]
    if make_stream:
        words.append(b"MKSTREAM")
    if group.get(b"entries-read") is not None:
        words += [b"ENTRIESREAD", b"%d" % group[b"entries-read"]]
    return words


def _consumers(server: SnapshotServer, key: bytes, group: bytes, taken_unix_ms: int) -> Iterator[Words]:
    for consumer in server.ask(b"XINFO", b"CONSUMERS", key, group):
        yield [b"XGROUP", b"CREATECONSUMER", key, group, _fields(consumer)[b"name"]]
    yield from _pending(server, key, group, taken_unix_ms)


def _pending(server: SnapshotServer, key: bytes, group: bytes, taken_unix_ms: int) -> Iterator[Words]:
    start = b"-"
    while True:
        seconds, micros = server.ask(b"TIME")
        since_snapshot_ms = int(seconds) * 1000 + int(micros) // 1000 - taken_unix_ms
        waiting = server.ask(b"XPENDING", key, group, start, b"+", b"%d" % _PENDING)
        for ident, consumer, idle_ms, deliveries in waiting:
            idle = b"%d" % (max(round((idle_ms - since_snapshot_ms) / 1000), 0) * 1000)
            times = b"%d" % deliveries
            yield [
                b"XCLAIM",
                key,
                group,
                consumer,
                b"0",
                ident,
                b"IDLE",
                idle,
                b"RETRYCOUNT",
                times,
                b"FORCE",
                b"JUSTID",
            ]
        if len(waiting) < _PENDING:
            return
        start = b"(" + waiting[-1][0]


def _fields(flat: list[Any]) -> dict[bytes, Any]:
    """A flat list of names and values, as RESP2 gives maps."""
    return dict(zip(flat[::2], flat[1::2], strict=True))
