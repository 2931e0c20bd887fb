"""How many reads a cache in front of a database would answer, against its size, for this very trace.

Least recently used, simulated by libcachesim. Memory grows with the operations that are simulated, at most about
`MOST_OPERATIONS` of them: larger traces are sampled by key.
"""

from __future__ import annotations

import heapq
import zlib
from array import array
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.traces.keyspace import Effect, Key, Keyspace
from engine.traces.model import Operation
from engine.traces.sizes import FamilyMeans
from engine.traces.store import iter_operations, read_header

SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1.0)
OBJECT_OVERHEAD_BYTES = 72
"""Engine bytes beside key and value of a string, measured: a 13-byte key takes 184 with 100 bytes, 584 with 500."""
MOST_OPERATIONS = 250_000
_HASH_RANGE = 1 << 32
_REPORT_EVERY = 20_000


@dataclass(frozen=True, slots=True)
class HitRatePoint:
    """A cache of `cache_bytes`, `cache_share` of the footprint (0..1), answers the share `hit_rate` of reads (0..1)."""

    cache_bytes: int
    cache_share: float
    hit_rate: float


def hit_curve(
    path: Path,
    *,
    shares: Sequence[float] = SHARES,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> tuple[HitRatePoint, ...]:
    """Hit rate of reads at each share of the footprint, in the order of `shares`; empty when the trace reads nothing.

    The model is a cache in front of a database. An object is a key; its size is the key, the payload known so far and
    `OBJECT_OVERHEAD_BYTES`. A key that is read before its size is shown has the first size shown later, else the mean
    of its family. Each key of each read counts once; GETEX and GETDEL are reads too. A miss fills. A write goes through
    and leaves the object in the cache, most recently used. Deleted and expired keys leave the cache; reading one is a
    miss that fills nothing. An object larger than the cache passes by it; where one just fits it may push out many
    small ones, and the curve can dip there.

    The trace is played twice and the second time is measured: a recording of a minute says nothing about the first
    touch of a key that has stood in the cache for a day. So the curve is that of a warm cache, without the cold start.
    A key the recording touches once comes back a whole recording later, which only a cache near the full footprint
    spans: the last step of the curve is steep, and the points before it are on the low side.

    Traces of more than `MOST_OPERATIONS` are sampled by key (SHARDS: keep a key iff its hash < T, R = T / 2³²; see
    `sampling_rate`): the simulated cache is R times the size, `cache_bytes` is given for the whole.

    Raises InputError when `path` is no trace, Cancelled when asked to stop.
    """
    header = read_header(path)
    rate = sampling_rate(header.operations - header.population)
    script = _Script(rate)
    for done, operation in enumerate(iter_operations(path)):
        if done % _REPORT_EVERY == 0:
            stop_if_asked(should_stop)
            report(Progress("hit rate", done, header.operations, "operations"))
        if done < header.population:
            script.populate(operation)
        else:
            script.add(operation)
    script.finish(header.duration_us)
    points = []
    for done, share in enumerate(shares if script.reads else ()):
        stop_if_asked(should_stop)
        report(Progress("hit rate", done, len(shares), "cache sizes"))
        capacity = max(1, int(script.footprint_bytes * share))
        points.append(HitRatePoint(round(capacity / rate), share, script.hits(capacity) / script.reads))
    return tuple(points)


def sampling_rate(operations: int) -> float:
    """R, the share of keys simulated for a trace of so many operations."""
    return min(1.0, MOST_OPERATIONS / operations) if operations else 1.0


_READ, _WRITE, _REMOVE, _ABSENT = range(4)


@dataclass(slots=True)
class _Object:
    """One key in the simulation. `key_len`: its recorded length, which a publisher's shorter name may not have.
    `first_size`: payload when first shown, None as long as it is not."""

    number: int
    first_us: int
    key_len: int
    first_size: int | None = None
    deadline_us: int | None = None


@dataclass(slots=True)
class _Script:
    """The trace as cache events: kind, object number, bytes (-1: not shown yet). Played for every cache size."""

    rate: float
    reads: int = 0
    footprint_bytes: int = 0
    kinds: array[int] = field(default_factory=lambda: array("b"))
    numbers: array[int] = field(default_factory=lambda: array("q"))
    sizes: array[int] = field(default_factory=lambda: array("q"))
    lapsed: list[int] = field(default_factory=list)
    _keyspace: Keyspace = field(default_factory=Keyspace)
    _objects: dict[Key, _Object] = field(default_factory=dict)
    _expiries: list[tuple[int, Key]] = field(default_factory=list)

    def populate(self, operation: Operation) -> None:
        """A key of the database the cache stands before: its size is known, and nothing of it is cached yet."""
        self._keyspace.apply(operation)

    def add(self, operation: Operation) -> None:
        self._expire(operation.t_us)
        for effect in self._keyspace.apply(operation):
            if self.rate == 1.0 or _hash(effect.key) < self.rate * _HASH_RANGE:
                self._touched(effect, operation)

    def _touched(self, effect: Effect, operation: Operation) -> None:
        key, entry, touch, was_gone = effect
        thing = self._objects.get(key)
        if thing is None:
            recorded = operation.key_len if operation.args is None else None
            key_len = len(key[1]) if recorded is None else recorded
            thing = self._objects[key] = _Object(len(self._objects), operation.t_us, key_len)
        if entry.known and not entry.gone and thing.first_size is None:
            thing.first_size = entry.size
        size = entry.size if entry.known else -1
        if touch.wanted:
            self.reads += 1
            self._append(_ABSENT if was_gone else _READ, thing.number, size)
        elif touch.written and not entry.gone:
            self._append(_WRITE, thing.number, size)
        if entry.gone and not was_gone:
            self._append(_REMOVE, thing.number, 0)
        self._follow(key, thing, None if entry.gone else entry.deadline_us)

    def _follow(self, key: Key, thing: _Object, deadline_us: int | None) -> None:
        if deadline_us != thing.deadline_us:
            thing.deadline_us = deadline_us
            if deadline_us is not None:
                heapq.heappush(self._expiries, (deadline_us, key))

    def _expire(self, now_us: int) -> None:
        while self._expiries and self._expiries[0][0] <= now_us:
            deadline_us, key = heapq.heappop(self._expiries)
            thing = self._objects[key]
            if thing.deadline_us == deadline_us:
                thing.deadline_us = None
                self._append(_REMOVE, thing.number, 0)

    def _append(self, kind: int, number: int, size: int) -> None:
        self.kinds.append(kind)
        self.numbers.append(number)
        self.sizes.append(size)

    def finish(self, duration_us: int) -> None:
        """Settle what only the whole trace tells: sizes not shown, what lapses between the plays, the footprint."""
        things = list(self._objects.items())
        means = FamilyMeans((key[1], thing.first_size) for key, thing in things if thing.first_size is not None)
        at_first = [_or(thing.first_size, means.payload(key[1])) for key, thing in things]
        fixed = [thing.key_len + OBJECT_OVERHEAD_BYTES for _, thing in things]
        for place, (number, size) in enumerate(zip(self.numbers, self.sizes, strict=True)):
            self.sizes[place] = fixed[number] + (size if size >= 0 else at_first[number])
        self.lapsed = [
            thing.number
            for _, thing in things
            if thing.deadline_us is not None and thing.deadline_us <= duration_us + thing.first_us
        ]
        self.footprint_bytes = self._footprint()
        self._keyspace, self._objects, self._expiries = Keyspace(), {}, []

    def _footprint(self) -> int:
        """The most bytes a cache without bound would hold."""
        held: dict[int, int] = {}
        now = most = 0
        for _ in range(2):
            for kind, number, size in zip(self.kinds, self.numbers, self.sizes, strict=True):
                if kind == _REMOVE:
                    now -= held.pop(number, 0)
                elif kind != _ABSENT:
                    now += size - held.get(number, 0)
                    held[number] = size
                most = max(most, now)
            for number in self.lapsed:
                now -= held.pop(number, 0)
        return most

    def hits(self, capacity: int) -> int:
        """Reads answered by a cache of `capacity` bytes the second time round."""
        cache = _Cache(capacity, objects=max(self.numbers, default=0) + 1)
        cache.play(self)
        for number in self.lapsed:
            cache.remove(number)
        return cache.play(self)


class _Cache:
    """libcachesim's LRU with what it leaves to its caller: sizes that change, removal, objects that do not fit."""

    def __init__(self, capacity: int, objects: int) -> None:
        from libcachesim import LRU, Request  # loads slowly, and only this needs it

        self._capacity = capacity
        self._cache = LRU(capacity, hashpower=max(8, min(24, objects.bit_length())))
        self._request = Request()
        self._sizes = [0] * objects  # the size each object was last given to the cache with

    def remove(self, number: int) -> None:
        self._cache.remove(number)

    def play(self, script: _Script) -> int:
        """Play every event; returns how many reads were hits. Runs millions of times: everything is a local."""
        request, sizes, capacity = self._request, self._sizes, self._capacity
        get, remove = self._cache.get, self._cache.remove
        hits = 0
        for kind, number, size in zip(script.kinds, script.numbers, script.sizes, strict=True):
            if kind == _REMOVE:
                remove(number)
            elif kind != _ABSENT:
                hit = False
                if sizes[number] != size:  # libcachesim keeps the size an object came with
                    hit = remove(number)
                    sizes[number] = size
                if size <= capacity:
                    request.obj_id, request.obj_size = number, size
                    hit = get(request) or hit
                hits += hit and kind == _READ
        return hits


def _hash(key: Key) -> int:
    """Uniform over 32 bits, the same on every machine; the product spreads the CRCs of names that differ in a digit."""
    return (zlib.crc32(key[1], key[0]) * 0x9E3779B1) % _HASH_RANGE


def _or(size: int | None, other: int | None) -> int:
    return size if size is not None else other or 0
