"""A closed loop on real engines: everything is answered, the order holds, and both players leave the same data behind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine.cluster.binaries import choose
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.errors import InputError
from engine.ramp.model import RampSpec
from engine.replay.children import Child
from engine.replay.plan import PlanFiles
from engine.run import RunSpec, measure
from tests.engine.replay.recordings import line, read
from tests.live.shared_plan import heard, plan_of, told, turns, values

pytestmark = pytest.mark.live
CLIENTS, KEYS, UNITS = 7, 11, 4000


def write_plan(folder: Path) -> PlanFiles:
    """Turns of all clients with shared keys."""
    return plan_of(folder, turns([b"key:%d" % (number * 7 % KEYS) for number in range(UNITS)]), clients=CLIENTS)


def play(files: PlanFiles, cluster: LocalCluster, *, lost: bool = False, **more: Any) -> dict[str, Any]:
    """Play with the slots of the first two shards told the wrong way round when `lost`: every one of them is redirected."""
    task = {"folder": str(files.folder), **told(cluster, **more)}
    if lost:
        first, second, *others = task["ports"]
        task["ports"] = [second, first, *others]
    with Child("engine.replay.player", task, files.folder / "player.log") as player:
        return heard(player)[0]


def test_both_players_write_the_same_data_at_every_depth_and_after_every_redirection(tmp_path: Path) -> None:
    files = write_plan(tmp_path)
    players: list[dict[str, Any]] = [
        {"pure": True, "depth": 4},
        {"depth": 1},
        {"depth": 16},
        {"depth": 16, "polls": True},
        {},
    ]
    with boot(ClusterSpec(choose(), shards=3, replicas=0)) as cluster:
        left = []
        for more in players:
            outcome = play(files, cluster, **more)
            refused = outcome["errors"]["WRONGTYPE"]
            assert set(outcome["errors"]) == {"WRONGTYPE"}
            assert (outcome["sent"], outcome["ok"] + refused) == (UNITS, UNITS)
            assert (outcome["dropped"], outcome["unanswered"], outcome["redirected"]) == (0, 0, 0)
            assert outcome["client_cpu_ns"] > 0  # what was polled in vain is taken off
            left.append((refused, values(cluster)))
        assert all(each == left[0] for each in left)
        lost = play(files, cluster, depth=4, lost=True)
        assert lost["redirected"] > 0
        assert lost["ok"] + lost["errors"]["WRONGTYPE"] == UNITS


def test_one_client_with_more_than_is_read_ahead_is_answered_to_the_end(tmp_path: Path) -> None:
    units = 3 << 13  # of which 2,048 are read ahead
    files = plan_of(tmp_path, [[b"INCR", b"n"]] * units, clients=1)
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
