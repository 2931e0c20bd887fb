"""What redaction changes is nothing that is measured: the redacted recording writes the same bytes on a real engine."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis

from engine.cluster.binaries import choose
from engine.cluster.local import ClusterSpec, boot
from engine.cluster.node import Node
from engine.replay import resp
from engine.traces.formats.reader import Options
from engine.traces.model import Flag
from engine.traces.reading import read_recording
from engine.traces.store import iter_operations
from tests.engine.traces.monitor_writing import commands, write

pytestmark = pytest.mark.live
MIXED = Path(__file__).parents[1] / "data" / "monitor" / "mixed_7.0.15.txt.gz"
MANY_KINDS = """
SET user:alice:visits 17 EX 3600 NX
INCRBY user:alice:visits 25
SET price:shoe 19.90
INCRBYFLOAT price:shoe 1.25
APPEND note:alice hello
SETRANGE note:alice 3 there
GETRANGE note:alice 0 -1
SETBIT {maria}:bits 70001 1
BITCOUNT {maria}:bits 0 -1 BIT
BITFIELD flags:alice SET u8 #0 200 INCRBY i16 100 -5
BITOP OR {maria}:all {maria}:bits {maria}:none
HSET profile:alice name Alice age 42 score 1.5
HINCRBY profile:alice age 1
HINCRBYFLOAT profile:alice score 0.25
HRANDFIELD profile:alice 2 WITHVALUES
HSCAN profile:alice 0 MATCH n* COUNT 10
RPUSH queue:mail alice bob carol 1234567890123456789
LPOS queue:mail bob RANK 1 MAXLEN 0
LINSERT queue:mail BEFORE carol dave
LSET queue:mail 0 erin
LMOVE queue:mail {queue:mail}:done LEFT RIGHT
LREM queue:mail -1 carol
SADD tags:{alice} red green 7 8 32768
SADD tags:{alice}:more red 7
SINTERSTORE tags:{alice}:both tags:{alice} tags:{alice}:more
SINTERCARD 2 tags:{alice} tags:{alice}:more LIMIT 10
SMOVE tags:{alice} tags:{alice}:more green
SORT tags:{alice}:both BY nosort LIMIT 0 5 ALPHA STORE sorted:{alice}
ZADD board GT CH 100 alice 2.5e3 bob -7 carol
ZADD board INCR 5 alice
ZINCRBY board 1.5 bob
ZRANGEBYSCORE board -inf (2000 WITHSCORES LIMIT 0 10
ZRANGE board [a [z BYLEX
ZRANGESTORE {board}:top board 0 1 REV
ZUNIONSTORE {board}:sum 2 board board WEIGHTS 2 3 AGGREGATE MAX
ZREMRANGEBYRANK board 0 0
PFADD {page}:day alice bob carol
PFMERGE {page}:week {page}:day
GEOADD places 13.361389 38.115556 home 85.3 85.01 pole
GEOSEARCH places FROMLONLAT 15.5 37.25 BYRADIUS 200.5 km ASC COUNT 3 WITHDIST
XADD events NOMKSTREAM 1-1 kind click
XADD events MAXLEN ~ 1000 1526919030474-55 kind click user alice
XGROUP CREATE events readers $ MKSTREAM
XADD events 1526919030475-0 kind buy user bob
XREADGROUP GROUP readers alice COUNT 10 STREAMS events >
XACK events readers 1526919030475-0
XRANGE events - + COUNT 2
XTRIM events MINID 1526919030475
XCLAIM events readers bob 3600000 1526919030475-0
EXPIRE note:alice 100 NX
PEXPIREAT note:alice 4102444800000
COPY note:alice {note:alice}:copy REPLACE
RENAME {queue:mail}:done {queue:mail}:old
OBJECT ENCODING board
SCAN 0 MATCH user:* COUNT 100 TYPE string
EVAL return{KEYS[1],ARGV[1]} 1 user:alice hello
FCALL nothing 1 user:alice
HSET note:alice wrong type
LPUSH board wrong
INCR profile:alice
SET user:bob 5 EX notanumber
GETEX user:alice:visits PERSIST
GETDEL note:alice
""".strip().splitlines()
AT_ONCE = 500
CONNECTION_ONLY = frozenset(
    ("AUTH", "HELLO", "SELECT", "SUBSCRIBE", "MULTI", "EXEC")
)  # one connection sends everything


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a real engine did with the recording."""

    sent: int
    errors: Counter[str]
    replicated_bytes: int
    keys: int


@pytest.fixture(scope="module", params=["recorded", "many kinds"])
def both(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Outcome]:
    """As recorded, and redacted: a real recording, and commands of every kind with some that fail."""
    folder = tmp_path_factory.mktemp("redaction")
    recording = MIXED if request.param == "recorded" else write(folder / "many.txt", commands(*MANY_KINDS))
    with boot(ClusterSpec(choose(), shards=1, replicas=1)) as cluster:
        node = cluster.shards[0].primary
        first, second = (
            _outcome(node, recording, folder / f"{redact}.parquet", redact=redact) for redact in (False, True)
        )
    return first, second


def _outcome(node: Node, recording: Path, trace: Path, *, redact: bool) -> Outcome:
    node.ask("FLUSHALL")
    read_recording(recording, trace, options=Options(redact=redact, redaction_key=bytes(range(16))))
    start = _offset(node)
    sent, errors = 0, Counter[str]()
    for batch in _batches(trace):
        replies = node.ask_all(batch)
        sent += len(replies)
        errors.update(str(reply).split(" ", 1)[0] for reply in replies if isinstance(reply, redis.ResponseError))
    return Outcome(sent, errors, _offset(node) - start, node.ask("DBSIZE"))


def _batches(trace: Path) -> Iterator[list[list[bytes]]]:
    """What was sent from outside, in order."""
    batch: list[list[bytes]] = []
    for operation in iter_operations(trace):
        if not operation.flags & (Flag.LUA | Flag.BLOCKING) and operation.cmd not in CONNECTION_ONLY:
            batch.append(resp.words_of(operation.cmd, operation.args or ()))
        if len(batch) == AT_ONCE:
            yield batch
            batch = []
    yield batch


def _offset(node: Node) -> int:
    return int(node.info("replication")["master_repl_offset"])


def test_the_data_written_is_within_one_per_cent(both: tuple[Outcome, Outcome]) -> None:
    before, after = (each.replicated_bytes for each in both)
    assert before > 1_000
    assert abs(after - before) <= 0.01 * before


def test_every_command_is_as_valid_as_before(both: tuple[Outcome, Outcome]) -> None:
    before, after = both
    assert before.sent == after.sent >= len(MANY_KINDS)
    assert after.errors == before.errors
    assert 0 < before.errors.total() < 10


def test_there_are_as_many_keys_as_before(both: tuple[Outcome, Outcome]) -> None:
    assert both[0].keys == both[1].keys > 15
