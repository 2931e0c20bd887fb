"""Several player processes leave behind what one leaves, and say what one says."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cluster.binaries import choose
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.errors import InputError, Interrupted
from engine.replay import resp
from engine.replay.children import Child
from engine.replay.plan import READ, WRITE, PlanFacts, PlanFiles, PlanWriter
from engine.replay.team import Speaker, local_team
from engine.run import RunSpec, measure
from engine.slots import key_slot

pytestmark = pytest.mark.live
CLIENTS, UNITS = 7, 2000
COUNTS = ("sent", "ok", "errors", "dropped", "unanswered", "redirected", "bytes_in", "bytes_out")


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two primaries."""
    with boot(ClusterSpec(choose(), shards=2, replicas=0)) as booted:
        yield booted


def write_plan(folder: Path, *, over_ns: int = 300_000_000) -> PlanFiles:
    """Every connection appends its turn to keys of its own, reads them, and now and then asks for what cannot be."""
    files = PlanFiles(folder)
    writer = PlanWriter(files)
    for number in range(UNITS):
        client = number % CLIENTS
        key = b"key:%d:%d" % (client, number % 3)
        words, role = [b"APPEND", key, b"%d," % number], WRITE
        if number % 5 == 0:
            words, role = [b"GET", key], READ
        if number % 100 == 99:
            words, role = [b"LPUSH", key, b"x"], WRITE
        due = over_ns * number // UNITS
        writer.append(resp.command(words), due_ns=due, client=client, slot=key_slot(key), kind=0, role=role)
    writer.flush()
    files.write_facts(PlanFacts(UNITS, UNITS, CLIENTS, over_ns, ("ALL",), {}, None, None, None, 1.0, 0))
    return files


def task(cluster: LocalCluster, **more: Any) -> dict[str, Any]:
    """What a player is told, but for the folder."""
    ranges = [(shard.first, shard.last) for shard in cluster.shards]
    ports = [shard.primary.port for shard in cluster.shards]
    return {"ports": ports, "ranges": ranges, "password": cluster.password, **more}


def child_of(cluster: LocalCluster, **more: Any) -> Callable[[Path], Child]:
    """Starts the player of a folder."""

    def start(folder: Path) -> Child:
        said = {"folder": str(folder), **task(cluster, **more)}
        return Child("engine.replay.player", said, folder / "player.log")

    return start


def heard(player: Speaker) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The outcome, and the progress before it."""
    progress, deadline = [], time.monotonic() + 60
    while time.monotonic() < deadline:
        for said in player.hear(0.5):
            if "progress" in said:
                progress.append(said["progress"])
            if "outcome" in said:
                return dict(said["outcome"]), progress
    raise TimeoutError


def values(cluster: LocalCluster) -> dict[bytes, Any]:
    """What the keys hold; they are deleted."""
    found = {}
    for shard in cluster.shards:
        for key in list(shard.primary.client.scan_iter()):
            found[key] = shard.primary.client.get(key)
            shard.primary.client.delete(key)
    return found


def counts(outcome: dict[str, Any]) -> list[Any]:
    """What does not depend on how fast it went."""
    return [outcome[name] for name in COUNTS]


@pytest.mark.parametrize("more", [{}, {"depth": 4}, {"pure": True}])
def test_two_players_leave_the_same_data_and_counts_as_one(
    tmp_path: Path, cluster: LocalCluster, more: dict[str, Any]
) -> None:
    files = write_plan(tmp_path)
    with child_of(cluster, **more)(tmp_path) as player:
        alone, _ = heard(player)
    left = values(cluster)
    with local_team(files, 2, child_of(cluster, together=True, **more)) as team:
        both, _ = heard(team)
    assert counts(both) == counts(alone)
    assert both["ok"] + both["errors"]["WRONGTYPE"] == UNITS
    assert values(cluster) == left
    # five connections of 286 operations and two of 285: three of the first for one player, the rest for the other
    assert sorted(each["operations"] for each in both["sources"]) == [858, 1142]
    sent, done = np.fromfile(files.records, dtype=np.int64).reshape(2, UNITS)
    assert (sent > 0).all()
    assert (done >= sent).all()
    assert list(tmp_path.glob("part-*")) == []


def test_progress_is_that_of_all_players(tmp_path: Path, cluster: LocalCluster) -> None:
    files = write_plan(tmp_path, over_ns=1_400_000_000)
    with local_team(files, 3, child_of(cluster, together=True)) as team:
        outcome, progress = heard(team)
    values(cluster)
    assert outcome["sent"] == UNITS
    assert progress[0]["answered"] == progress[0]["units"]
    assert progress[0]["units"] < progress[-1]["units"] <= UNITS
    assert all(0 < each["response_p50_us"] <= each["response_p99_us"] for each in progress)


def test_a_player_that_is_killed_is_named_and_nothing_is_left(tmp_path: Path, cluster: LocalCluster) -> None:
    files, pids = write_plan(tmp_path, over_ns=60_000_000_000), list[int]()

    def start(folder: Path) -> Child:
        child = child_of(cluster, together=True)(folder)
        pids.append(child.pid)
        return child

    with (
        pytest.raises(Interrupted, match="player 2, one of 2: The player was killed by SIGKILL"),
        local_team(files, 2, start) as team,
    ):
        while not any("progress" in said for said in team.hear(0.5)):
            pass
        os.kill(pids[1], signal.SIGKILL)
        heard(team)
    values(cluster)
    assert list(tmp_path.glob("part-*")) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_no_players_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="players: 0 is no number of players"):
        measure(RunSpec(tmp_path / "none", tmp_path / "run", players=0))
