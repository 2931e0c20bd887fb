"""`python -m engine privileges INPUT`: the least rights each group of clients needs, as `ACL SETUSER` lines or as JSON."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from engine.cli.profile import stored_trace
from engine.cli.terminal import ProgressBar, write_json
from engine.cluster.binaries import choose
from engine.replay.privileges_check import check_privileges
from engine.traces.privileges import GroupPrivileges, privileges


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the subcommand and its options."""
    parser = subparsers.add_parser(
        "privileges",
        help="the least rights each group of clients needs",
        description="Write the least rights each group of clients needs, as ACL SETUSER lines.",
    )
    parser.add_argument("input", type=Path, metavar="INPUT", help="a recording or a stored trace")
    parser.add_argument("--json", metavar="FILE", help="write the rights as JSON to FILE (- for standard output)")
    parser.add_argument("--check", action="store_true", help="try the rights on a real engine: all recorded calls pass")
    parser.add_argument("--engine", metavar="NAME", help="the engine to check with: a name, a version or a path")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, derive, check, show. Raises InputError on bad input; the status is 1 when a check failed."""
    with ProgressBar(sys.stderr) as report, stored_trace(args.input, report) as trace:
        found = privileges(trace, report=report)
    if args.check:
        found = check_privileges(found, choose(args.engine))
    if args.json:
        write_json([group.to_json() for group in found], args.json)
    else:
        sys.stdout.write("\n".join(map(as_text, found)))
    return int(any(group.checked and group.checked.mistakes for group in found))


def as_text(group: GroupPrivileges) -> str:
    """One group as comment lines and its ACL SETUSER line."""
    lines = [f"# {group.group}: {group.operations:,} operations", *(f"# {note}" for note in group.notes)]
    lines += [f"# not granted: {name} ({reason})" for name, reason in group.withheld.items()]
    if group.checked:
        done = group.checked
        lines.append(
            f"# checked on {done.engine} {done.version}: {done.allowed} calls of the recording pass, "
            f"{done.refused} calls outside are refused"
        )
        lines += [f"# WRONG: {mistake}" for mistake in done.mistakes]
    return "".join(f"{line}\n" for line in [*lines, group.acl_setuser])
