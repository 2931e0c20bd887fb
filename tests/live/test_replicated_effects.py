"""What engines really replicate, row by row, beside what the predictor says: the same words, the same bytes."""

from __future__ import annotations

import re
import time

import pytest

from engine import commands
from engine.cluster.binaries import Engine
from engine.replay import resp
from engine.replication.dialect import Dialect, dialect_of
from engine.replication.predictor import Predictor
from engine.replication.tally import Tally
from engine.traces.model import Flag, Operation
from tests.live.replicated_rows import ROWS, VALKEY_ROWS, Row
from tests.live.tapping import TappedNode, Words

pytestmark = pytest.mark.live
START_US = 1_790_000_000_000_000
_NONE = Flag(0)
VALUE = "v" * 100
RATE_LIMIT = "local n=redis.call('INCR',KEYS[1]) if n==1 then redis.call('PEXPIRE',KEYS[1],60000) end return n"

FIVE_FIELDS = " ".join(f"f{number} {'w' * 20}" for number in range(5))
TABLE: tuple[tuple[str, tuple[str, ...], str, int, int, int], ...] = (
    # what it is, what is there, what is sent, bytes sent, bytes replicated by Redis 7.0, by Valkey 9
    ("SET of 100 bytes", (), f"SET key:1 {VALUE}", 132, 132, 132),
    ("SET EX", (), f"SET key:1 {VALUE} EX 3600", 150, 162, 162),
    ("SETEX", (), f"SETEX key:1 3600 {VALUE}", 144, 162, 162),
    ("INCR", ("SET c 1",), "INCR c", 21, 21, 21),
    ("INCRBYFLOAT", ("SET f 10.5",), "INCRBYFLOAT f 0.1", 38, 43, 43),
    ("SPOP of five", ("SADD key aaaaa bbbbb ccccc ddddd eeeee fffff",), "SPOP key 5", 30, 15 + 5 * 34 + 14, 78),
    ("GETEX EX", ("SET key:1 v",), "GETEX key:1 EX 100", 43, 50, 50),
    ("HSET of five, unchanged", (f"HSET key:1 {FIVE_FIELDS}",), f"HSET key:1 {FIVE_FIELDS}", 201, 201, 201),
    ("XADD", (), f"XADD key:1 * f {'v' * 98}", 144, 159, 159),
    ("SADD present", ("SADD s a",), "SADD s a", 28, 0, 0),
    ("DEL missing", (), "DEL k", 20, 0, 0),
    ("ZADD GT unchanged", ("ZADD z 5 a",), "ZADD z GT 1 a", 43, 0, 0),
    ("SET NX refused", ("SET k v",), "SET k w NX", 35, 0, 0),
    ("GET", ("SET k v",), "GET k", 20, 0, 0),
    ("a time already past", ("SET k v",), "EXPIRE k -1", 31, 20, 23),
    (
        "reading for a group",
        ("XADD s 1-1 f v", "XGROUP CREATE s g 0"),
        "XREADGROUP GROUP g c STREAMS s >",
        73,
        152,  # XCLAIM
        152 + 75 + 29,  # and XGROUP SETID, in MULTI and EXEC
    ),
)


@pytest.fixture
def dialect(engine: Engine) -> Dialect:
    return dialect_of(engine.name, engine.version)


class Recorded(Tally):
    """A tally that also keeps the words."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[Words] = []

    def add(self, t_us: float, words: Words) -> None:
        self.words.append(words)
        super().add(t_us, words)


def operation(text: str, t_us: int, flags: Flag = _NONE) -> Operation:
    cmd, args = commands.split([word.encode() for word in text.split(" ")])
    return Operation(t_us, 0, 0, cmd, args[0] if args else None, args, None, None, None, None, flags)


def predicted(row: Row, dialect: Dialect) -> list[Words]:
    """What the predictor says the row's commands replicate."""
    setup, sent = row
    predictor = Predictor(dialect, START_US)
    for text in setup:
        predictor.populate(*commands.split([word.encode() for word in text.split(" ")]))
    predictor.tally = tally = Recorded()
    t_us = 1000
    for each in sent:
        t_us += 1000
        if isinstance(each, tuple):
            for text in ("MULTI", *each, "EXEC"):
                predictor.feed(operation(text, t_us, Flag.TRANSACTION))
        elif each.startswith("sleep "):
            t_us += int(float(each.split(" ")[1]) * 1e6)
        else:
            predictor.feed(operation(each, t_us))
    predictor.close(t_us)
    return tally.words


def measured(row: Row, node: TappedNode) -> list[Words]:
    setup, sent = row
    node.run("FLUSHALL")
    for text in setup:
        node.run(text)
    node.replicated()
    for each in sent:
        if isinstance(each, str) and each.startswith("sleep "):
            time.sleep(float(each.split(" ")[1]))
        else:
            node.run(each)
    return node.replicated()


def plain(found: list[Words]) -> list[bytes]:
    """Without what differs from one moment and one draw to the next, its length apart."""
    lines = (words[0].upper() + b" " + b" ".join(words[1:]) for words in found)
    timeless = (re.sub(rb"\b\d{13}\b", b"<unix time in ms>", line) for line in lines)
    return [re.sub(rb"\b([a-j])\1\1\b", b"<member>", line) for line in timeless]


def test_every_command_replicates_the_words_that_are_predicted(tapped: TappedNode, dialect: Dialect) -> None:
    rows = ROWS + (VALKEY_ROWS if dialect.ident == "valkey-9" else ())
    different = []
    for row in rows:
        said, found = plain(predicted(row, dialect)), plain(measured(row, tapped))
        if said != found:
            different.append((row, said, found))
    assert not different, "\n".join(map(str, different))


@pytest.mark.parametrize(
    ("setup", "sent", "bytes_sent", "on_redis", "on_valkey"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE]
)
def test_sent_and_replicated_bytes(
    setup: tuple[str, ...],
    sent: str,
    bytes_sent: int,
    on_redis: int,
    on_valkey: int,
    tapped: TappedNode,
    dialect: Dialect,
) -> None:
    row: Row = (setup, (sent,))
    replicated = on_valkey if dialect.ident == "valkey-9" else on_redis
    assert resp.length([word.encode() for word in sent.split(" ")]) == bytes_sent
    assert sum(map(resp.length, measured(row, tapped))) == replicated
    assert sum(map(resp.length, predicted(row, dialect))) == replicated


def test_a_script_replicates_its_writes_and_a_second_call_only_what_it_writes(
    tapped: TappedNode, dialect: Dialect
) -> None:
    """MULTI 15 + INCR 24 + PEXPIREAT 49 + EXEC 14, then 24."""
    tapped.run("FLUSHALL")
    tapped.replicated()
    predictor = Predictor(dialect, START_US)
    totals = []
    for lines in (("INCR rate", "PEXPIRE rate 60000"), ("INCR rate",)):
        tapped.node.ask("EVAL", RATE_LIMIT, 1, "rate")
        found = tapped.replicated()
        before = predictor.tally.total
        predictor.feed(operation("EVAL script 1 rate", 1000))
        for text in lines:
            predictor.feed(operation(text, 1000, Flag.LUA))
        predictor.close(1000)
        totals.append((sum(map(resp.length, found)), predictor.tally.total - before))
    assert totals == [(102, 102), (24, 24)]
