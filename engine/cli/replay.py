"""`python -m engine replay INPUT`: replay a recording on a real cluster and write what was measured."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine import comparison
from engine.cli import compare
from engine.cli.external import add_target_options, run_there
from engine.cli.options import add_reading_options, reading_options
from engine.cli.partial import tell_partial
from engine.cli.profile import stored_trace
from engine.cli.ramping import add_ramp_options, ramp_rows, ramp_spec, ramp_words
from engine.cli.terminal import ProgressBar, impact_rows, latency_rows, table, tell
from engine.cli.workers import add_worker_options, asked_workers, source_rows
from engine.cluster import durability
from engine.cluster.node import EVICTIONS, NO_EVICTION
from engine.comparison import BOTH
from engine.errors import InputError, Interrupted
from engine.measurement import Measurement, to_json
from engine.progress import Report
from engine.replay.remote.hosting import Workers
from engine.replay.snapshot_slice import TURN_S
from engine.run import RunSpec, measure, partial_of
from engine.units import format_bytes, format_rate, parse_bytes


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the subcommand and its options."""
    parser = subparsers.add_parser(
        "replay",
        help="replay a recording on a real cluster",
        description="Replay a recording at its recorded times on a cluster started for it, and measure memory, data "
        "written, latency, CPU, network and snapshot size.",
    )
    add_reading_options(parser, inputs="a recording in any format, the files of several nodes, or a stored trace")
    parser.add_argument("--shards", type=int, default=3, metavar="N", help="primaries (default 3)")
    parser.add_argument(
        "--replicas", type=int, metavar="R", help="replicas of each primary (default 1; 2 in durable mode)"
    )
    parser.add_argument(
        "--mode",
        default=durability.CACHE,
        choices=(*durability.MODES, BOTH),
        help="when a write is acknowledged: at once, or when it is on two of three disks; both: one after the other",
    )
    parser.add_argument(
        "--zone-rtt-ms",
        type=float,
        metavar="MS",
        help="assume this round trip between zones for commits: an added figure, marked as assumed",
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="times the recorded speed (default 1)")
    parser.add_argument("--max", action="store_true", help="as fast as answers come instead of at the recorded times")
    parser.add_argument(
        "--depth", type=int, metavar="D", help="with --max: operations in flight on each connection (default 1)"
    )
    parser.add_argument(
        "--players", type=int, default=1, metavar="N", help="player processes that share the connections (default 1)"
    )
    parser.add_argument(
        "--maxmemory", metavar="BYTES", help="limit of each node, such as 256MB (default: what is free)"
    )
    parser.add_argument(
        "--eviction", metavar="POLICY", choices=EVICTIONS, default=NO_EVICTION, help="at the limit (default noeviction)"
    )
    parser.add_argument(
        "--patience", type=float, metavar="S", default=30.0, help="wait S seconds for missing answers (default 30)"
    )
    parser.add_argument(
        "--snapshot-turn",
        type=float,
        default=TURN_S,
        metavar="S",
        help="seconds for which snapshots are written under load, on primaries and on replicas (default 1, 0: not)",
    )
    parser.add_argument("--engine", metavar="NAME|PATH", help="valkey, redis, valkey-9.1.2 or the path of a server")
    parser.add_argument("--json", metavar="FILE", help="write the measurement as JSON to FILE (- for standard output)")
    add_worker_options(parser)
    add_ramp_options(parser)
    add_target_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, replay, show. Raises InputError on bad input, Interrupted when an engine died."""
    ramp = ramp_spec(args)
    if args.target is not None:
        return run_there(args)
    durable = args.mode != durability.CACHE
    if args.replicas is None:
        args.replicas = durability.default_replicas(durability.DURABLE if durable else args.mode)
    _require_sense(args)
    with (
        ProgressBar(sys.stderr) as report,
        tempfile.TemporaryDirectory(prefix="headroom-run-") as folder,
        asked_workers(args, os.environ) as workers,
        stored_trace(args.input, report, reading_options(args)) as trace,
    ):
        spec = RunSpec(
            trace=trace,
            folder=Path(folder),
            shards=args.shards,
            replicas=args.replicas,
            mode=args.mode,
            speed=args.speed,
            engine=args.engine,
            depth=(1 if args.depth is None else args.depth) if args.max else None,
            players=args.players if workers is None else workers.count,
            max_memory_bytes=None if args.maxmemory is None else parse_bytes(args.maxmemory),
            eviction=args.eviction,
            patience_s=args.patience,
            ramp=ramp,
            zone_rtt_ms=args.zone_rtt_ms,
            snapshot_turn_s=args.snapshot_turn,
        )
        try:
            found, text = _both(spec, report) if args.mode == BOTH else _one(spec, report, workers)
        except (InputError, Interrupted):
            if (kept := partial_of(spec.folder)) is not None:
                tell_partial(kept, args.json)
            raise
    tell(found, text, args.json)
    return 0


def _require_sense(args: argparse.Namespace) -> None:
    """Raise InputError for options that do not go together."""
    if args.shards < 1 or args.replicas < 0:
        raise InputError(
            "not a cluster.", source="--shards, --replicas", expected="at least 1 shard, at least 0 replicas."
        )
    if args.depth is not None and not args.max:
        raise InputError("the depth belongs to a closed loop.", source="--depth", expected="--max beside it.")
    if args.mode == durability.CACHE and args.zone_rtt_ms is not None:
        raise InputError("only commits go between zones.", source="--zone-rtt-ms", expected="--mode durable or both.")
    if args.mode == BOTH and args.workers:
        raise InputError("workers gather for one replay.", source="--workers", expected="--mode cache or durable.")


def _one(spec: RunSpec, report: Report, workers: Workers | None) -> tuple[dict[str, Any], str]:
    result = measure(spec, report=report, workers=workers)
    return to_json(result), as_text(result)


def _both(spec: RunSpec, report: Report) -> tuple[dict[str, Any], str]:
    found = comparison.compare(spec, report=report)
    return comparison.to_json(found), compare.as_text(found)


def as_text(result: Measurement) -> str:
    """The measurement for people."""
    engine = result.engine
    title = (
        f"{engine.name.capitalize()} {engine.version} ({engine.allocator}), {result.mode} mode, speed x{result.speed:g}"
    )
    width = max(len(name) for name, _ in _facts(result))
    facts = "".join(f"  {name:<{width}}  {value}\n" for name, value in _facts(result))
    sections: list[tuple[str, Sequence[Sequence[str]]]] = [
        ("Latency (response time: from when it was due)", latency_rows(result.latency_us)),
        ("Ramp (response p99 against rate)", ramp_rows(result.ramp)),
        ("Data written by command", [(cmd, format_bytes(n)) for cmd, n in result.data_written.by_command.items()]),
        ("Latency during a snapshot (response time)", impact_rows(result.snapshot.impact)),
    ]
    return f"{title}\n{facts}\n" + "".join(f"{heading}\n{table(rows)}\n" for heading, rows in sections if rows)


def _commit(result: Measurement) -> list[tuple[str, str]]:
    commit = result.commit
    if commit is None:
        return []
    each = "" if commit.writes_per_wait is None else f", one for {commit.writes_per_wait:.2f} writes"
    facts = [
        ("acknowledged", durability.WHAT_IT_IS),
        ("WAITs", f"{commit.waits:,}{each}; {commit.timed_out:,} writes not committed in time"),
        ("append-only files", f"{format_bytes(commit.aof_bytes)} more on all nodes together, on {commit.filesystem}"),
        *(("not reproduced", sentence) for sentence in commit.not_reproduced),
    ]
    if commit.zone_rtt_us is not None and (far := commit.write_with_zone_us) is not None:
        text = (
            f"p50 {far.p50 / 1000:.2f} ms, p99 {far.p99 / 1000:.2f} ms: measured, plus {commit.zone_rtt_us / 1000:g} ms"
        )
        facts.append(("writes across zones", f"{text} (assumed)"))
    return facts


def _facts(result: Measurement) -> list[tuple[str, str]]:
    memory, written, operations = result.memory, result.data_written, result.operations
    errors = ", ".join(f"{count:,} {kind}" for kind, count in operations.errors.items()) or "none"
    reached = result.throughput
    rate = (
        []
        if reached is None
        else [
            (
                "closed loop",
                f"{format_rate(reached.operations_per_s, 'operations')} at depth {reached.depth} on "
                f"{reached.connections} connections; the player used {reached.client_us_per_op:.2f} µs each",
            )
        ]
    )
    return [
        *rate,
        *ramp_words(result.ramp),
        *_commit(result),
        ("cluster", f"{result.topology.shards} shards with {result.topology.replicas} replicas each"),
        ("operations", f"{operations.sent:,} of {operations.recorded:,} sent; errors: {errors}"),
        *source_rows(result.sources),
        ("late / dropped", f"{operations.late:,} / {operations.dropped:,}"),
        ("valid for latency", f"{'yes' if result.valid_for_latency.ok else 'NO'}: {result.valid_for_latency.reason}"),
        *((each.kind, each.sentence) for each in result.incidents),
        ("keys", f"{memory.keys:,}"),
        ("memory of the keys", format_bytes(memory.keyspace_bytes)),
        ("memory used, all primaries", format_bytes(memory.used_bytes)),
        ("data written", f"{format_bytes(written.bytes)} ({written.bytes:,} bytes)"),
        ("with protocol", f"{written.offset_growth_bytes:,} bytes, the growth of master_repl_offset exactly"),
        ("data written, mean", f"{format_rate(written.bytes_per_s_mean, 'bytes')}"),
        ("data written, burst", f"{format_bytes(written.bytes_peak_10ms or 0)} in 10 ms on the busiest shard"),
        ("CPU at saturation", ", ".join(f"{name} {us:.2f} µs" for name, us in result.cpu.us_per_op.items())),
        ("calibration", f"{result.cpu.calibration_us_per_op:.2f} µs for GET/SET of 100 bytes"),
        ("network in / out", f"{format_bytes(result.network.bytes_in)} / {format_bytes(result.network.bytes_out)}"),
        (
            "snapshot",
            f"{format_bytes(result.snapshot.bytes)} in {result.snapshot.seconds:.2f} s on a {result.snapshot.taken_on}",
        ),
    ]
