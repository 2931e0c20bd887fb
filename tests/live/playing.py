"""Plays recorded lines on a running cluster with either player, and tells what became of them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path

from engine.cluster.local import LocalCluster
from engine.replay import loading, population
from engine.replay.compiled.player import CompiledPlayer
from engine.replay.plan import PlanFacts, PlanFiles
from engine.replay.planning import compile_plan
from engine.replay.player import Player
from engine.replay.task import Outcome, Task
from engine.traces.store import iter_operations, read_header
from tests.engine.replay.recordings import read, surveyed


def play_plan(files: PlanFiles, cluster: LocalCluster, *, pure: bool, depth: int | None = None) -> Outcome:
    """The outcome of a plan. In this process: starting one for each plan would take longer than the plans."""
    ports = tuple(shard.primary.port for shard in cluster.shards)
    ranges = tuple((shard.first, shard.last) for shard in cluster.shards)
    task = Task(str(files.folder), ports, ranges, cluster.password, depth, pure)
    return (Player(task) if pure else CompiledPlayer(task)).play()


def play(
    folder: Path,
    lines: Sequence[str],
    cluster: LocalCluster,
    meanwhile: Callable[[], None] | None = None,
    *,
    pure: bool,
    depth: int | None = None,
) -> tuple[PlanFacts, Outcome]:
    """Empty the cluster, make what the recording starts from, play it; `meanwhile` runs beside it."""
    for shard in cluster.shards:
        shard.primary.ask("FLUSHALL")
        shard.primary.ask("SCRIPT FLUSH")
        shard.primary.ask("FUNCTION FLUSH")
    folder.mkdir(parents=True, exist_ok=True)
    trace = read(folder, lines)
    survey, header = surveyed(trace), read_header(trace)
    files = PlanFiles(folder / "plan")
    facts = compile_plan(iter_operations(trace), header, survey, files, speed=1.0)
    loading.load_scripts(cluster, survey)
    standing = population.creations(survey, seed=1, speed=1.0)
    assert loading.load_keys(cluster, standing, total=0, message="") == {}
    beside = threading.Thread(target=meanwhile) if meanwhile is not None else None
    if beside is not None:
        beside.start()
    outcome = play_plan(files, cluster, pure=pure, depth=depth)
    if beside is not None:
        beside.join()
    return facts, outcome
