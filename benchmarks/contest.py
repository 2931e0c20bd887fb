"""Who plays the load: our player, in one process for as many plays as are wanted, and redis-benchmark, beside it."""

from __future__ import annotations

import contextlib
import csv
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from benchmarks.load import CONNECTIONS, KEYS, OPERATIONS, VALUE_BYTES
from engine.cluster.local import LocalCluster
from engine.cluster.node import HOST
from engine.errors import Interrupted
from engine.replay import cores
from engine.replay.children import Child
from engine.replay.plan import PlanFiles

_PLAYER_TIMEOUT_S = 120.0
_RIVAL_TIMEOUT_S = 120.0


@dataclass(frozen=True, slots=True)
class Seat:
    """A player's process at one cluster, with the cores that a run would give it; a rival there has the same."""

    cluster: LocalCluster
    depth: int
    cores: tuple[int, ...]
    player: Child

    def play(self, files: PlanFiles) -> dict[str, Any]:
        """Play the plan; answers the player's outcome. Raises Interrupted."""
        self.player.tell(_task(files, self.cluster, self.depth, self.cores))
        return _heard(self.player)

    def redis_benchmark(self, count: int) -> float | None:
        """As `redis_benchmark`, at this depth."""
        return _redis_benchmark(self.cluster, self.depth, count, self.cores)


@contextlib.contextmanager
def seat(files: PlanFiles, cluster: LocalCluster, depth: int) -> Iterator[Seat]:
    """Start a player in closed loop and have it play the plan once: the start of a process is long enough for a server to find
    its caches full of other things. Raises Interrupted."""
    with _started(files, cluster, depth) as (player, ours):
        _heard(player)
        yield Seat(cluster, depth, ours, player)


def play(files: PlanFiles, cluster: LocalCluster, depth: int | None = None) -> dict[str, Any]:
    """Have a new player play the plan, once; answers its outcome. Raises Interrupted.

    With a `depth` in closed loop; otherwise at the plan's own pace.
    """
    with _started(files, cluster, depth) as (player, _):
        return _heard(player)


def redis_benchmark(cluster: LocalCluster, *, pipeline: int, count: int = OPERATIONS) -> float | None:
    """Operations per second of GET and SET in equal parts as redis-benchmark measures them; None when it is not on PATH."""
    with _players_core(cluster, pipeline) as ours:
        return _redis_benchmark(cluster, pipeline, count, ours)


def both(output: str) -> float:
    """The rate of SET and GET in equal parts from the rates of each, as `redis-benchmark --csv` prints them."""
    rates = {line[0]: float(line[1]) for line in csv.reader(output.splitlines()) if line and line[0] in ("SET", "GET")}
    return 2 / (1 / rates["SET"] + 1 / rates["GET"])


@contextlib.contextmanager
def _started(files: PlanFiles, cluster: LocalCluster, depth: int | None) -> Iterator[tuple[Child, tuple[int, ...]]]:
    with (
        _players_core(cluster, depth) as ours,
        Child("engine.replay.player", _task(files, cluster, depth, ours), files.folder / "player.log") as player,
    ):
        yield player, ours


def _players_core(cluster: LocalCluster, depth: int | None) -> AbstractContextManager[tuple[int, ...]]:
    return cores.apart((node.process.pid for node in cluster.nodes), 1, depth=depth)


def _task(files: PlanFiles, cluster: LocalCluster, depth: int | None, ours: Sequence[int]) -> Mapping[str, Any]:
    return {
        "folder": str(files.folder),
        "ports": [shard.primary.port for shard in cluster.shards],
        "ranges": [(shard.first, shard.last) for shard in cluster.shards],
        "password": cluster.password,
        "depth": depth,
        "cores": ours,
        "polls": bool(ours),
    }


def _heard(player: Child) -> dict[str, Any]:
    deadline = time.monotonic() + _PLAYER_TIMEOUT_S
    while time.monotonic() < deadline:
        for line in player.hear(0.5):
            if "outcome" in line:
                return dict(line["outcome"])
    raise Interrupted("The player did not finish in time.")


def _redis_benchmark(cluster: LocalCluster, pipeline: int, count: int, ours: Sequence[int]) -> float | None:
    program = shutil.which("redis-benchmark")
    if program is None:
        return None
    options = {"-h": HOST, "-p": cluster.shards[0].primary.port, "-a": cluster.password, "-c": CONNECTIONS}
    options |= {"-n": count // 2, "-d": VALUE_BYTES, "-r": KEYS, "-P": pipeline, "-t": "set,get"}
    words = [str(word) for pair in options.items() for word in pair]
    done = subprocess.run(
        [program, *words, "--csv"],
        capture_output=True,
        text=True,
        check=True,
        timeout=_RIVAL_TIMEOUT_S,
        preexec_fn=lambda: cores.stay_on(ours),
    )
    return both(done.stdout)
