"""Commands drawn at random, on a real engine and through the predictor: the same words, one after another."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

import pytest

from engine.cluster.binaries import Engine
from engine.replication.dialect import dialect_of
from engine.replication.predictor import Predictor
from tests.live.tapping import TappedNode, Words
from tests.live.test_replicated_effects import START_US, Recorded, operation, plain

pytestmark = pytest.mark.live
COUNT, FRESH_AFTER, SEED = 2_000, 150, 14
TEMPLATES = """
SET {k} {n}|SET {k} {n} NX|SET {k} {n} XX GET|SET {k} {n} EX 1000|SET {k} {n} KEEPTTL|SETEX {k} 500 {n}|SETNX {k} {n}
GETSET {k} {n}|GETEX {k} PERSIST|GETEX {k} EX 900|GETDEL {k}|APPEND {k} {n}|INCR {k}|DECRBY {k} {n}|INCRBYFLOAT {k} 0.5
MSET {k} {n} {k} {n}|MSETNX {k} {n} {k} {n}|SETRANGE {k} 1 x|SETBIT {k} {n} 1|SETBIT {k} {n} 0
DEL {k}|UNLINK {k} {k}|EXPIRE {k} 1000|EXPIRE {k} 2000 GT|EXPIRE {k} 100 NX|EXPIRE {k} -1|PERSIST {k}
RENAME {k} {k}|RENAMENX {k} {k}|COPY {k} {k}|COPY {k} {k} REPLACE
HSET {k} {m} {n}|HSET {k} {m} {n} {m} {n}|HSETNX {k} {m} {n}|HINCRBY {k} {m} 2|HINCRBYFLOAT {k} {m} 0.25|HDEL {k} {m} {m}
LPUSH {k} {m}|RPUSH {k} {m} {m}|RPUSHX {k} {m}|LPOP {k}|RPOP {k} 2|LTRIM {k} 0 {n}|LTRIM {k} 1 -1|LMOVE {k} {k} LEFT RIGHT
RPOPLPUSH {k} {k}|LMPOP 2 {k} {k} LEFT COUNT 2|LSET {k} 0 {m}
SADD {k} {m} {m}|SREM {k} {m}|SMOVE {k} {k} {m}|SINTERSTORE {k} {k} {k}|SUNIONSTORE {k} {k} {k}|SDIFFSTORE {k} {k} {k}
ZADD {k} {n} {m}|ZADD {k} GT {n} {m}|ZADD {k} NX {n} {m} {n} {m}|ZADD {k} XX LT CH {n} {m}|ZINCRBY {k} {n} {m}|ZREM {k} {m}
ZPOPMIN {k}|ZPOPMAX {k} 2|ZMPOP 1 {k} MIN|ZREMRANGEBYRANK {k} 0 0|ZREMRANGEBYRANK {k} 1 -1|ZREMRANGEBYSCORE {k} (3 6
ZUNIONSTORE {k} 2 {k} {k}|GEOADD {k} 1{n}.5 2{n}.25 {m}|PFADD {p} {m} {m}|PFCOUNT {p}|PFMERGE {p} {p}
XADD {k} * f {m}|XADD {k} MAXLEN 3 * f {m}|XADD {k} NOMKSTREAM * f {m}|XTRIM {k} MAXLEN 2
XGROUP CREATE {k} g 0|XGROUP CREATE {k} g $
XREADGROUP GROUP g {m} COUNT 2 STREAMS {k} >|XGROUP DESTROY {k} g|XGROUP CREATECONSUMER {k} g {m}
"""


DRAWS: dict[str, Sequence[str]] = {
    "{k}": ["{t}a", "{t}b", "{t}c", "{t}d", "{t}e", "{t}f"],
    "{p}": ["{t}p", "{t}q"],  # sketches by themselves: what a bit or an append does to one is not followed
    "{m}": ["aaa", "bbb", "ccc", "ddd"],
    "{n}": "0123456789",
}


def drawn(draw: random.Random) -> str:
    """A line with its places filled."""
    line = draw.choice([each for row in TEMPLATES.strip().splitlines() for each in row.split("|")])
    return re.sub(r"\{[kpmn]\}", lambda place: draw.choice(DRAWS[place.group()]), line)


def without_ids(found: list[Words]) -> list[bytes]:
    """A stream's own ids follow the clock, and how many fall in one millisecond."""
    return [re.sub(rb"(<unix time in ms>|\d{13})-\d+", b"<id>", words) for words in plain(found)]


def test_random_commands_replicate_what_is_predicted(engine: Engine, tapped: TappedNode) -> None:
    """Keys of all types meet all commands: what is refused, and what changes nothing, costs nothing on both sides."""
    draw = random.Random(SEED)
    predictor = Predictor(dialect_of(engine.name, engine.version), START_US)
    for number in range(COUNT):
        line = drawn(draw) if number % FRESH_AFTER else "FLUSHALL"
        tapped.run(line)
        predictor.tally = tally = Recorded()
        predictor.feed(operation(line, 1000 * number))
        assert without_ids(tally.words) == without_ids(tapped.replicated()), f"command {number}: {line}"
