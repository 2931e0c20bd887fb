"""`python -m engine replay INPUT --target URL`: replay on a cluster that is already there."""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from engine.cli.options import reading_options
from engine.cli.profile import stored_trace
from engine.cli.terminal import ProgressBar, latency_rows, table, tell
from engine.cli.workers import asked_workers, source_rows
from engine.cluster.external.network import Policy, machine_addresses, parse_networks
from engine.cluster.external.target import PASSWORD_VARIABLE, parse_target
from engine.errors import InputError
from engine.external_measurement import ExternalMeasurement, to_json
from engine.external_run import CONFIRMATION, ExternalSpec, measure_there
from engine.replay.external.keys import DEFAULT, parse_prefix
from engine.replay.external.rate import DEFAULT_PER_S
from engine.units import format_bytes

_OF_OUR_OWN = {"shards": 3, "replicas": None, "engine": None, "mode": "cache", "zone_rtt_ms": None}


def add_target_options(parser: argparse.ArgumentParser) -> None:
    """Declare what a replay on somebody else's cluster takes."""
    group = parser.add_argument_group(
        "on a cluster that is already there",
        "Only commands that name their keys are sent, every key under one prefix, no faster than --max-rate; own keys are "
        f"removed afterwards. The password is taken from the URL or, better, from the variable {PASSWORD_VARIABLE}.",
    )
    group.add_argument("--target", metavar="URL", help="redis://[user@]host[:port], or rediss://… for TLS")
    group.add_argument(CONFIRMATION, action="store_true", dest="confirmed", help="this cluster is mine to load")
    group.add_argument("--ca", type=Path, metavar="FILE", help="trust the certificate authorities in this PEM file")
    group.add_argument("--prefix", default=DEFAULT, help=f"what every key begins with (default {DEFAULT})")
    group.add_argument(
        "--max-rate", type=float, default=DEFAULT_PER_S, metavar="N", help="commands a second, at most (default 2000)"
    )
    group.add_argument(
        "--allow-network",
        action="append",
        default=[],
        metavar="NET",
        help="allow addresses of this machine: 127.0.0.0/8",
    )
    group.add_argument(
        "--remove-leftovers", action="store_true", help="first remove keys under the prefix that an earlier run left"
    )


def run_there(args: argparse.Namespace) -> int:
    """Read, replay there, show. Raises InputError on bad input or without the confirmation."""
    _require_target_only(args)
    policy = Policy(parse_networks(args.allow_network, "--allow-network"), machine=machine_addresses())
    target = parse_target(args.target, os.environ, ca=args.ca, policy=policy)
    if _has_password(args.target):
        sys.stderr.write(
            f"A password on the command line can be seen by other users here; {PASSWORD_VARIABLE} hides it.\n"
        )
    prefix = parse_prefix(args.prefix)
    with (
        ProgressBar(sys.stderr) as report,
        tempfile.TemporaryDirectory(prefix="headroom-run-") as folder,
        asked_workers(args, os.environ) as workers,
        stored_trace(args.input, report, reading_options(args)) as trace,
    ):
        spec = ExternalSpec(
            trace=trace,
            folder=Path(folder),
            target=target,
            prefix=prefix,
            confirmed=args.confirmed,
            per_s=args.max_rate,
            speed=args.speed,
            remove_leftovers=args.remove_leftovers,
            players=args.players if workers is None else workers.count,
        )
        result = measure_there(spec, report=report, workers=workers)
    tell(to_json(result), as_text(result), args.json)
    return 1 if result.stopped or result.left_behind else 0


def as_text(result: ExternalMeasurement) -> str:
    """The measurement for people, with what is missing and why."""
    engine = result.engine
    title = f"{engine.name.capitalize()} {engine.version}" if engine else "A server of an unknown version"
    facts = _facts(result)
    width = max(len(name) for name, _ in facts)
    lines = [
        f"{title} at {result.target}, speed x{result.speed:g}",
        *(f"  {name:<{width}}  {text}" for name, text in facts),
    ]
    latency = table(latency_rows(result.latency_us))
    text = "".join(f"{line}\n" for line in lines)
    text += f"\nLatency (response time: from when it was due)\n{latency}\n" if latency else ""
    text += "".join(f"Not measured there: {name}. {reason}\n" for name, reason in result.not_measured.items())
    return text + "".join(f"{note}\n" for note in result.assumptions)


def _facts(result: ExternalMeasurement) -> list[tuple[str, str]]:
    topology, operations, memory = result.topology, result.operations, result.memory
    errors = ", ".join(f"{count:,} {kind}" for kind, count in operations.errors.items()) or "none"
    growth = result.replication_growth_bytes
    return [
        *([("STOPPED EARLY", result.stopped)] if result.stopped else []),
        *([("KEYS LEFT THERE", result.left_behind)] if result.left_behind else []),
        ("cluster", f"{topology.shards} shards, {topology.replicas} replicas in all (left alone)"),
        ("operations", f"{operations.sent:,} of {operations.recorded:,} sent; errors: {errors}"),
        *((f"left out: {count:,}", reason) for reason, count in operations.not_replayed.items()),
        *source_rows(result.sources),
        ("late / dropped", f"{operations.late:,} / {operations.dropped:,}"),
        ("valid for latency", f"{'yes' if result.valid_for_latency.ok else 'NO'}: {result.valid_for_latency.reason}"),
        ("own keys", "unknown" if memory is None else f"{memory.own_keys:,}"),
        ("growth of memory", "not measured" if memory is None else format_bytes(memory.growth_bytes)),
        ("growth of replication", "not measured" if growth is None else format_bytes(growth)),
        ("network in / out", f"{format_bytes(result.network.bytes_in)} / {format_bytes(result.network.bytes_out)}"),
        ("own keys removed", f"{result.removed_keys:,}"),
    ]


def _has_password(url: str) -> bool:
    return bool(urlsplit(url).password)


def _require_target_only(args: argparse.Namespace) -> None:
    for name, default in _OF_OUR_OWN.items():
        if getattr(args, name) != default:
            raise InputError(
                "is for a cluster of our own.",
                source=f"--{name.replace('_', '-')}",
                expected="nothing of the kind with --target.",
            )
