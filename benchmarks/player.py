"""The player in closed loop against redis-benchmark, on three shards against one, and its punctuality in open loop.

Three shards are compared twice. With a third of the clients on each shard the connections and the units in flight are as
many as on one node: only routing and the number of server processes differ. With every client connected to every shard
there are three times as many. The CPU rows tell what rates cannot when three servers and the player share few cores.
"""

from __future__ import annotations

import os
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import load
from benchmarks.table import Row, row, say, show, wants_json
from engine.cluster import binaries
from engine.cluster.binaries import Engine
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.replay import probe
from engine.replay.plan import PlanFiles

DEPTHS = (1, 16)
PUNCTUAL_US = 1000.0
SHARDS = 3
FEWER_CLIENTS = round(load.CONNECTIONS / SHARDS)
_TIMES = 11
_DEEP = DEPTHS[-1]
_LATE_TIMES = 3
_OPERATIONS = {1: 100_000, 16: 1_000_000}  # of both: a shorter run is in good part its own beginning


@dataclass(frozen=True, slots=True)
class Played:
    """Operations/s, and µs of CPU for each: the player's, and all servers' together (None where it is not known)."""

    rate: float
    client_us: float
    server_us: float | None


@dataclass(frozen=True, slots=True)
class ClosedTurn:
    """One after another: the player on one node, redis-benchmark there, the player on three shards with as many
    connections, and with as many to each shard."""

    one: Played
    rival: float | None
    three: Played
    wide: Played


Beside = Sequence[tuple[float, float | None]]  # the player's rate and redis-benchmark's, turn by turn


def closed_rows(engine: Engine, folder: Path) -> list[Row]:
    """Every row of this file, measured."""
    say("player: closed loop on one node and on three shards, then open loop at half the rate")
    busy = os.getloadavg()[0]
    plans = {depth: PlanFiles(folder / str(depth)) for depth in DEPTHS}
    for depth, files in plans.items():
        load.write_plan(files, _OPERATIONS[depth], operations=load.apart)
    turns: dict[int, list[ClosedTurn]] = {}
    with (
        boot(ClusterSpec(engine, shards=1, replicas=0)) as one,
        boot(ClusterSpec(engine, shards=SHARDS, replicas=0)) as three,
    ):
        for depth, files in plans.items():
            turns[depth] = [_turn(files, one, three, depth) for _ in range(_TIMES + 1)][1:]
        shared = PlanFiles(folder / "shared")
        load.write_plan(shared, _OPERATIONS[_DEEP], operations=load.mixed_up)
        beside = [_beside(shared, one) for _ in range(_TIMES)]
        half = _median(turns[1], lambda turn: turn.one.rate) / 2
        load.set_pace(plans[1], half)
        late_us = [_lateness_us(plans[1], one) for _ in range(_LATE_TIMES)]
    return closed_table(turns, beside, half, statistics.median(late_us), busy)


def _beside(files: PlanFiles, one: LocalCluster) -> tuple[float, float | None]:
    ours = _play(files, one, _DEEP, load.CONNECTIONS).rate
    return ours, load.redis_benchmark(one, pipeline=_DEEP, count=_OPERATIONS[_DEEP])


def closed_table(
    turns: Mapping[int, Sequence[ClosedTurn]], beside: Beside, half: float, late_us: float, busy: float
) -> list[Row]:
    """The rows from what was measured: medians over the turns."""
    rates = [each for depth, several in turns.items() for each in _rate_rows(depth, several)]
    rates.append(_shared_row(beside))
    budgets = [each for depth, several in turns.items() for each in _cpu_rows(depth, several)]
    note = (
        f"p99 of sent − due in open loop at {half:,.0f} operations/s, half of what depth 1 reached. "
        f"The machine's load average before all this was {busy:.1f}."
    )
    return [*rates, *budgets, row("player, lateness in open loop and 1 ms", late_us, PUNCTUAL_US, "µs", note)]


def _shared_row(beside: Beside) -> Row:
    rivals = [rival for _, rival in beside if rival is not None]
    return row(
        f"player --depth {_DEEP}, redis-benchmark: keys shared by all",
        statistics.median(ours for ours, _ in beside),
        statistics.median(rivals) if rivals else None,
        "operations/s",
        "A write waits for the writes before it to its slot, whoever sends them, so that the data comes out the same each "
        "time; redis-benchmark waits for nobody.",
    )


def _rate_rows(depth: int, turns: Sequence[ClosedTurn]) -> list[Row]:
    one = _median(turns, lambda turn: turn.one.rate)
    rivals = [turn.rival for turn in turns if turn.rival is not None]
    missing = "" if rivals else " redis-benchmark is not on PATH here."
    fewer = FEWER_CLIENTS * SHARDS
    return [
        row(
            f"player --depth {depth}, redis-benchmark -P {depth}",
            one,
            statistics.median(rivals) if rivals else None,
            "operations/s",
            f"Closed loop (--max) on one node, {load.CONNECTIONS} connections each; the same {load.KEYS:,} keys at random, "
            f"with us no two connections' in one slot. The server is what limits both (see CPU).{missing}",
        ),
        row(
            f"--depth {depth}, 3 shards and 1, as many connections",
            _median(turns, lambda turn: turn.three.rate),
            one,
            "operations/s",
            f"With routing by slot: {fewer} connections and {fewer * depth} units in flight in all, "
            f"{load.CONNECTIONS} and {load.CONNECTIONS * depth} on one. Player and engines share {os.cpu_count()} cores.",
        ),
        row(
            f"--depth {depth}, 3 shards and 1, as many clients",
            _median(turns, lambda turn: turn.wide.rate),
            one,
            "operations/s",
            f"Each of {load.CONNECTIONS} clients with a connection to each shard: {load.CONNECTIONS * SHARDS} in all.",
        ),
    ]


def _cpu_rows(depth: int, turns: Sequence[ClosedTurn]) -> list[Row]:
    one, three = _budget(turns, lambda turn: turn.one), _budget(turns, lambda turn: turn.three)
    return [
        row(
            f"--depth {depth}, CPU of player, of server",
            one.client_us,
            one.server_us,
            "µs/operation",
            "One node, its main thread. Below 1 the player is not what limits the rate.",
        ),
        row(
            f"--depth {depth}, CPU of player, 3 shards and 1",
            three.client_us,
            one.client_us,
            "µs/operation",
            "What routing costs the player, with as many connections.",
        ),
        row(
            f"--depth {depth}, CPU of all, 3 shards and 1",
            _both(three),
            _both(one),
            "µs/operation",
            "Player and servers together. With all cores busy the rates are to each other as these, the other way round.",
        ),
    ]


def _budget(turns: Sequence[ClosedTurn], which: Callable[[ClosedTurn], Played]) -> Played:
    played = [which(turn) for turn in turns]
    servers = [each.server_us for each in played if each.server_us is not None]
    return Played(
        statistics.median(each.rate for each in played),
        statistics.median(each.client_us for each in played),
        statistics.median(servers) if servers else None,
    )


def _both(played: Played) -> float | None:
    return None if played.server_us is None else played.client_us + played.server_us


def _median(turns: Sequence[ClosedTurn], which: Callable[[ClosedTurn], float]) -> float:
    return statistics.median(which(turn) for turn in turns)


def _turn(files: PlanFiles, one: LocalCluster, three: LocalCluster, depth: int) -> ClosedTurn:
    return ClosedTurn(
        one=_play(files, one, depth, load.CONNECTIONS),
        rival=load.redis_benchmark(one, pipeline=depth, count=_OPERATIONS[depth]),
        three=_play(files, three, depth, FEWER_CLIENTS),
        wide=_play(files, three, depth, load.CONNECTIONS),
    )


def _play(files: PlanFiles, cluster: LocalCluster, depth: int, clients: int) -> Played:
    load.set_clients(files, clients)
    began: list[float | None] = []
    outcome = load.play(files, cluster, depth=depth, warmed=lambda: began.append(_main_threads_us(cluster)))
    before, after = began[0], _main_threads_us(cluster)
    ok = outcome["ok"]
    if ok != _OPERATIONS[depth]:
        raise SystemExit(f"The player was answered {ok:,} of {_OPERATIONS[depth]:,}; no figure can be trusted.")
    server_us = None if before is None or after is None else (after - before) / ok
    return Played(ok / (outcome["ended_ns"] / 1e9), outcome["client_cpu_ns"] / 1e3 / ok, server_us)


def _main_threads_us(cluster: LocalCluster) -> float | None:
    spent = [probe.counters(shard.primary).main_thread_us for shard in cluster.shards]
    return None if None in spent else sum(each for each in spent if each is not None)


def _lateness_us(files: PlanFiles, cluster: LocalCluster) -> float:
    load.play(files, cluster)
    return load.lateness_us(files)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print these rows alone."""
    as_json = wants_json("The player beside redis-benchmark, on three shards and in open loop.", arguments)
    engine = binaries.choose(None)
    with tempfile.TemporaryDirectory(prefix="headroom-bench-") as name:
        show("player", engine, ("ours", "yardstick"), closed_rows(engine, Path(name)), as_json=as_json)


if __name__ == "__main__":
    main()
