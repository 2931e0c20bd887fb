"""Durable mode on real engines: answered means on two of three disks, by both players, and after the primary was killed."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine import measurement
from engine.cluster import durability
from engine.cluster.binaries import Engine, find_engines
from engine.cluster.local import ClusterSpec, LocalCluster, boot, replicas_online
from engine.cluster.node import Node
from engine.drills.acknowledged import drill
from engine.errors import InputError
from engine.replay import replication_tap, resp
from engine.replay.children import Child
from engine.replay.committing import with_zone
from engine.replay.plan import PlanFiles
from engine.replay.records import read_records
from engine.run import RunSpec, measure
from tests.engine.replay.recordings import line, read
from tests.live.shared_plan import heard, plan_of, told
from tests.live.waiting import wait_until

pytestmark = pytest.mark.live
PLAYERS = {"compiled": "engine.replay.player", "plain": "engine.replay.durable_player"}
CLIENTS, UNITS, DEPTH = 5, 400, 4


@pytest.fixture(scope="module", params=find_engines(), ids=lambda engine: engine.ident)
def shard(request: pytest.FixtureRequest) -> Iterator[LocalCluster]:
    with boot(ClusterSpec(request.param, shards=1, replicas=2, durable=True)) as cluster:
        yield cluster


def write_plan(folder: Path, units: int = UNITS) -> PlanFiles:
    """Three writes and a read of what was written, again and again; clients take turns."""
    keys = [b"key:%d" % (number % 16) for number in range(units)]
    commands = [[b"APPEND", key, b"%d," % number] for number, key in enumerate(keys)]
    commands[3::4] = [[b"GET", key] for key in keys[3::4]]
    return plan_of(folder, commands, clients=CLIENTS)


def play(files: PlanFiles, cluster: LocalCluster, player: str, **more: Any) -> dict[str, Any]:
    task = {"folder": str(files.folder), **told(cluster, copies=1, pure=player == "plain", **more)}
    with Child(PLAYERS[player], task, files.folder / "player.log") as child:
        return heard(child)[0]


def test_every_node_syncs_its_file_at_every_write(shard: LocalCluster) -> None:
    for node in shard.nodes:
        assert node.client.config_get("append*")["appendonly"] == "yes"
        assert node.client.config_get("appendfsync") == {"appendfsync": "always"}


def test_both_players_commit_every_write_and_leave_the_same_data(tmp_path: Path, shard: LocalCluster) -> None:
    files, primary = write_plan(tmp_path), shard.shards[0].primary
    left = []
    for player, depth in (("compiled", None), ("compiled", DEPTH), ("plain", DEPTH)):
        outcome = play(files, shard, player, depth=depth)
        assert (outcome["ok"], outcome["committed"], outcome["timed_out"]) == (UNITS, UNITS * 3 // 4, 0)
        assert (outcome["unanswered"], outcome["dropped"], outcome["errors"]) == (0, 0, {})
        assert 0 < outcome["waits"] < outcome["committed"]  # one covers several
        assert outcome["bytes_in"] == files.payload.stat().st_size  # WAIT is not the workload's
        assert np.all(read_records(files).done_ns > 0)
        left.append({key: primary.client.get(key) for batch in primary.key_batches(100) for key in batch})
        primary.client.flushall()
    assert left[0] == left[1] == left[2]
    assert len(left[0]) == 12  # the others are only read


@pytest.mark.parametrize("player", PLAYERS)
def test_a_write_nobody_confirms_in_time_is_not_acknowledged(tmp_path: Path, shard: LocalCluster, player: str) -> None:
    files = write_plan(tmp_path, units=4)
    replicas = shard.shards[0].replicas
    for node in replicas:
        os.kill(node.process.pid, signal.SIGSTOP)
    try:
        outcome = play(files, shard, player, depth=1, wait_ms=100)
    finally:
        for node in replicas:
            os.kill(node.process.pid, signal.SIGCONT)
    assert (outcome["ok"], outcome["timed_out"], outcome["committed"]) == (1, 3, 0)
    assert outcome["errors"] == {"NOTCOMMITTED": 3}
    assert list(read_records(files).done_ns > 0) == [False, False, False, True]


def is_online(primary: Node, tap: replication_tap.Tap) -> bool:
    """Whether the stream goes to the tap, too: from an acknowledgement on, which may have to be repeated."""
    tap.acknowledge()
    return replicas_online(primary.info("replication")) == 3


def test_the_tap_that_counts_the_bytes_does_not_pass_for_a_copy_on_a_disk(tmp_path: Path, shard: LocalCluster) -> None:
    primary, replicas = shard.shards[0].primary, shard.shards[0].replicas
    tap = replication_tap.attach(primary.port, shard.password, tmp_path / "stream")
    tap.counts, received = False, b""
    wait_until(lambda: is_online(primary, tap), "the tap to be taken for a replica")
    for node in replicas:
        os.kill(node.process.pid, signal.SIGSTOP)
    try:
        primary.client.set("key", "value")
        tap.sock.settimeout(10)
        while b"value" not in received:
            received += tap.sock.recv(1 << 16)
        tap.take(received)
        tap.acknowledge()
        found = [primary.client.wait(1, 100)]
        tap.counts = True
        tap.acknowledge()
        found.append(primary.client.wait(1, 100))
    finally:
        for node in replicas:
            os.kill(node.process.pid, signal.SIGCONT)
        tap.sock.close()
        tap.file.close()
    assert found == [0, 1]  # it would, if it acknowledged what it has


def test_a_run_says_how_its_writes_were_committed_and_its_bytes_still_add_up(tmp_path: Path) -> None:
    lines = [line(number / 200, f"SET key:{number % 20} {number}") for number in range(200)]
    trace = read(tmp_path, [*lines, line(1.1, "GET key:1")])
    spec = RunSpec(trace, tmp_path / "run", shards=1, replicas=2, mode="durable", zone_rtt_ms=2)
    result = measure(spec)
    commit, written = result.commit, result.data_written
    assert commit is not None
    assert (commit.wait_replicas, commit.timed_out) == (1, 0)
    assert commit.writes_per_wait is not None and commit.writes_per_wait >= 1
    assert commit.waits * commit.writes_per_wait == pytest.approx(200)
    assert commit.filesystem not in ("tmpfs", "")
    assert commit.not_reproduced == durability.NOT_REPRODUCED
    requests = [f"SET key:{number % 20} {number}".encode().split() for number in range(200)]
    assert written.bytes == sum(len(resp.command(words)) for words in requests)
    getack = len(resp.command([b"REPLCONF", b"GETACK", b"*"]))
    assert getack <= written.protocol_by_command["REPLCONF"] <= getack * commit.waits
    assert written.bytes + written.protocol_bytes == written.offset_growth_bytes
    assert commit.aof_bytes >= 3 * written.bytes  # three copies, and the engine's own lines
    far = commit.write_with_zone_us
    assert far is not None and far.p50 == pytest.approx(result.latency_us["write"].response.p50 + 2_000)
    assert with_zone(replace(result, commit=replace(commit, zone_rtt_us=None, write_with_zone_us=None)), 2) == result
    assert measurement.from_json(measurement.to_json(result)) == result


def test_fewer_than_three_copies_and_zones_without_commits_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="at least 2: a write is acknowledged when two of three copies"):
        measure(RunSpec(tmp_path / "none", tmp_path / "run", mode="durable", replicas=1))
    with pytest.raises(InputError, match="zone round trip: only commits go between zones"):
        measure(RunSpec(tmp_path / "none", tmp_path / "run", zone_rtt_ms=1))


def test_no_acknowledged_write_is_missing_after_fifty_kills(engines: tuple[Engine, ...]) -> None:
    """Twenty-five each on two shards side by side; the engine whose replicas come back fastest."""
    engine = engines[-1]
    with ThreadPoolExecutor(2) as two:
        tallies = list(two.map(lambda seed: drill(engine, "durable", 25, seed=seed), (1, 2)))
    assert sum(tally.tries for tally in tallies) == 50
    assert [tally.missing for tally in tallies] == [0, 0]
    assert all(tally.acknowledged > 25 for tally in tallies)


def test_the_other_engine_keeps_the_promise_too_and_cache_mode_counts_its_losses(engines: tuple[Engine, ...]) -> None:
    with ThreadPoolExecutor(2) as two:
        tries = [two.submit(drill, engines[0], mode, 3) for mode in ("durable", "cache")]
        durable, cache = (each.result() for each in tries)
    assert durable.missing == 0 and durable.acknowledged > 0
    assert cache.acknowledged > 0 and cache.missing >= 0
    assert (cache.lossy_tries > 0) == (cache.missing > 0)
    assert cache.found >= cache.acknowledged - cache.missing
