"""What stands in memory, by database, type, encoding, size, time to live and key family: plain JSON, no values.

Every key is counted and weighed (MEMORY USAGE over all of its elements): nothing is sampled. Key families are formed from
redacted keys, as in the trace, so that nothing of a key shows that redaction takes away.
"""

from __future__ import annotations

import heapq
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from engine.traces.families import family
from engine.traces.formats.reader import Options
from engine.traces.limits import MAX_SNAPSHOT_FAMILIES
from engine.traces.redaction import Redactor
from engine.traces.snapshots.keys import KeyFacts

SCHEMA = 1
OTHER = "(other families)"
_LARGEST = 20
_TTL_STEPS_S = (60, 600, 3_600, 21_600, 86_400, 604_800, 2_592_000)


class Patterns:
    """Key families as the trace will show them: of redacted keys when the options say so."""

    def __init__(self, options: Options) -> None:
        # Without a given key the families are redacted all the same, with one of their own.
        secret = options.redaction_key or os.urandom(16)
        self._redactor = Redactor(secret, options.keep_words) if options.redact else None

    def of(self, keys: Sequence[bytes]) -> list[str]:
        """The families of some keys."""
        if self._redactor is None or not keys:
            return [family(key) for key in keys]
        ends = np.cumsum([0, *map(len, keys)], dtype=np.int64)
        data = np.frombuffer(b"".join(keys), np.uint8).copy()
        self._redactor.redact_keys(data, ends)
        replaced, places = data.tobytes(), ends.tolist()
        return [family(replaced[start:stop]) for start, stop in pairwise(places)]


@dataclass(slots=True)
class Group:
    """Keys that have something in common."""

    keys: int = 0
    bytes: int = 0
    elements: int = 0
    with_ttl: int = 0
    largest_bytes: int = 0

    def add(self, key: KeyFacts) -> None:
        """Count a key in."""
        self.keys += 1
        self.bytes += key.bytes
        self.elements += key.elements
        self.with_ttl += key.expires_unix_ms is not None
        self.largest_bytes = max(self.largest_bytes, key.bytes)

    def merge(self, other: Group) -> None:
        """Count in what another group has counted."""
        self.keys += other.keys
        self.bytes += other.bytes
        self.elements += other.elements
        self.with_ttl += other.with_ttl
        self.largest_bytes = max(self.largest_bytes, other.largest_bytes)

    def to_json(self, **names: Any) -> dict[str, Any]:
        """The figures with what the keys have in common first."""
        return {
            **names,
            "keys": self.keys,
            "bytes": self.bytes,
            "elements": self.elements,
            "with_ttl": self.with_ttl,
            "largest_bytes": self.largest_bytes,
        }


class _Cell(NamedTuple):
    """All keys alike in these; the figures by one of them are sums over the others. Steps: see `to_json`."""

    db: int
    type: str
    encoding: str
    size_step: int
    ttl_step: int | None


@dataclass(slots=True)
class KeyspaceStatistics:
    """Feed it all keys, then ask for the JSON. `now_unix_ms` is the time the times to live are counted from.

    Memory is bounded: `MAX_SNAPSHOT_FAMILIES` families and types are told apart.
    """

    patterns: Patterns
    now_unix_ms: int
    total: Group = field(default_factory=Group)
    _cells: dict[_Cell, Group] = field(default_factory=dict)
    _families: dict[tuple[str, str], Group] = field(default_factory=dict)
    _largest: list[tuple[int, str, str, int]] = field(default_factory=list)

    def add(self, keys: Sequence[KeyFacts]) -> None:
        """Count some keys in."""
        for key, pattern in zip(keys, self.patterns.of([key.key for key in keys]), strict=True):
            self._add(key, pattern)

    def _add(self, key: KeyFacts, pattern: str) -> None:
        self.total.add(key)
        expires = key.expires_unix_ms
        ttl_step = None if expires is None else _ttl_step(expires - self.now_unix_ms)
        cell = _Cell(key.db, key.type, key.encoding, (key.bytes - 1).bit_length(), ttl_step)
        _group(self._cells, cell).add(key)
        wanted = (pattern, key.type)
        full = len(self._families) >= MAX_SNAPSHOT_FAMILIES and wanted not in self._families
        _group(self._families, (OTHER, key.type) if full else wanted).add(key)
        self._remember_large((key.bytes, pattern, key.type, key.elements))

    def _remember_large(self, key: tuple[int, str, str, int]) -> None:
        if len(self._largest) < _LARGEST:
            heapq.heappush(self._largest, key)
        elif key > self._largest[0]:
            heapq.heapreplace(self._largest, key)

    def to_json(self) -> dict[str, Any]:
        """All figures. Groups are sorted by bytes, steps by size; `up_to_bytes` and `up_to_s` are included in their step,
        `up_to_s` None: more than all steps. `bytes_by` says that all keys were weighed."""
        timed = {cell: group for cell, group in self._cells.items() if cell.ttl_step is not None}
        return {
            "schema": SCHEMA,
            **self.total.to_json(),
            "bytes_by": "MEMORY USAGE of every key, over all of its elements",
            "databases": [group.to_json(db=db) for db, group in sorted(_over(self._cells, "db").items())],
            "types": [
                group.to_json(type=kind, encodings=self._encodings_of(kind))
                for kind, group in _by_bytes(_over(self._cells, "type"))
            ],
            "sizes": [
                group.to_json(up_to_bytes=1 << step) for step, group in sorted(_over(self._cells, "size_step").items())
            ],
            "ttls": [group.to_json(up_to_s=_step_s(step)) for step, group in sorted(_over(timed, "ttl_step").items())],
            "families": [
                group.to_json(pattern=pattern, type=kind) for (pattern, kind), group in _by_bytes(self._families)
            ],
            "largest": [
                {"pattern": pattern, "type": kind, "bytes": size, "elements": elements}
                for size, pattern, kind, elements in sorted(self._largest, reverse=True)
            ],
        }

    def _encodings_of(self, kind: str) -> list[dict[str, Any]]:
        cells = {cell: group for cell, group in self._cells.items() if cell.type == kind}
        return [group.to_json(encoding=name) for name, group in _by_bytes(_over(cells, "encoding"))]


def _over(cells: Mapping[_Cell, Group], name: str) -> dict[Any, Group]:
    """The groups by one of the things a cell is made of."""
    found: dict[Any, Group] = {}
    for cell, group in cells.items():
        _group(found, getattr(cell, name)).merge(group)
    return found


def _group(groups: dict[Any, Group], name: Any) -> Group:
    group = groups.get(name)
    if group is None:
        group = groups[name] = Group()
    return group


def _by_bytes(groups: Mapping[Any, Group]) -> Iterable[tuple[Any, Group]]:
    return sorted(groups.items(), key=lambda item: (-item[1].bytes, item[0]))


def _ttl_step(left_ms: int) -> int:
    """The place of the first step the time left fits in."""
    return sum(left_ms > step * 1000 for step in _TTL_STEPS_S)


def _step_s(step: int) -> int | None:
    return _TTL_STEPS_S[step] if step < len(_TTL_STEPS_S) else None
