"""`python -m engine drill`: kill primaries, and look for the writes they had acknowledged."""

from __future__ import annotations

import argparse
import sys

from engine.cli.terminal import ProgressBar, table, tell
from engine.cluster import binaries, durability
from engine.comparison import BOTH
from engine.drills.acknowledged import Tally, drill
from engine.errors import InputError
from engine.plain import to_plain

MAX_TRIES = 10_000


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the subcommand and its options."""
    parser = subparsers.add_parser(
        "drill",
        help="kill primaries and look for acknowledged writes",
        description="On one shard of three copies on this machine: write, kill the primary (SIGKILL), promote the replica "
        "with most of the stream, read back every acknowledged write, mend, and again.",
    )
    parser.add_argument("--mode", default=BOTH, choices=(*durability.MODES, BOTH), help="default: both")
    parser.add_argument("--tries", type=int, default=50, metavar="N", help="kills in each mode (default 50)")
    parser.add_argument("--seed", type=int, default=1, help="of the times at which it kills (default 1)")
    parser.add_argument("--engine", metavar="NAME|PATH", help="valkey, redis, valkey-9.1.2 or the path of a server")
    parser.add_argument("--json", metavar="FILE", help="write the counts as JSON to FILE (- for standard output)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Try, show; status 1 when an acknowledged write was missing in durable mode."""
    if not 1 <= args.tries <= MAX_TRIES:
        raise InputError(f"{args.tries} tries.", source="--tries", expected=f"1 to {MAX_TRIES:,}.")
    engine = binaries.choose(args.engine)
    modes = durability.MODES if args.mode == BOTH else (args.mode,)
    with ProgressBar(sys.stderr) as report:
        tallies = [drill(engine, mode, args.tries, seed=args.seed, report=report) for mode in modes]
    tell({"acknowledged": [to_plain(tally) for tally in tallies]}, as_text(tallies), args.json)
    return int(any(tally.missing for tally in tallies if tally.mode == durability.DURABLE))


def as_text(tallies: list[Tally]) -> str:
    """The counts for people."""
    head = ("mode", "kills", "acknowledged", "missing", "kills that lost some")
    counts = [
        (each.mode, f"{each.tries:,}", f"{each.acknowledged:,}", f"{each.missing:,}", f"{each.lossy_tries:,}")
        for each in tallies
    ]
    return (
        f"{tallies[0].engine}: acknowledged writes after SIGKILL of the primary and promotion\n{table([head, *counts])}"
    )
