"""`python -m engine generate WORKLOAD --out FILE`: a ready workload as a stored trace."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from engine.cli.terminal import ProgressBar, table
from engine.errors import InputError
from engine.traces.synthesis import generate, ready_workloads
from engine.units import format_duration_us, format_rate


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the subcommand and its options."""
    parser = subparsers.add_parser(
        "generate",
        help="generate a ready workload",
        description="Write a ready workload as a trace that can be profiled and replayed. The same seed gives the same "
        "operations.",
    )
    parser.add_argument("workload", nargs="?", metavar="WORKLOAD", help="its name; see --list")
    parser.add_argument("--list", action="store_true", help="list the workloads and what can be set")
    parser.add_argument("--out", type=Path, metavar="FILE", help="the trace to write")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="a whole number from 0 on (default 1)")
    parser.add_argument(
        "--set",
        nargs="+",
        action="extend",
        default=[],
        metavar="NAME=VALUE",
        help="values of its parameters, such as keys=1000 rate=500",
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """List, or generate. Raises InputError on bad input."""
    if args.list:
        sys.stdout.write(listed())
        return 0
    if args.workload is None or args.out is None:
        raise InputError("missing.", source="WORKLOAD, --out", expected="a workload and a file, or --list.")
    if not args.out.parent.is_dir():
        raise InputError("no such folder.", source=str(args.out.parent), remedy="Create it, or write somewhere else.")
    try:
        with ProgressBar(sys.stderr) as report:
            header = generate(args.workload, parameters(args.set), seed=args.seed, target=args.out, report=report)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror}).", source=str(args.out)) from error
    sys.stdout.write(
        f"{args.out.name}: {header.operations:,} operations, {header.population:,} of them the starting keyspace, over "
        f"{format_duration_us(header.duration_us)}.\n"
    )
    return 0


def parameters(words: Sequence[str]) -> dict[str, float]:
    """`keys=1000` -> {"keys": 1000.0}. Raises InputError naming the word."""
    found = {}
    for word in words:
        name, _, value = word.partition("=")
        try:
            found[name] = float(value)
        except ValueError as error:
            raise InputError(f"“{word}” sets nothing.", source="--set", expected="NAME=NUMBER.") from error
    return found


def listed() -> str:
    """Every workload with its default rate and duration, and the parameters all of them have."""
    rows = []
    for workload in ready_workloads():
        default = {slider.name: slider.default for slider in workload.sliders}
        rate, duration = format_rate(default["rate"], "ops"), format_duration_us(default["duration_s"] * 1e6)
        rows.append((f"{workload.id}  {workload.title}", f"{default['keys']:,.0f} keys", rate, duration))
    names = ", ".join(slider.name for slider in ready_workloads()[0].sliders)
    return f"{table(rows)}\n  Parameters of each (--set NAME=VALUE): {names}\n"
