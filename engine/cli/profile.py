"""`python -m engine profile INPUT`: what is in a recording or a stored trace, as tables or as JSON."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from engine.cli.options import add_reading_options, named, reading_options, seconds
from engine.cli.terminal import ProgressBar, table, write_json
from engine.progress import Report
from engine.replication.dialect import DIALECTS, REDIS_7
from engine.replication.prediction import Prediction, predict
from engine.traces.formats.reader import Options
from engine.traces.profile import Profile, profile
from engine.traces.reading import read_recording
from engine.traces.store import is_trace, read_header
from engine.traces.summaries.profile import data_written_recorded, shape_profile, summary_json
from engine.traces.summaries.reading import is_summary, read_summary
from engine.traces.summaries.shape import WorkloadShape
from engine.units import format_bytes, format_duration_us, format_rate

LISTED = 15
PREDICTED_OPERATIONS = 500_000  # of which data written is predicted without being asked: some ten seconds


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Declare the subcommand and its options."""
    parser = subparsers.add_parser(
        "profile",
        help="what is in a recording",
        description="Say what is in a recording: commands, keys, rates, sizes.",
    )
    add_reading_options(
        parser, inputs="a recording in any format, the files of several nodes, a summary (CloudWatch, INFO) or a trace"
    )
    parser.add_argument(
        "--seconds-between",
        metavar="TIME",
        help="between two outputs of INFO, or the period of a CloudWatch metric, where they do not tell it",
    )
    parser.add_argument(
        "--written-as",
        choices=sorted(DIALECTS),
        help=f"predict data written in the words of this engine, however long the recording (default: {REDIS_7.ident}, "
        f"up to {PREDICTED_OPERATIONS:,} operations)",
    )
    parser.add_argument("--json", metavar="FILE", help="write the profile as JSON to FILE (- for standard output)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Read, profile, show. Raises InputError on bad input."""
    if is_summary(named(args.input)):
        return _run_summary(args)
    with ProgressBar(sys.stderr) as report, stored_trace(args.input, report, reading_options(args)) as trace:
        found = profile(trace, report=report)
        written = _written(trace, args.written_as, report)
    if args.json:
        told = None if written is None else written.to_json()
        write_json({**found.to_json(), "data_written_predicted": told}, args.json)
    else:
        sys.stdout.write(as_text(found) + written_line(written))
    return 0


def _written(trace: Path, asked: str | None, report: Report) -> Prediction | None:
    if asked is None and read_header(trace).operations > PREDICTED_OPERATIONS:
        return None
    return predict(trace, dialect=DIALECTS[asked or REDIS_7.ident], report=report)


def written_line(found: Prediction | None) -> str:
    """Data written as predicted, in one line."""
    if found is None:
        return "Data written: not predicted for a recording of this length; ask with --written-as\n"
    silent = f"; {found.silent_scripts:,} scripts show no command" if found.silent_scripts else ""
    return (
        f"Data written: {format_bytes(found.bytes)} ({found.bytes:,} bytes; predicted, {found.engine}), peak "
        f"{format_bytes(found.peak_bytes_per_s)} in a second, {format_bytes(found.peak_10ms_bytes)} in 10 ms{silent}\n"
    )


def _run_summary(args: argparse.Namespace) -> int:
    between = None if args.seconds_between is None else seconds(args.seconds_between, "--seconds-between")
    shape = read_summary(named(args.input), seconds_between=between)
    if args.json:
        write_json(summary_json(shape), args.json)
    else:
        notes = "".join(f"  {note}\n" for note in shape.notes)
        sys.stdout.write(f"{as_text(shape_profile(shape))}{_recorded_line(shape)}Notes\n{notes}")
    return 0


def _recorded_line(shape: WorkloadShape) -> str:
    """Data written as the summary tells it: no prediction comes nearer to the bill."""
    found = data_written_recorded(shape)
    if found is None:
        return ""
    peak = "" if found["peak_bytes_per_s"] is None else f", peak {format_bytes(round(found['peak_bytes_per_s']))}/s"
    return f"Data written: {format_bytes(round(found['bytes_per_s']))}/s ({found['tag']}){peak}\n"


@contextmanager
def stored_trace(source: Path | Sequence[Path], report: Report, options: Options | None = None) -> Iterator[Path]:
    """The trace itself when `source` is one, else a temporary one read from the recording or its files."""
    paths = [source] if isinstance(source, Path) else list(source)
    if len(paths) == 1 and paths[0].is_file() and is_trace(paths[0]):
        yield paths[0]
        return
    with tempfile.TemporaryDirectory(prefix="headroom-") as folder:
        target = Path(folder) / "trace.parquet"
        read_recording(named(paths), target, options=options or Options(), report=report)
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
    rows = [
        ("format", found.format),
        ("operations", _known(found.operations)),
        ("duration", "not known" if found.duration_s is None else format_duration_us(found.duration_s * 1e6)),
        ("mean rate", _rate(found.mean_ops_per_s)),
        (_busiest(found), _rate(found.peak_ops_per_s)),
        ("clients", _known(found.clients)),
        ("reads / writes", f"{_known(found.reads)} / {_known(found.writes)}"),
        ("distinct keys", _known(found.keys)),
        ("key names", _bytes(found.key_bytes)),
        ("payload", _bytes(found.value_bytes)),
    ]
    if found.ttl.median_ms is not None:
        rows.append(("time to live, median", format_duration_us(found.ttl.median_ms * 1000)))
    return rows


def _busiest(found: Profile) -> str:
    """A long recording's curve has longer steps, but its peak is a second's; a summary's is that of a period."""
    return "busiest period" if "families" in found.unknown else "busiest second"


def _known(count: int | None) -> str:
    return "not known" if count is None else f"{count:,}"


def _rate(per_s: float | None) -> str:
    return "not known" if per_s is None else format_rate(per_s, "ops")


def _bytes(count: int | None) -> str:
    return "not known" if count is None else format_bytes(count)


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
