"""The keyspace a replay starts from: what the recording itself holds of it, and every other key read before it is written.

Of the latter, the type follows from the commands used on a key, sizes from what the recording writes to the same family,
else from the stated assumptions below. Values are pseudo-random and seeded: the same recording gives the same bytes.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from random import Random

from engine import expiry
from engine.replay import resp, sized
from engine.replay.stream_names import SEQUENCE_BITS, unpacked
from engine.replay.survey import Standing, Survey
from engine.traces.families import family
from engine.traces.model import Operation, TraceHeader

ASSUMED_VALUE_BYTES = 100
ASSUMED_ELEMENT_BYTES = 20
ASSUMED_ELEMENTS = {"hash": 5, "list": 10, "set": 10, "zset": 10, "geo": 10, "stream": 10, "hyperloglog": 10}
_ALPHABET = bytes(range(33, 127))
_PRINTABLE = bytes(_ALPHABET[byte % len(_ALPHABET)] for byte in range(256))
_LONG_BEFORE_MS = 7 * 86_400_000
_NUMBER = b"1000"  # a counter that exists: what a shop's stock or a page's views may look like


@dataclass(frozen=True, slots=True)
class Creation:
    """One command (its words) that creates a standing key."""

    key: bytes
    words: tuple[bytes, ...]


def creations(survey: Survey, *, seed: int, speed: float) -> Iterator[Creation]:
    """Commands that create the standing keys, in a fixed order. Times to live are those of the key's family over `speed`."""
    random = Random(seed)
    for key, standing in survey.standing.items():
        kind = standing.type or "string"
        sizes = survey.families.get((family(key), kind))
        mean = sizes.mean_payload if sizes else None
        for number in range(ASSUMED_ELEMENTS["stream"] if kind == "stream" else 1):
            words = _words(key, kind, standing, mean, random)
            yield Creation(key, tuple(_early(survey, words, number) if kind == "stream" else words))
        ttl_ms = sizes.mean_ttl_ms if sizes else None
        if ttl_ms:
            yield Creation(key, (b"PEXPIRE", key, b"%d" % max(1, round(ttl_ms / speed))))
    for key, group in survey.streams.groups:
        yield Creation(key, (b"XGROUP", b"CREATE", key, group, b"$", b"MKSTREAM"))


def recorded_creations(operations: Iterable[Operation], header: TraceHeader, *, speed: float) -> Iterator[Creation]:
    """The population of a trace (its first `header.population` operations) as it is sent. Times to live are over `speed`.

    Operations without a key or without arguments create nothing.
    """
    now_ms = int(time.time() * 1000)
    start_ms = now_ms if header.first_wall_clock_us is None else header.first_wall_clock_us // 1000
    for operation in islice(operations, header.population):
        if operation.key is None or operation.args is None:
            continue
        args = expiry.rescaled(
            operation.cmd, operation.args, speed=speed, recorded_start_ms=start_ms, replay_start_ms=now_ms
        )
        yield Creation(operation.key, tuple(resp.words_of(operation.cmd, args)))


def assumptions(survey: Survey) -> tuple[str, ...]:
    """What was loaded before the replay, and what had to be assumed of it, in sentences."""
    loaded = f"{survey.populated:,} keys that the recording starts from were loaded before the replay."
    groups = len(survey.streams.groups)
    joined = (
        f"{groups:,} consumer groups that the recording uses and does not make were made at the ends of their streams."
    )
    return (*([loaded] if survey.populated else ()), *_assumed(survey), *([joined] if groups else ()))


def _assumed(survey: Survey) -> tuple[str, ...]:
    if not survey.standing:
        return ()
    unknown = sum(1 for key, standing in survey.standing.items() if _size_is_assumed(survey, key, standing))
    sentences = [f"{len(survey.standing):,} keys that are read before they are written were created before the replay."]
    if unknown:
        sentences.append(
            f"For {unknown:,} of them no size is recorded: values of {ASSUMED_VALUE_BYTES} bytes, elements of "
            f"{ASSUMED_ELEMENT_BYTES} bytes and 5 to 10 elements a collection were assumed."
        )
    return tuple(sentences)


def _size_is_assumed(survey: Survey, key: bytes, standing: Standing) -> bool:
    if standing.numeric or standing.size is not None:
        return False
    sizes = survey.families.get((family(key), standing.type or "string"))
    return sizes is None or sizes.mean_payload is None


def _words(key: bytes, kind: str, standing: Standing, mean: int | None, random: Random) -> list[bytes]:
    if kind == "string":
        return [b"SET", key, _string(standing, mean, random)]
    members = _members(kind, standing, mean, random)
    if kind == "hash":
        values = [standing.members.get(member) or mean or ASSUMED_ELEMENT_BYTES for member in members]
        return [b"HSET", key, *_interleaved(members, [_text(size, random) for size in values])]
    if kind == "zset":
        return [b"ZADD", key, *_interleaved([b"%d" % random.randrange(1000) for _ in members], members)]
    if kind == "geo":
        return [b"GEOADD", key, *(word for member in members for word in (*_place(random), member))]
    if kind == "stream":
        return [b"XADD", key, b"*", b"field", _text(mean or ASSUMED_ELEMENT_BYTES, random)]
    verb = {"list": b"RPUSH", "set": b"SADD", "hyperloglog": b"PFADD"}[kind]
    return [verb, key, *members]


def _early(survey: Survey, words: list[bytes], number: int) -> list[bytes]:
    """An entry of a standing stream, older than all that the recording adds under IDs of its own."""
    named = survey.streams.ids.get(words[1])
    if not named:
        return words
    at = max(min(named) - (_LONG_BEFORE_MS << SEQUENCE_BITS), 0) + number + 1
    return [*words[:2], unpacked(at), *words[3:]]


def _string(standing: Standing, mean: int | None, random: Random) -> bytes:
    if standing.numeric:
        return _NUMBER if standing.size is None else sized.digits(standing.size)
    size = standing.size if standing.size is not None else mean
    return _text(ASSUMED_VALUE_BYTES if size is None else size, random)


def _members(kind: str, standing: Standing, mean: int | None, random: Random) -> list[bytes]:
    """The members the recording names; made-up ones when it names none."""
    if standing.members:
        return list(standing.members)
    size = ASSUMED_ELEMENT_BYTES if kind == "hash" else mean or ASSUMED_ELEMENT_BYTES
    return [_text(size, random) for _ in range(ASSUMED_ELEMENTS[kind])]


def _interleaved(first: list[bytes], second: list[bytes]) -> list[bytes]:
    return [word for pair in zip(first, second, strict=True) for word in pair]


def _place(random: Random) -> tuple[bytes, bytes]:
    return b"%.6f" % random.uniform(-180, 180), b"%.6f" % random.uniform(-85, 85)


def _text(size: int, random: Random) -> bytes:
    return random.randbytes(size).translate(_PRINTABLE)
