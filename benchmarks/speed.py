"""`make bench`: how fast the parts are that people wait for, each beside a yardstick taken in the same run.

Every ratio is `ours` / `yardstick`. For rates more is better, for times and CPU less is. Yardsticks: a closed loop over raw
sockets and redis-benchmark for the player, a plain pass over the same bytes for reading, the server's own CPU for the
player's CPU, the stated budgets for booting and for the memory that a large price list takes, one quote for one estimate.
Nothing here passes or fails.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks import contest, load
from benchmarks.long_plan import long_plan_rows
from benchmarks.offers import offer_rows
from benchmarks.player import closed_rows
from benchmarks.reading import reading_rows
from benchmarks.sizing import sizing_rows
from benchmarks.table import Row, row, say, show, wants_json
from engine.cluster import binaries
from engine.cluster.binaries import Engine
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.replay import probe
from engine.replay.plan import PlanFiles
from engine.run import RunSpec, measure
from engine.traces.hit_rate import hit_curve
from engine.traces.items import item_load
from engine.traces.reading import read_recording
from planner.pricing.quote import quote
from planner.sizing.model.answers import Answers
from planner.sizing.recommend import estimate

SAMPLE = Path(__file__).parents[1] / "engine" / "traces" / "samples" / "ecommerce.monitor.txt.gz"
BOOT_BUDGET_S = 3.0  # 3 x (1 + 1) processes, until every node serves and replicates
_TIMES = 3
_SHORT_TIMES = 20
_LONG_RUN = 5 * load.OPERATIONS  # pipelined, redis-benchmark would be done before its clock says anything
_QUOTE = {"design": "memorydb-valkey", "node_type": "db.r6g.large", "shards": 3, "replicas": 1, "data_written_gb": 900}


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn of the player and its rivals, one after another on the same node. Rates in operations/s, CPU in µs per
    operation; None where this machine cannot tell."""

    player: float
    closed_loop: float
    unpipelined: float | None
    pipelined: float | None
    client_us: float
    server_us: float | None


def player_rows(engine: Engine, folder: Path) -> list[Row]:
    """The player at an unreachable pace against a closed loop and redis-benchmark, and its CPU against the server's."""
    say(f"player: {load.OPERATIONS:,} operations on one node")
    files = PlanFiles(folder)
    load.write_plan(files)
    with boot(ClusterSpec(engine, shards=1, replicas=0)) as cluster:
        load.closed_loop(files, cluster)  # every key is there, everything is warm
        depth = max(round(load.depth(files, contest.play(files, cluster))), 1)
        turns = [_turn(files, cluster, depth) for _ in range(_TIMES)]
    return player_table(turns, depth)


def _turn(files: PlanFiles, cluster: LocalCluster, depth: int) -> Turn:
    loop = load.closed_loop(files, cluster)
    node = cluster.shards[0].primary
    before = probe.counters(node).main_thread_us
    outcome = contest.play(files, cluster)
    after = probe.counters(node).main_thread_us
    ok = outcome["ok"]
    if ok != load.OPERATIONS:
        raise SystemExit(f"The player was answered {ok:,} of {load.OPERATIONS:,} operations; no figure can be trusted.")
    return Turn(
        player=ok / (outcome["ended_ns"] / 1e9),
        closed_loop=loop,
        unpipelined=contest.redis_benchmark(cluster, pipeline=1),
        pipelined=contest.redis_benchmark(cluster, pipeline=depth, count=_LONG_RUN),
        client_us=outcome["client_cpu_ns"] / 1e3 / ok,
        server_us=None if before is None or after is None else (after - before) / ok,
    )


def player_table(turns: Sequence[Turn], depth: int) -> list[Row]:
    """The rows of the player: medians over the turns. `depth` operations were in flight on each connection on average."""
    rate = _median(turn.player for turn in turns)
    unpipelined = _median(turn.unpipelined for turn in turns)
    missing = " redis-benchmark is not on PATH here." if unpipelined is None else ""
    return [
        row(
            "player, closed loop of raw sockets",
            rate,
            _median(turn.closed_loop for turn in turns),
            "operations/s",
            f"Same requests, {load.CONNECTIONS} connections. Overdue operations leave together, so the player pipelines; "
            "the loop has one in flight on each.",
        ),
        row(
            "player, redis-benchmark",
            rate,
            unpipelined,
            "operations/s",
            f"GET and SET in equal parts, {load.CONNECTIONS} connections, unpipelined: again without the player's "
            f"pipelining.{missing}",
        ),
        row(
            f"player, redis-benchmark -P {depth}",
            rate,
            _median(turn.pipelined for turn in turns),
            "operations/s",
            f"As many in flight on each connection as the player had on average: the comparison like for like.{missing}",
        ),
        row(
            "CPU of player, of server's main thread",
            _median(turn.client_us for turn in turns),
            _median(turn.server_us for turn in turns),
            "µs/operation",
            "Client per server, pipelined. Above 1 the player needs more CPU than the one node it loads.",
        ),
    ]


def _median(values: Iterable[float | None]) -> float | None:
    """None as soon as one value is not known."""
    known = list(values)
    return None if None in known else statistics.median(value for value in known if value is not None)


def boot_row(engine: Engine) -> Row:
    """Time until 3 x (1 + 1) processes serve and replicate, against the budget."""
    say("booting: 3 x (1 + 1) processes")
    times = [_boot_s(ClusterSpec(engine, shards=3, replicas=1)) for _ in range(_TIMES)]
    note = f"Median of {_TIMES}; from {min(times):.2f} to {max(times):.2f} s. The yardstick is the budget, not a rival."
    return row("cluster boot 3 x (1 + 1), budget", statistics.median(times), BOOT_BUDGET_S, "s", note)


def _boot_s(spec: ClusterSpec) -> float:
    started = time.perf_counter()
    with boot(spec):
        return time.perf_counter() - started


def estimate_row(engine: Engine, folder: Path) -> Row:
    """One whole answer against pricing one design once, from a real measurement of the bundled sample."""
    say("estimate: measuring the bundled sample at speed 8")
    trace = folder / "sample.parquet"
    read_recording(SAMPLE, trace)
    spec = RunSpec(trace, folder / "run", shards=1, replicas=0, speed=8.0, engine=str(engine.path))
    measured, items, curve = measure(spec), item_load(trace), hit_curve(trace)
    answers, today = Answers(growth_per_month=0.05), date(2026, 1, 1)

    def answer() -> object:
        return estimate(measurement=measured, items=items, hit_curve=curve, answers=answers, as_of=today)

    ours, theirs = _side_by_side(answer, lambda: quote(_QUOTE), _SHORT_TIMES)
    note = f"{len(answers.designs)} designs sized anew for {answers.horizon_months} months of growth, with ranges."
    return row("estimate(), one quote()", ours * 1000, theirs * 1000, "ms", note)


def _side_by_side(ours: Callable[[], object], theirs: Callable[[], object], times: int) -> tuple[float, float]:
    """Median seconds of each, taken in turns so that a slow moment hits both; the first turn only warms up."""
    pairs = [(_seconds(ours), _seconds(theirs)) for _ in range(times + 1)][1:]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def _seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def measured_rows(engine: Engine) -> list[Row]:
    """Every row of this benchmark."""
    with tempfile.TemporaryDirectory(prefix="headroom-bench-") as name:
        folder = Path(name)
        return [
            *player_rows(engine, folder / "plan"),
            *closed_rows(engine, folder / "closed"),
            *long_plan_rows(engine, folder / "lengths"),
            *reading_rows(folder),
            boot_row(engine),
            estimate_row(engine, folder),
            *offer_rows(),
            *sizing_rows(),
        ]


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    as_json = wants_json("How fast Headroom's parts are, each beside a yardstick.", arguments)
    engine = binaries.choose(None)
    show("speed", engine, ("ours", "yardstick"), measured_rows(engine), as_json=as_json)


if __name__ == "__main__":
    main()
