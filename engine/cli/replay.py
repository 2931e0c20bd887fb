"""`python -m engine replay INPUT`: replay a recording on a real cluster and write what was measured."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from engine.cli.external import add_target_options, run_there
from engine.cli.options import add_reading_options, reading_options
from engine.cli.profile import stored_trace
from engine.cli.terminal import ProgressBar, impact_rows, latency_rows, table, write_json
from engine.cluster import durability
from engine.errors import InputError
from engine.measurement import Measurement, to_json
from engine.run import SNAPSHOT_TURN_S, RunSpec, measure
from engine.units import format_bytes, format_rate


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
    parser.add_argument("--replicas", type=int, default=1, metavar="R", help="replicas of each primary (default 1)")
    parser.add_argument(
        "--mode", default=durability.CACHE, choices=durability.MODES, help="when a write is acknowledged"
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="times the recorded speed (default 1)")
    parser.add_argument("--max", action="store_true", help="as fast as answers come instead of at the recorded times")
    parser.add_argument(
        "--depth", type=int, metavar="D", help="with --max: operations in flight on each connection (default 1)"
    )
    parser.add_argument(
        "--snapshot-turn",
        type=float,
        default=SNAPSHOT_TURN_S,
        metavar="S",
        help="seconds for which snapshots are written under load, on primaries and on replicas (default 1, 0: not)",
    )
    parser.add_argument("--engine", metavar="NAME|PATH", help="valkey, redis, valkey-9.1.2 or the path of a server")
    parser.add_argument("--json", metavar="FILE", help="write the measurement as JSON to FILE (- for standard output)")
    add_target_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, replay, show. Raises InputError on bad input, Interrupted when an engine died."""
    if args.target is not None:
        return run_there(args)
    if args.shards < 1 or args.replicas < 0:
        raise InputError(
            "not a cluster.", source="--shards, --replicas", expected="at least 1 shard, at least 0 replicas."
        )
    if args.depth is not None and not args.max:
        raise InputError("the depth belongs to a closed loop.", source="--depth", expected="--max beside it.")
    with (
        ProgressBar(sys.stderr) as report,
        tempfile.TemporaryDirectory(prefix="headroom-run-") as folder,
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
            snapshot_turn_s=args.snapshot_turn,
        )
        result = measure(spec, report=report)
    if args.json:
        write_json(to_json(result), args.json)
    if args.json != "-":
        sys.stdout.write(as_text(result))
    return 0


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
        ("Data written by command", [(cmd, format_bytes(n)) for cmd, n in result.data_written.by_command.items()]),
        ("Latency during a snapshot (response time)", impact_rows(result.snapshot.impact)),
    ]
    return f"{title}\n{facts}\n" + "".join(f"{heading}\n{table(rows)}\n" for heading, rows in sections if rows)


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
        ("cluster", f"{result.topology.shards} shards with {result.topology.replicas} replicas each"),
        ("operations", f"{operations.sent:,} of {operations.recorded:,} sent; errors: {errors}"),
        ("late / dropped", f"{operations.late:,} / {operations.dropped:,}"),
        ("valid for latency", f"{'yes' if result.valid_for_latency.ok else 'NO'}: {result.valid_for_latency.reason}"),
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
