"""A closed loop on real engines: everything is answered, the order holds, and both players leave the same data behind."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from engine.cluster.binaries import choose
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.errors import InputError
from engine.ramp.model import RampSpec
from engine.replay import resp
from engine.replay.children import Child
from engine.replay.plan import READ, WRITE, PlanFacts, PlanFiles, PlanWriter
from engine.run import RunSpec, measure
from engine.slots import key_slot
from tests.engine.replay.recordings import line, read

pytestmark = pytest.mark.live
CLIENTS, KEYS, UNITS = 7, 11, 4000


def write_plan(folder: Path) -> PlanFiles:
    """Every client appends its turn to shared keys, reads them, and now and then asks for what cannot be."""
    files = PlanFiles(folder)
    writer = PlanWriter(files)
    for number in range(UNITS):
        key = b"key:%d" % (number * 7 % KEYS)
        words, role = [b"APPEND", key, b"%d," % number], WRITE
        if number % 5 == 0:
            words, role = [b"GET", key], READ
        if number % 100 == 99:
            words, role = [b"LPUSH", key, b"x"], WRITE
        writer.append(resp.command(words), due_ns=0, client=number % CLIENTS, slot=key_slot(key), kind=0, role=role)
    writer.flush()
    files.write_facts(PlanFacts(UNITS, UNITS, CLIENTS, 0, ("ALL",), {}, None, None, None, 1.0, 0))
    return files


def play(files: PlanFiles, cluster: LocalCluster, **more: Any) -> dict[str, Any]:
    """Play with the slots of the first two shards told the wrong way round when `lost`: every one of them is redirected."""
    ports = [shard.primary.port for shard in cluster.shards]
    if more.pop("lost", False):
        ports[0], ports[1] = ports[1], ports[0]
    ranges = [(shard.first, shard.last) for shard in cluster.shards]
    task = {"folder": str(files.folder), "ports": ports, "ranges": ranges, "password": cluster.password, **more}
    deadline = time.monotonic() + 60
    with Child("engine.replay.player", task, files.folder / "player.log") as player:
        while time.monotonic() < deadline:
            for said in player.hear(0.5):
                if "outcome" in said:
                    return dict(said["outcome"])
    raise TimeoutError


def values(cluster: LocalCluster) -> dict[bytes, Any]:
    """What the keys hold; they are deleted."""
    found = {}
    for shard in cluster.shards:
        for key in list(shard.primary.client.scan_iter()):
            found[key] = shard.primary.client.get(key)
            shard.primary.client.delete(key)
    return found


def test_both_players_write_the_same_data_at_every_depth_and_after_every_redirection(tmp_path: Path) -> None:
    files = write_plan(tmp_path)
    with boot(ClusterSpec(choose(), shards=3, replicas=0)) as cluster:
        left = []
        for more in ({"pure": True, "depth": 4}, {"depth": 1}, {"depth": 16}, {}):
            outcome = play(files, cluster, **more)
            refused = outcome["errors"]["WRONGTYPE"]
            assert set(outcome["errors"]) == {"WRONGTYPE"}
            assert (outcome["sent"], outcome["ok"] + refused) == (UNITS, UNITS)
            assert (outcome["dropped"], outcome["unanswered"], outcome["redirected"]) == (0, 0, 0)
            left.append((refused, values(cluster)))
        assert all(each == left[0] for each in left)
        lost = play(files, cluster, depth=4, lost=True)
        assert lost["redirected"] > 0
        assert lost["ok"] + lost["errors"]["WRONGTYPE"] == UNITS


def test_one_client_with_more_than_is_read_ahead_is_answered_to_the_end(tmp_path: Path) -> None:
    files, units = PlanFiles(tmp_path), 3 << 13  # of which 8,192 are read ahead
    writer = PlanWriter(files)
    for _ in range(units):
        writer.append(resp.command([b"INCR", b"n"]), due_ns=0, client=0, slot=key_slot(b"n"), kind=0, role=WRITE)
    writer.flush()
    files.write_facts(PlanFacts(units, units, 1, 0, ("INCR",), {}, None, None, None, 1.0, 0))
    with boot(ClusterSpec(choose(), shards=1, replicas=0)) as cluster:
        outcome = play(files, cluster, depth=16)
        assert values(cluster) == {b"n": b"%d" % units}
    assert (outcome["ok"], outcome["dropped"], outcome["unanswered"]) == (units, 0, 0)
    assert outcome["peak_bytes"] > 1 << 20


def test_a_closed_loop_says_its_rate_and_its_players_and_is_no_measure_of_latency(tmp_path: Path) -> None:
    clients = [f"127.0.0.1:{5000 + number % 5}" for number in range(600)]
    trace = read(tmp_path, [line(number, f"SET key:{number} 1", client=each) for number, each in enumerate(clients)])
    ramp = RampSpec(write_us=60e6, step_s=0.2, rest_s=0.0, tries=1, rates=(8_000.0,))
    result = measure(RunSpec(trace, tmp_path / "run", shards=1, replicas=0, depth=8, players=2, ramp=ramp))
    assert result.ramp is not None
    assert [step.played.operations for step in result.ramp.steps] == [1_600]
    assert (result.operations.sent, result.data_written.commands) == (600, 600)  # the ramp stands in no other figure
    assert [each.operations for each in result.sources] == [360, 240]  # three connections and two, of 120 each
    assert sum("2 player processes shared" in note for note in result.assumptions) == 1
    assert result.memory.keys == 600
    assert result.throughput is not None
    assert result.throughput.depth == 8
    assert result.throughput.operations_per_s == pytest.approx(600 / result.duration_s)
    assert not result.valid_for_latency.ok
    assert result.operations.late == 0


def test_a_depth_of_nothing_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="0 is not a depth"):
        measure(RunSpec(tmp_path / "none", tmp_path / "run", depth=0))
