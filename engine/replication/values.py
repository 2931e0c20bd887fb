"""What a recording shows of each key's content, as far as it decides what a command replicates.

Strings are remembered when short (a counter), lists by their length, everything else by its parts. Memory grows with keys
and parts. A key is gone once its time has come; who asks gives the time.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field

from engine.replication.sketch import Sketch

SHORT = 64  # bytes of a string that are remembered
STRING, HASH, LIST, SET, ZSET, STREAM, SKETCH = "string", "hash", "list", "set", "zset", "stream", "sketch"
StreamId = tuple[int, int]


class Refused(Exception):
    """The engine answers the command with an error; nothing changes."""


@dataclass(slots=True)
class Group:
    """A consumer group: the last entry handed out, and what is not acknowledged (entry -> deliveries, time of the last)."""

    last: StreamId = (0, 0)
    pending: dict[StreamId, tuple[int, int]] = field(default_factory=dict)
    consumers: set[bytes] = field(default_factory=set)


@dataclass(slots=True)
class Stream:
    """Entries in order; `last` is the highest id ever given, `added` how many entries ever were. `blocks` holds how many
    entries each of its memory blocks has, `filled` the bytes in the newest: an approximate trim removes whole blocks."""

    ids: list[StreamId] = field(default_factory=list)
    blocks: list[int] = field(default_factory=list)
    filled: int = 0
    last: StreamId = (0, 0)
    added: int = 0
    groups: dict[bytes, Group] = field(default_factory=dict)


@dataclass(slots=True)
class Value:
    """One key. Which field holds the content follows from `kind`; `text` None: a string too long to be remembered."""

    kind: str
    deadline_ms: int | None = None
    text: bytes | None = None
    ones: set[int] | None = None  # bits that are set, once a string is used as a bitmap
    length: int = 0  # bytes of a bitmap
    count: int = 0  # of a list
    fields: dict[bytes, bytes | None] = field(default_factory=dict)  # of a hash; a set has None everywhere
    scores: dict[bytes, float] = field(default_factory=dict)
    stream: Stream = field(default_factory=Stream)
    sketch: Sketch | None = None

    @property
    def empty(self) -> bool:
        """Whether the engine removes the key, because its last part is gone."""
        match self.kind:
            case "list":
                return self.count <= 0
            case "hash" | "set":
                return not self.fields
            case "zset":
                return not self.scores
        return False


class Keys:
    """All keys, and when they expire."""

    def __init__(self) -> None:
        self._values: dict[bytes, Value] = {}
        self._deadlines: list[tuple[int, bytes]] = []

    def find(self, key: bytes, kind: str | None = None) -> Value | None:
        """The value of a key, None when there is none. Raises Refused when it is of another kind; a sketch is a string too."""
        value = self._values.get(key)
        if value is not None and kind not in (None, value.kind) and (kind, value.kind) != (STRING, SKETCH):
            raise Refused
        return value

    def make(self, key: bytes, kind: str) -> Value:
        """The value of a key, made when there is none."""
        value = self.find(key, kind)
        if value is None:
            value = self._values[key] = Value(kind)
        return value

    def put(self, key: bytes, value: Value) -> None:
        """Replace whatever was there."""
        self._values[key] = value
        if value.deadline_ms is not None:
            heapq.heappush(self._deadlines, (value.deadline_ms, key))

    def drop(self, key: bytes) -> Value | None:
        """Remove a key; answers what it was."""
        return self._values.pop(key, None)

    def tidy(self, key: bytes) -> None:
        """Remove the key if its last part is gone."""
        value = self._values.get(key)
        if value is not None and value.empty:
            del self._values[key]

    def expire(self, key: bytes, deadline_ms: int | None) -> None:
        """Set or remove the time of a key that is there."""
        self._values[key].deadline_ms = deadline_ms
        if deadline_ms is not None:
            heapq.heappush(self._deadlines, (deadline_ms, key))

    def clear(self) -> None:
        """Forget every key."""
        self._values.clear()
        self._deadlines.clear()

    def due(self, now_ms: int) -> Iterator[tuple[int, bytes]]:
        """Keys whose time has come, with that time, earliest first; each is removed as it is taken."""
        while self._deadlines and self._deadlines[0][0] <= now_ms:
            deadline_ms, key = heapq.heappop(self._deadlines)
            value = self._values.get(key)
            if value is not None and value.deadline_ms == deadline_ms:
                del self._values[key]
                yield deadline_ms, key
