"""`python -m engine record URL`: record a live server or cluster, redacted, all shards at once."""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

from engine.cli.terminal import ProgressBar, table
from engine.progress import ShouldStop
from engine.recording.address import PASSWORD_VARIABLE, parse_url
from engine.recording.overhead import Overhead
from engine.recording.recorder import Recording, Spec, record
from engine.recording.sampling import parse_share
from engine.units import format_bytes


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the subcommand and its options."""
    parser = subparsers.add_parser(
        "record",
        help="record a live server or cluster",
        description="Record what clients send to a live server or cluster with MONITOR, on all shards at once. Keys and "
        "values are replaced before anything is written. MONITOR costs the server CPU for each command: how much is said "
        "at the end; try a short recording first. Ctrl-C stops early and keeps what there is.",
    )
    parser.add_argument("url", metavar="URL", help="redis://[user@]host[:port], rediss://… with TLS, or unix:///socket")
    parser.add_argument("--seconds", type=float, required=True, metavar="S", help="how long to record")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the recording, a gzip file")
    parser.add_argument("--sample", default="1", metavar="SHARE", help="keep this share of the keys, such as 1/16")
    parser.add_argument("--ca", type=Path, metavar="FILE", help="trust the certificate authorities in this PEM file")
    parser.add_argument("--no-redact", action="store_true", help="write keys and values as they are")
    parser.add_argument(
        "--keep-words", default="", metavar="WORDS", help="parts of keys to leave readable, separated by commas"
    )
    parser.epilog = (
        f"The password is taken from the URL or, better, from the variable {PASSWORD_VARIABLE}. "
        "The user needs +monitor; +info, +ping, +time and +cluster|slots let it see CPU, clocks and shards."
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Record, say what came of it. Raises InputError when it is not possible."""
    address, access = parse_url(args.url, os.environ, ca=args.ca)
    spec = Spec(
        address=address,
        access=access,
        seconds=args.seconds,
        target=args.out,
        share=parse_share(args.sample),
        redact=not args.no_redact,
        keep_words=frozenset(word.strip().encode() for word in args.keep_words.split(",") if word.strip()),
    )
    with ProgressBar(sys.stderr) as report, _stop_on_signal() as should_stop:
        result = record(spec, report=report, should_stop=should_stop)
    sys.stdout.write(as_text(result))
    return 0


def as_text(result: Recording) -> str:
    """What was recorded, for people."""
    shards = f"{result.shards} shard{'s' if result.shards > 1 else ''}"
    facts = [
        ("recorded", f"{result.seconds:.1f} s of {shards}, engine {result.engine_version or 'of an unknown version'}"),
        ("commands", f"{result.kept:,} kept of {result.seen:,} seen"),
        ("file", f"{result.target} ({format_bytes(result.file_bytes)})"),
    ]
    width = max(len(name) for name, _ in facts)
    lines = [*(f"{name:<{width}}  {value}" for name, value in facts), *result.notes]
    text = "".join(f"{line}\n" for line in lines)
    return f"{text}\nEngine CPU, in seconds a second\n{table(_costs(result.overhead))}" if result.overhead else text


def _costs(costs: tuple[Overhead, ...]) -> list[tuple[str, ...]]:
    rows: list[tuple[str, ...]] = [("shard", "before", "while recording", "main thread before", "while recording")]
    for cost in costs:
        shown = (cost.cpu_before, cost.cpu_during, cost.main_thread_before, cost.main_thread_during)
        rows.append((str(cost.shard), *("unknown" if each is None else f"{each:.3f}" for each in shown)))
    return rows


@contextlib.contextmanager
def _stop_on_signal() -> Iterator[ShouldStop]:
    """The first Ctrl-C or TERM asks for a stop, so that no line is cut in the middle."""
    asked = threading.Event()
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda *_: asked.set())
    try:
        yield asked.is_set
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
