"""Several player processes leave behind what one leaves, and say what one says."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from engine.cluster.binaries import choose
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.errors import InputError, Interrupted
from engine.replay.children import Child
from engine.replay.team import local_team
from engine.run import RunSpec, measure
from tests.live.shared_plan import UNITS, counts, heard, told, values, write_plan

pytestmark = pytest.mark.live


@pytest.fixture(scope="module")
def cluster() -> Iterator[LocalCluster]:
    """Two primaries."""
    with boot(ClusterSpec(choose(), shards=2, replicas=0)) as booted:
        yield booted


def child_of(cluster: LocalCluster, **more: Any) -> Callable[[Path], Child]:
    """Starts the player of a folder."""

    def start(folder: Path) -> Child:
        said = {"folder": str(folder), **told(cluster, **more)}
        return Child("engine.replay.player", said, folder / "player.log")

    return start


@pytest.mark.parametrize("more", [{}, {"pure": True}])
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
        said: list[dict[str, Any]] = []
        while not said:
            said = team.hear(0.5)
        progress = said[0]["progress"]  # of both: in half a second each of them answered some
        assert 0 < progress["units"] == progress["answered"]
        assert 0 < progress["response_p50_us"] <= progress["response_p99_us"]
        os.kill(pids[1], signal.SIGKILL)
        heard(team)
    values(cluster)
    assert list(tmp_path.glob("part-*")) == []
    with pytest.raises(ProcessLookupError):
        os.kill(pids[0], 0)


def test_no_players_at_all_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="players: 0 is no number of players"):
        measure(RunSpec(tmp_path / "none", tmp_path / "run", players=0))
