"""Keyspaces to weigh, one for each type of value: seeded, so that the same keys come each time.

Sizes are spread log-normally, as in production caches; names look like real ones. The keys come in the order of a hash of
their name, so that the first of them are a sample by key.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from random import Random

Words = tuple[bytes, ...]
_DAY_MS = b"86400000"
_SEED = 11
_SPREAD = 0.5  # of the logarithm of sizes
_random = Random(_SEED)
_FACTORS = [_random.lognormvariate(0.0, _SPREAD) for _ in range(1 << 12)]
_POOL = _random.randbytes(1 << 16).hex().encode()


@dataclass(frozen=True, slots=True)
class Load:
    """`create` answers the commands that make one key; `name` its name from a number."""

    title: str
    keys: int
    name: Callable[[int], bytes]
    create: Callable[[bytes, Random], tuple[Words, ...]]


def created(load: Load) -> Iterator[tuple[Words, ...]]:
    """The commands of every key, in the order in which a growing sample takes the keys up."""
    names = (load.name(number) for number in range(load.keys))
    random = Random(_SEED)
    for name in sorted(names, key=lambda name: blake2b(name, digest_size=8).digest()):
        yield load.create(name, random)


def _size(random: Random, median: int) -> int:
    return max(int(_FACTORS[random.getrandbits(12)] * median), 1)


def _text(random: Random, median: int) -> bytes:
    start = random.getrandbits(16)
    return _POOL[start : start + _size(random, median)]


def _sessions(key: bytes, random: Random) -> tuple[Words, ...]:
    return ((b"SET", key, _text(random, 400), b"PX", _DAY_MS),)


def _counters(key: bytes, random: Random) -> tuple[Words, ...]:
    counter = (b"SET", key, b"%d" % random.getrandbits(17))
    return (counter, (b"PEXPIRE", key, _DAY_MS)) if random.getrandbits(1) else (counter,)


def _hashes(key: bytes, random: Random) -> tuple[Words, ...]:
    pairs = (word for field in range(_size(random, 6)) for word in (b"field:%d" % field, _text(random, 24)))
    return ((b"HSET", key, *pairs),)


def _lists(key: bytes, random: Random) -> tuple[Words, ...]:
    return ((b"RPUSH", key, *(_text(random, 30) for _ in range(_size(random, 12)))),)


def _sets(key: bytes, random: Random) -> tuple[Words, ...]:
    return ((b"SADD", key, *(b"tag:%d" % random.getrandbits(32) for _ in range(_size(random, 20)))),)


def _sorted_sets(key: bytes, random: Random) -> tuple[Words, ...]:
    members = (
        word
        for _ in range(_size(random, 20))
        for word in (b"%d" % random.getrandbits(20), b"player:%d" % random.getrandbits(32))
    )
    return ((b"ZADD", key, *members),)


def _streams(key: bytes, random: Random) -> tuple[Words, ...]:
    entries = range(1, _size(random, 5) + 1)
    return tuple((b"XADD", key, b"%d-1" % entry, b"job", _text(random, 60)) for entry in entries)


LOADS = (
    Load("strings with a time to live", 60_000, lambda number: b"session:%032x" % (number * 7_919), _sessions),
    Load("counters, half with a time to live", 100_000, lambda number: b"rate:%d" % number, _counters),
    Load("hashes", 80_000, lambda number: b"customer:%d" % number, _hashes),
    Load("lists", 30_000, lambda number: b"inbox:%d" % number, _lists),
    Load("sets", 30_000, lambda number: b"tags:article:%d" % number, _sets),
    Load("sorted sets", 25_000, lambda number: b"board:%d" % number, _sorted_sets),
    Load("streams", 8_000, lambda number: b"events:%d" % number, _streams),
)
FEWER_LOADS = tuple(LOADS[number] for number in (0, 2, 5))
