"""The player in closed loop against redis-benchmark, on three shards against one, and its punctuality in open loop.

One process of the player and redis-benchmark take turns on one node, now one first and now the other: a shared machine's rate
moves by a third within seconds, and what moves both cancels out. The figures are geometric means, so that their ratio is the
mean of the turns' ratios; how far that may be off is said beside it.

Three shards are compared twice. With a third of the clients on each shard the connections and the units in flight are as
many as on one node: only routing and the number of server processes differ. With every client connected to every shard
there are three times as many. The CPU rows tell what rates cannot when three servers and the player share few cores.
"""

from __future__ import annotations

import math
import os
import statistics
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from benchmarks import contest, load
from benchmarks.contest import Seat, seat
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
_DEEP = DEPTHS[-1]
_TURNS = {1: 15, _DEEP: 200}  # of player and redis-benchmark: the closer they are, the more it takes to tell them apart
_SHARED_TURNS = 25
_SHARDED_TIMES = 15
_LATE_TIMES = 3
_OPERATIONS = {1: 100_000, _DEEP: 400_000}  # of both: a shorter run is in good part its own beginning


@dataclass(frozen=True, slots=True)
class Played:
    """Operations/s, and µs of CPU for each: the player's, and all servers' together (None where it is not known)."""

    rate: float
    client_us: float
    server_us: float | None


@dataclass(frozen=True, slots=True)
class Beside:
    """The player and, right before or after it, redis-benchmark: operations/s (None: it is not on PATH)."""

    ours: float
    rival: float | None


@dataclass(frozen=True, slots=True)
class Sharded:
    """One after another: on one node, on three shards with as many connections, and with as many to each shard."""

    one: Played
    three: Played
    wide: Played


@dataclass(frozen=True, slots=True)
class Closed:
    """All turns of a depth."""

    beside: Sequence[Beside]
    sharded: Sequence[Sharded]


def closed_rows(engine: Engine, folder: Path) -> list[Row]:
    """Every row of this file, measured."""
    say("player: closed loop on one node and on three shards, then open loop at half the rate")
    busy = os.getloadavg()[0]
    plans = {depth: PlanFiles(folder / str(depth)) for depth in DEPTHS}
    for depth, files in plans.items():
        load.write_plan(files, _OPERATIONS[depth], operations=load.apart)
    shared = PlanFiles(folder / "shared")
    load.write_plan(shared, _OPERATIONS[_DEEP], operations=load.mixed_up)
    with (
        boot(ClusterSpec(engine, shards=1, replicas=0)) as one,
        boot(ClusterSpec(engine, shards=SHARDS, replicas=0)) as three,
    ):
        closed = {depth: _closed(files, one, three, depth) for depth, files in plans.items()}
        with seat(shared, one, _DEEP) as alone:
            mixed = _beside(alone, shared, _SHARED_TURNS)
        half = _mean([turn.one.rate for turn in closed[1].sharded]) / 2
        load.set_pace(plans[1], half)
        late_us = [_lateness_us(plans[1], one) for _ in range(_LATE_TIMES)]
    return closed_table(closed, mixed, half, statistics.median(late_us), busy)


def _closed(files: PlanFiles, one: LocalCluster, three: LocalCluster, depth: int) -> Closed:
    with seat(files, one, depth) as alone, seat(files, three, depth) as several:
        beside = _beside(alone, files, _TURNS[depth])
        sharded = [_sharded(alone, several, files) for _ in range(_SHARDED_TIMES)]
    return Closed(beside, sharded)


def _beside(alone: Seat, files: PlanFiles, turns: int) -> list[Beside]:
    return [_turn(alone, files, ours_first=bool(turn % 2)) for turn in range(turns)]


def _turn(alone: Seat, files: PlanFiles, *, ours_first: bool) -> Beside:
    if ours_first:
        ours, rival = _play(alone, files, load.CONNECTIONS), _rival(alone)
    else:
        rival, ours = _rival(alone), _play(alone, files, load.CONNECTIONS)
    return Beside(ours.rate, rival)


def _sharded(alone: Seat, several: Seat, files: PlanFiles) -> Sharded:
    return Sharded(
        one=_play(alone, files, load.CONNECTIONS),
        three=_play(several, files, FEWER_CLIENTS),
        wide=_play(several, files, load.CONNECTIONS),
    )


def closed_table(
    closed: Mapping[int, Closed], mixed: Sequence[Beside], half: float, late_us: float, busy: float
) -> list[Row]:
    """The rows from what was measured."""
    rates = [each for depth, turns in closed.items() for each in _rate_rows(depth, turns)]
    rates.append(
        _beside_row(
            f"player --depth {_DEEP}, redis-benchmark: keys shared by all",
            mixed,
            "A write waits for the writes before it to its slot, whoever sends them, so that the data comes out the same "
            "each time; redis-benchmark waits for nobody.",
        )
    )
    budgets = [each for depth, turns in closed.items() for each in _cpu_rows(depth, turns.sharded)]
    note = (
        f"p99 of sent − due in open loop at {half:,.0f} operations/s, half of what depth 1 reached. "
        f"The machine's load average before all this was {busy:.1f}."
    )
    return [*rates, *budgets, row("player, lateness in open loop and 1 ms", late_us, PUNCTUAL_US, "µs", note)]


def _rate_rows(depth: int, turns: Closed) -> list[Row]:
    fewer = FEWER_CLIENTS * SHARDS
    one = [turn.one.rate for turn in turns.sharded]
    three = [turn.three.rate for turn in turns.sharded]
    wide = [turn.wide.rate for turn in turns.sharded]
    return [
        _beside_row(
            f"player --depth {depth}, redis-benchmark -P {depth}",
            turns.beside,
            f"Closed loop (--max) on one node, {load.CONNECTIONS} connections each; the same {load.KEYS:,} keys at random, "
            f"with us no two connections' in one slot. The server is what limits both (see CPU).",
        ),
        row(
            f"--depth {depth}, 3 shards and 1, as many connections",
            _mean(three),
            _mean(one),
            "operations/s",
            f"With routing by slot: {fewer} connections and {fewer * depth} units in flight in all, "
            f"{load.CONNECTIONS} and {load.CONNECTIONS * depth} on one. Player and engines share {os.cpu_count()} cores. "
            f"{_spread(three, one)}",
        ),
        row(
            f"--depth {depth}, 3 shards and 1, as many clients",
            _mean(wide),
            _mean(one),
            "operations/s",
            f"Each of {load.CONNECTIONS} clients with a connection to each shard: {load.CONNECTIONS * SHARDS} in all. "
            f"{_spread(wide, one)}",
        ),
    ]


def _beside_row(name: str, turns: Sequence[Beside], note: str) -> Row:
    rivals = [turn.rival for turn in turns if turn.rival is not None]
    ours = [turn.ours for turn in turns]
    if not rivals:
        return row(name, _mean(ours), None, "operations/s", f"{note} redis-benchmark is not on PATH here.")
    return row(name, _mean(ours), _mean(rivals), "operations/s", f"{note} {_spread(ours, rivals)}")


def _mean(values: Sequence[float]) -> float:
    return statistics.geometric_mean(values)


def _spread(ours: Sequence[float], theirs: Sequence[float]) -> str:
    """How many turns a mean ratio rests on, and its standard error, where there are enough to tell."""
    ratios = [mine / other for mine, other in zip(ours, theirs, strict=True)]
    if len(ratios) < 2:
        return "One turn."
    off = statistics.stdev(map(math.log, ratios)) / math.sqrt(len(ratios))
    return f"{len(ratios)} turns, ratios from {min(ratios):.2f} to {max(ratios):.2f}; standard error of their mean {off:.1%}."


def _cpu_rows(depth: int, turns: Sequence[Sharded]) -> list[Row]:
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


def _budget(turns: Sequence[Sharded], which: Callable[[Sharded], Played]) -> Played:
    played = [which(turn) for turn in turns]
    servers = [each.server_us for each in played if each.server_us is not None]
    return Played(
        statistics.median(each.rate for each in played),
        statistics.median(each.client_us for each in played),
        statistics.median(servers) if servers else None,
    )


def _both(played: Played) -> float | None:
    return None if played.server_us is None else played.client_us + played.server_us


def _rival(alone: Seat) -> float | None:
    return alone.redis_benchmark(_OPERATIONS[alone.depth])


def _play(taken: Seat, files: PlanFiles, clients: int) -> Played:
    load.set_clients(files, clients)
    before = _main_threads_us(taken.cluster)
    outcome = taken.play(files)
    after = _main_threads_us(taken.cluster)
    ok, asked = outcome["ok"], files.read_facts().operations
    if ok != asked:
        raise SystemExit(f"The player was answered {ok:,} of {asked:,}; no figure can be trusted.")
    server_us = None if before is None or after is None else (after - before) / ok
    return Played(ok / (outcome["ended_ns"] / 1e9), outcome["client_cpu_ns"] / 1e3 / ok, server_us)


def _main_threads_us(cluster: LocalCluster) -> float | None:
    spent = [probe.counters(shard.primary).main_thread_us for shard in cluster.shards]
    return None if None in spent else sum(each for each in spent if each is not None)


def _lateness_us(files: PlanFiles, cluster: LocalCluster) -> float:
    contest.play(files, cluster)
    return load.lateness_us(files)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print these rows alone."""
    as_json = wants_json("The player beside redis-benchmark, on three shards and in open loop.", arguments)
    engine = binaries.choose(None)
    with tempfile.TemporaryDirectory(prefix="headroom-bench-") as name:
        show("player", engine, ("ours", "yardstick"), closed_rows(engine, Path(name)), as_json=as_json)


if __name__ == "__main__":
    main()
