"""What real clients do, replayed on real engines by both players: messages, watched keys, scripts, streams, moving slots."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from hashlib import sha1
from pathlib import Path
from typing import Any

import pytest
import redis

from engine.cluster.binaries import Engine, find_engines
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.cluster.node import HOST, Node
from engine.replay import resp
from engine.replay.bulk import BulkLink
from engine.slots import key_slot
from tests.engine.replay.recordings import line
from tests.live.playing import play
from tests.live.waiting import wait_until

pytestmark = pytest.mark.live
KEYS, ROUNDS = 24, 600  # of a slot that moves
ALICE, BOB, CAROL = "10.0.0.1:1", "10.0.0.2:2", "10.0.0.3:3"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """The compiled player on every engine, the plain one on the first: what they do does not hang on the engine."""
    engines = find_engines()
    if "pure" in metafunc.fixturenames:
        cases = [(engines[0], True), *((engine, False) for engine in engines)]
        ids = [f"{engine.ident}-{'pure' if pure else 'compiled'}" for engine, pure in cases]
        metafunc.parametrize(("cluster", "pure"), cases, indirect=["cluster"], ids=ids, scope="module")
    elif "cluster" in metafunc.fixturenames:
        ids = [engine.ident for engine in engines]
        metafunc.parametrize("cluster", engines, indirect=True, ids=ids, scope="module")


@pytest.fixture(scope="module")
def cluster(request: pytest.FixtureRequest) -> Iterator[LocalCluster]:
    """Two primaries without replicas of their own."""
    engine: Engine = request.param
    with boot(ClusterSpec(engine, shards=2, replicas=0)) as booted:
        wait_until(lambda: are_linked(booted), "links between the nodes, over which messages travel")
        yield booted


def are_linked(cluster: LocalCluster) -> bool:
    return all(len(shard.primary.ask("CLUSTER LINKS")) == 2 for shard in cluster.shards)


def node_of(cluster: LocalCluster, key: bytes) -> Node:
    return next(shard.primary for shard in cluster.shards if shard.first <= key_slot(key) <= shard.last)


def blanks(text: str) -> str:
    """As MONITOR could print it: words of a line are parted by blanks here."""
    return text.replace(" ", "\\x20")


def value(cluster: LocalCluster, key: bytes) -> Any:
    return node_of(cluster, key).ask("GET", key)


def test_a_primary_without_replicas_survives_a_sharded_message(cluster: LocalCluster) -> None:
    with BulkLink(node_of(cluster, b"news").port, cluster.password) as link:
        assert link.send([(b"SPUBLISH", b"news", b"hello")]) == {}
    cluster.require_alive()


def test_messages_reach_the_recorded_subscribers_and_are_counted_to_the_byte(
    tmp_path: Path, cluster: LocalCluster, pure: bool
) -> None:
    lines = [
        line(0.0, "SUBSCRIBE news sport", client=ALICE),
        line(0.0, "PSUBSCRIBE n*", client=BOB),
        line(0.0, "SSUBSCRIBE orders", client=CAROL),
        line(0.0, "SSUBSCRIBE parcels", client=CAROL),
        line(0.4, "PUBLISH news hello", client="u:4"),
        line(0.4, "SPUBLISH orders one", client="u:4"),
        line(0.4, "SPUBLISH parcels two", client="u:4"),
        line(0.6, "UNSUBSCRIBE", client=ALICE),
        line(0.8, "PUBLISH news again", client="u:4"),
    ]
    facts, outcome = play(tmp_path, lines, cluster, pure=pure)
    messages = [
        [b"message", b"news", b"hello"],
        [b"pmessage", b"n*", b"news", b"hello"],
        [b"smessage", b"orders", b"one"],
        [b"smessage", b"parcels", b"two"],
        [b"pmessage", b"n*", b"news", b"again"],
    ]
    assert outcome.errors == {}
    assert facts.not_replayed == {}
    assert (outcome.sent, outcome.ok, outcome.unanswered) == (9, 9, 0)
    assert outcome.messages == len(messages)
    assert outcome.message_bytes == sum(len(resp.command(each)) for each in messages)


def test_a_watched_key_that_another_client_changes_aborts_the_transaction_and_no_other(
    tmp_path: Path, cluster: LocalCluster, pure: bool
) -> None:
    lines = [
        line(0.00, "SET {a}stock 5", client=BOB),
        line(0.01, "WATCH {a}stock", client=ALICE),
        line(0.02, "GET {a}stock", client=ALICE),
        line(0.03, "SET {a}stock 4", client=BOB),
        line(0.04, "MULTI", client=ALICE),
        line(0.04, "SET {a}stock 99", client=ALICE),
        line(0.04, "EXEC", client=ALICE),
        line(0.05, "WATCH {a}stock", client=ALICE),
        line(0.06, "MULTI", client=ALICE),
        line(0.06, "INCR {a}sold", client=ALICE),
        line(0.06, "EXEC", client=ALICE),
        line(0.07, "WATCH {a}stock", client=ALICE),
        line(0.08, "UNWATCH", client=ALICE),
        line(0.09, "SET {a}stock 3", client=BOB),
        line(0.10, "MULTI", client=ALICE),
        line(0.10, "INCR {a}sold", client=ALICE),
        line(0.10, "EXEC", client=ALICE),
    ]
    facts, outcome = play(tmp_path, lines, cluster, pure=pure)
    assert outcome.errors == {}
    assert outcome.aborted == 1
    assert (value(cluster, b"{a}stock"), value(cluster, b"{a}sold")) == (b"3", b"2")
    assert outcome.sent == len(lines)
    assert any("3 WATCH commands were replayed" in note for note in facts.notes)


def test_a_key_watched_on_another_shard_does_not_abort_a_later_transaction(
    tmp_path: Path, cluster: LocalCluster, pure: bool
) -> None:
    """`a` and `b` lie on different shards: the first transaction cannot watch `a`, and the second must not."""
    assert node_of(cluster, b"a") != node_of(cluster, b"b")
    lines = [
        line(0.00, "WATCH a", client=ALICE),
        line(0.01, "MULTI", client=ALICE),
        line(0.01, "SET b 1", client=ALICE),
        line(0.01, "EXEC", client=ALICE),
        line(0.02, "SET a 1", client=BOB),
        line(0.03, "MULTI", client=ALICE),
        line(0.03, "INCR a", client=ALICE),
        line(0.03, "EXEC", client=ALICE),
    ]
    _, outcome = play(tmp_path, lines, cluster, pure=pure)
    assert (outcome.aborted, outcome.errors) == (0, {})
    assert value(cluster, b"a") == b"2"


def test_scripts_and_functions_are_there_before_the_first_call(
    tmp_path: Path, cluster: LocalCluster, pure: bool
) -> None:
    lines = [
        line(0.00, "EVALSHA SHA 1 n"),  # refused when recorded: the script came only then
        line(0.01, "SCRIPT LOAD BODY"),
        line(0.02, "EVALSHA SHA 1 n"),
        line(0.02, "incr n", client="lua"),
        line(0.03, "EVALSHA SHA 1 m"),
        line(0.03, "incr m", client="lua"),
        line(0.04, "FUNCTION LOAD CODE"),
        line(0.05, "FCALL add 1 n"),
        line(0.05, "incr n", client="lua"),
        line(0.06, f"EVALSHA {'ab' * 20} 1 o"),  # its script is shown nowhere
        line(0.06, "incr o", client="lua"),
    ]
    body = "return redis.call('incr',KEYS[1])"
    code = "#!lua name=shop\\nredis.register_function('add',function(k,a) return redis.call('incr',k[1]) end)"
    sha = sha1(body.encode(), usedforsecurity=False).hexdigest()
    lines = [
        each.replace('"SHA"', f'"{sha}"').replace("BODY", blanks(body)).replace("CODE", blanks(code)) for each in lines
    ]
    facts, outcome = play(tmp_path, lines, cluster, pure=pure)
    assert outcome.errors == {}
    assert [value(cluster, key) for key in (b"n", b"m", b"o")] == [b"2", b"1", b"1"]
    assert facts.not_replayed == {
        "EVALSHA of a script that was not loaded yet (the client's next attempt is replayed)": 1,
        "script or function (loaded on every shard before the replay)": 2,
        "script whose body the recording never shows (its commands are replayed)": 1,
        "run inside a script or transaction that is replayed": 3,
    }


def test_commands_of_one_pipeline_leave_in_one_piece(tmp_path: Path, cluster: LocalCluster, pure: bool) -> None:
    """The server counts how often it read from a client: a few times to make ready, and once for a pipeline of fifty."""
    node = node_of(cluster, b"{p}")
    lines = [line(0.01 + number / 1e6, f"INCR {{p}}{number}") for number in range(50)]
    before = node.info("stats")["total_reads_processed"]
    facts, outcome = play(tmp_path, lines, cluster, pure=pure)
    assert node.info("stats")["total_reads_processed"] - before < 15
    assert outcome.ok == 50
    assert any("49 operations came within 20 µs" in note for note in facts.notes)


def test_clients_that_said_hello_3_are_answered_in_resp3(tmp_path: Path, cluster: LocalCluster, pure: bool) -> None:
    """A score of 1.5 is a string in RESP2 and `,1.5` in RESP3, a missing value `$-1` and `_`; maps are as long as arrays."""
    commands = ["HSET {r}h a 1 b 2", "ZADD {r}z 1.5 m", "DEL {r}x", "HGETALL {r}h", "ZSCORE {r}z m", "GET {r}x"]
    sizes = []
    for name, first in (("two", "PING"), ("three", "HELLO 3")):
        lines = [line(0.0, first), *(line(0.01 + at / 100, each) for at, each in enumerate(commands))]
        facts, outcome = play(tmp_path / name, lines, cluster, pure=pure)
        assert outcome.errors == {}
        sizes.append(outcome.bytes_out)
        assert facts.resp3_shared == ((0,) if name == "three" else ())
    pong = len(b"+PONG\r\n")
    score, nothing = len(b"$3\r\n1.5\r\n") - len(b",1.5\r\n"), len(b"$-1\r\n") - len(b"_\r\n")
    assert sizes[0] - pong - score - nothing == sizes[1]


def recorded_stream_work(node: Node, rounds: int) -> list[str]:
    """What MONITOR prints of a producer and a consumer that acknowledges all but the last round and deletes every third."""
    lines: list[str] = []
    client = redis.Redis(host=HOST, port=node.port, password=node.spec.password, socket_timeout=10)
    with client, client.monitor() as monitor:  # type: ignore[no-untyped-call]
        node.ask("XGROUP", "CREATE", "{s}jobs", "workers", "$", "MKSTREAM")
        for number in range(rounds):
            added = [node.ask("XADD", "{s}jobs", "MAXLEN", "~", "100000", "*", "job", str(number))]
            if number % 4 == 3:  # several in one millisecond
                added += node.ask_all([["XADD", "{s}jobs", "*", "job", "more"]] * 3)
            node.ask("XREADGROUP", "GROUP", "workers", "me", "COUNT", "10", "STREAMS", "{s}jobs", ">")
            if number < rounds - 1:
                node.ask("XACK", "{s}jobs", "workers", *added)
            if number % 3 == 0:
                node.ask("XDEL", "{s}jobs", *added)
        node.ask("PING", "over")
        while not lines or "over" not in lines[-1]:
            lines.append(monitor.connection.read_response().decode())
    return [each for each in lines if "{s}jobs" in each]


def test_recorded_acknowledgements_find_their_entries(tmp_path: Path, cluster: LocalCluster, pure: bool) -> None:
    node = node_of(cluster, b"{s}jobs")
    node.ask("DEL", "{s}jobs")
    lines = recorded_stream_work(node, 60)
    left = [node.ask("XLEN", "{s}jobs"), node.ask("XPENDING", "{s}jobs", "workers")]
    last = node.ask("XRANGE", "{s}jobs", "-", "+")
    facts, outcome = play(tmp_path, lines, cluster, pure=pure)
    assert outcome.errors == {}
    assert [node.ask("XLEN", "{s}jobs"), node.ask("XPENDING", "{s}jobs", "workers")] == left
    assert node.ask("XRANGE", "{s}jobs", "-", "+") == last
    # 60 rounds add 60 + 15 x 3 = 105 entries; the four of the last round are named by nobody
    assert any("101 of the 101 IDs" in note for note in facts.notes)


def move(cluster: LocalCluster, slot: int) -> None:
    """Move a slot of the first shard to the second as redis-cli does, slowly, key by key."""
    source, target = (shard.primary for shard in cluster.shards)
    here, there = source.ask("CLUSTER MYID"), target.ask("CLUSTER MYID")
    wait_until(lambda: source.ask("CLUSTER COUNTKEYSINSLOT", slot) >= KEYS, "the keys that move")
    target.ask("CLUSTER SETSLOT", slot, "IMPORTING", here)
    source.ask("CLUSTER SETSLOT", slot, "MIGRATING", there)
    while keys := source.ask("CLUSTER GETKEYSINSLOT", slot, 1):
        source.ask("MIGRATE", HOST, target.port, keys[0], 0, 5000, "AUTH", cluster.password)
        time.sleep(0.01)
    for node in (target, source):
        node.ask("CLUSTER SETSLOT", slot, "NODE", there)


def test_a_slot_that_moves_in_mid_replay_loses_nothing(tmp_path: Path, cluster: LocalCluster, pure: bool) -> None:
    tag = "{f}" if pure else "{b}"
    assert key_slot(tag.encode()) <= cluster.shards[0].last
    keys = [f"{tag}:{number}" for number in range(KEYS)]
    lines, expected = [], Counter(dict.fromkeys(keys, 1))
    lines += [line(number / 1e3, f"INCR {key}") for number, key in enumerate(keys)]
    for number in range(ROUNDS):
        at, client = 0.05 + number / 1e3, f"10.0.0.{number % 5}:1"
        one, other = keys[number * 7 % KEYS], keys[(number * 7 + 11) % KEYS]
        if number % 3 == 0:
            lines += [line(at, "MULTI", client=client), line(at, f"INCR {one}", client=client)]
            lines += [line(at, f"INCR {other}", client=client), line(at, "EXEC", client=client)]
            expected.update((one, other))
        elif number % 3 == 1:
            lines.append(line(at, f"INCR {one}", client=client))
            expected[one] += 1
        else:
            lines.append(line(at, f"MGET {one} {other}", client=client))
    _, outcome = play(tmp_path, lines, cluster, lambda: move(cluster, key_slot(tag.encode())), pure=pure)
    assert outcome.errors == {}
    assert (outcome.sent, outcome.ok) == (len(lines), len(lines))
    assert (outcome.dropped, outcome.unanswered) == (0, 0)
    assert outcome.redirected > 0
    assert outcome.tried_again > 0  # two keys of one command, one of which had moved
    found = {key: int(cluster.shards[1].primary.ask("GET", key)) for key in keys}
    assert found == expected
