"""A slot moves to another shard while a recording is played: nothing is lost, nothing is done twice."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine.cluster.binaries import Engine, find_engines
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.cluster.node import HOST
from engine.slots import key_slot
from tests.engine.replay.recordings import line
from tests.live.playing import play
from tests.live.waiting import wait_until

pytestmark = pytest.mark.live
KEYS, ROUNDS = 24, 900


@pytest.fixture(scope="module", params=find_engines(), ids=lambda engine: engine.ident)
def cluster(request: pytest.FixtureRequest) -> Iterator[LocalCluster]:
    engine: Engine = request.param
    with boot(ClusterSpec(engine, shards=2, replicas=0)) as booted:
        yield booted


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


@pytest.mark.parametrize("pure", [False, True], ids=["compiled", "pure"])
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
