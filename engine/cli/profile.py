"""`python -m engine profile INPUT`: what is in a recording or a stored trace, as tables or as JSON."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.cli.terminal import ProgressBar, table, write_json
from engine.progress import Report
from engine.traces.profile import Profile, profile
from engine.traces.reading import read_recording
from engine.traces.store import is_trace
from engine.units import format_bytes, format_duration_us, format_rate

LISTED = 15


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the subcommand and its options."""
    parser = subparsers.add_parser(
        "profile",
        help="what is in a recording",
        description="Say what is in a recording: commands, keys, rates, sizes.",
    )
    parser.add_argument(
        "input", type=Path, metavar="INPUT", help="a MONITOR recording (plain or gzip) or a stored trace"
    )
    parser.add_argument("--json", metavar="FILE", help="write the profile as JSON to FILE (- for standard output)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, profile, show. Raises InputError on bad input."""
    with ProgressBar(sys.stderr) as report, stored_trace(args.input, report) as trace:
        found = profile(trace, report=report)
    if args.json:
        write_json(found.to_json(), args.json)
    else:
        sys.stdout.write(as_text(found))
    return 0


@contextmanager
def stored_trace(source: Path, report: Report) -> Iterator[Path]:
    """The trace itself when `source` is one, else a temporary one read from the recording."""
    if source.is_file() and is_trace(source):
        yield source
        return
    with tempfile.TemporaryDirectory(prefix="headroom-") as folder:
        target = Path(folder) / "trace.parquet"
        read_recording(source, target, source_name=str(source), report=report)
        yield target


def as_text(found: Profile) -> str:
    """The profile for people, in sections."""
    sections: list[tuple[str, Sequence[Sequence[str]]]] = [
        ("Recording", _summary(found)),
        ("Commands", [(name, f"{count:,}") for name, count in list(found.commands.items())[:LISTED]]),
        ("Key families", _families(found)),
        ("Left out", [(reason, f"{count:,}") for reason, count in found.skipped.items()]),
    ]
    text = "".join(f"{title}\n{table(rows)}\n" for title, rows in sections if rows)
    return text + _compatibility(found)


def _summary(found: Profile) -> list[tuple[str, str]]:
    mean = "not known" if found.mean_ops_per_s is None else format_rate(found.mean_ops_per_s, "ops")
    rows = [
        ("format", found.format),
        ("operations", f"{found.operations:,}"),
        ("duration", format_duration_us(found.duration_s * 1e6)),
        ("mean rate", mean),
        ("busiest second", format_rate(found.peak_ops_per_s, "ops")),
        ("clients", f"{found.clients:,}"),
        ("reads / writes", f"{found.reads:,} / {found.writes:,}"),
        ("distinct keys", f"{found.keys:,}"),
        ("key names", format_bytes(found.key_bytes)),
        ("payload", format_bytes(found.value_bytes)),
    ]
    if found.ttl.median_ms is not None:
        rows.append(("time to live, median", format_duration_us(found.ttl.median_ms * 1000)))
    return rows


def _families(found: Profile) -> list[tuple[str, ...]]:
    if not found.families:
        return []
    rows = [
        (one.pattern, f"{one.keys:,}", f"{one.operations:,}", format_bytes(one.bytes))
        for one in found.families[:LISTED]
    ]
    return [("pattern", "keys", "operations", "payload"), *rows]


def _compatibility(found: Profile) -> str:
    lines = [
        f"  {one.severity}: {one.target}: {one.rule} ({one.count:,}, such as {one.example})\n"
        for one in found.compatibility
    ]
    return "".join(["Compatibility\n", *lines]) if lines else ""
