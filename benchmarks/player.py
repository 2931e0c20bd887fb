"""The player in closed loop against redis-benchmark, on three shards against one, and its punctuality in open loop."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import load
from benchmarks.table import Row, row, say
from engine.cluster.binaries import Engine
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.replay.plan import PlanFiles

DEPTHS = (1, 16)
PUNCTUAL_US = 1000.0
_TIMES = 3
_OPERATIONS = {1: 100_000, 16: 300_000}


@dataclass(frozen=True, slots=True)
class ClosedTurn:
    """The player and redis-benchmark, one after the other on the same node: operations/s, and the player's µs for each."""

    player: float
    rival: float | None
    client_us: float


def closed_rows(engine: Engine, folder: Path) -> list[Row]:
    """Every row of this file, measured."""
    say("player: closed loop on one node and on three shards, then open loop at half the rate")
    plans = {depth: PlanFiles(folder / str(depth)) for depth in DEPTHS}
    for depth, files in plans.items():
        load.write_plan(files, _OPERATIONS[depth])
    turns: dict[int, list[ClosedTurn]] = {}
    shards: dict[int, float] = {}
    with (
        boot(ClusterSpec(engine, shards=1, replicas=0)) as one,
        boot(ClusterSpec(engine, shards=3, replicas=0)) as three,
    ):
        for depth, files in plans.items():
            pairs = [(_turn(files, one, depth), _play(files, three, depth)[0]) for _ in range(_TIMES + 1)][1:]
            turns[depth] = [turn for turn, _ in pairs]
            shards[depth] = statistics.median(rate for _, rate in pairs)
        half = _rate(turns[1]) / 2
        late_us = _lateness_us(plans[1], one, half)
    return closed_table(turns, shards, half, late_us)


def closed_table(
    turns: Mapping[int, Sequence[ClosedTurn]],
    shards: Mapping[int, float],
    half: float,
    late_us: float,
) -> list[Row]:
    """The rows from what was measured: medians over the turns."""
    rows = []
    for depth, each in turns.items():
        rivals = [turn.rival for turn in each if turn.rival is not None]
        missing = "" if rivals else " redis-benchmark is not on PATH here."
        client_us = statistics.median(turn.client_us for turn in each)
        rows.append(
            row(
                f"player --max --depth {depth}, redis-benchmark -P {depth}",
                _rate(each),
                statistics.median(rivals) if rivals else None,
                "operations/s",
                f"Closed loop, {load.CONNECTIONS} connections each. The player used {client_us:.2f} µs of CPU for each "
                f"operation.{missing}",
            )
        )
    for depth, rate in shards.items():
        rows.append(
            row(
                f"player --max --depth {depth}, three shards and one",
                rate,
                _rate(turns[depth]),
                "operations/s",
                "With routing by slot; all engines share this machine's cores with the player.",
            )
        )
    note = f"p99 of sent − due in open loop at {half:,.0f} operations/s, half of what depth 1 reached."
    return [*rows, row("player, lateness in open loop and 1 ms", late_us, PUNCTUAL_US, "µs", note)]


def _turn(files: PlanFiles, cluster: LocalCluster, depth: int) -> ClosedTurn:
    rate, client_us = _play(files, cluster, depth)
    rival = load.redis_benchmark(cluster, pipeline=depth, count=_OPERATIONS[depth] * (1 if depth == 1 else 4))
    return ClosedTurn(rate, rival, client_us)


def _play(files: PlanFiles, cluster: LocalCluster, depth: int) -> tuple[float, float]:
    outcome = load.play(files, cluster, depth=depth)
    ok = outcome["ok"]
    if ok != _OPERATIONS[depth]:
        raise SystemExit(f"The player was answered {ok:,} of {_OPERATIONS[depth]:,}; no figure can be trusted.")
    return ok / (outcome["ended_ns"] / 1e9), outcome["client_cpu_ns"] / 1e3 / ok


def _lateness_us(files: PlanFiles, cluster: LocalCluster, rate: float) -> float:
    load.set_pace(files, rate)
    load.play(files, cluster)
    return load.lateness_us(files)


def _rate(turns: Sequence[ClosedTurn]) -> float:
    return statistics.median(turn.player for turn in turns)
