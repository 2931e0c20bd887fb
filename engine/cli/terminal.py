"""What a subcommand shows: a progress bar on standard error when a terminal is there, tables, JSON."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

from engine.errors import InputError
from engine.measurement import Latency, SnapshotCase, SnapshotImpact
from engine.progress import Progress, Report, ignore
from engine.units import format_bytes, format_duration_us, format_rate

BAR = 24
_CLEAR = "\r\x1b[K"


class ProgressBar:
    """Draws progress on one line of a terminal; use it as a context manager, which takes the line away at the end."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._last = ""

    def __enter__(self) -> Report:
        return self._draw if self._stream.isatty() else ignore

    def __exit__(self, *_: object) -> None:
        if self._last:
            self._stream.write(_CLEAR)
            self._stream.flush()

    def _draw(self, progress: Progress) -> None:
        text = line(progress)[: shutil.get_terminal_size().columns - 1]
        if text != self._last:
            self._stream.write(_CLEAR + text)
            self._stream.flush()
            self._last = text


def line(progress: Progress) -> str:
    """`read    [####----]  50 %  12 MiB of 24 MiB`, with message and gauges when there are any."""
    parts = [f"{progress.phase:<10}"]
    if progress.total:
        share = min(1.0, progress.done / progress.total)
        filled = round(share * BAR)
        parts.append(f"[{'#' * filled}{'-' * (BAR - filled)}] {share:4.0%}")
        parts.append(f"{_amount(progress.done, progress.unit)} of {_amount(progress.total, progress.unit)}")
    elif progress.done:
        parts.append(_amount(progress.done, progress.unit))
    parts += [progress.message] if progress.message else []
    parts += [_gauge(name, value) for name, value in progress.gauges.items()]
    return "  ".join(parts)


def write_json(data: Any, target: str) -> None:
    """To the file `target`, or to standard output for `-`. Raises InputError when the file cannot be written."""
    text = json.dumps(data, indent=2, ensure_ascii=False) + "\n"
    if target == "-":
        sys.stdout.write(text)
        return
    try:
        Path(target).write_text(text, encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror}).", source=target) from error


def tell(data: Any, text: str, target: str | None) -> None:
    """A result as JSON where that was asked for, and for people unless the JSON goes to standard output."""
    if target:
        write_json(data, target)
    if target != "-":
        sys.stdout.write(text)


def table(rows: Iterable[Sequence[str]]) -> str:
    """Columns aligned: the first to the left, the others to the right."""
    listed = [list(row) for row in rows]
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    return "".join(_row(row, widths) + "\n" for row in listed)


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    cells = [
        f"{cell:<{width}}" if place == 0 else f"{cell:>{width}}"
        for place, (cell, width) in enumerate(zip(row, widths, strict=True))
    ]
    return "  " + "  ".join(cells).rstrip()


def _amount(count: int, unit: str) -> str:
    return format_bytes(count) if unit == "bytes" else f"{count:,} {unit}".rstrip()


def _gauge(name: str, value: float) -> str:
    """The unit stands in the gauge's name."""
    if name == "ops_per_s":
        return format_rate(value, "ops")
    for suffix, shown in (("_us", format_duration_us(value)), ("_bytes", format_bytes(int(value)))):
        if name.endswith(suffix):
            return f"{name.removesuffix(suffix).replace('_', ' ')} {shown}"
    if name.endswith("_s"):
        return f"{name.removesuffix('_s').replace('_', ' ')} {format_duration_us(value * 1e6)}"
    return f"{name.replace('_', ' ')} {value:,.0f}"


def latency_rows(latency_us: Mapping[str, Latency]) -> list[tuple[str, ...]]:
    """A heading and the rows of all, reads and writes; empty when nothing was timed."""
    heading = ("class", "count", "p50", "p99", "p99.9", "max", "service p50", "service p99")
    rows = [(name, *_latency_row(latency_us[name])) for name in ("all", "read", "write") if name in latency_us]
    return [heading, *rows] if rows else []


def _latency_row(latency: Latency) -> tuple[str, ...]:
    response, service = latency.response, latency.service
    times = (response.p50, response.p99, response.p99_9, response.max, service.p50, service.p99)
    return (f"{response.count:,}", *(format_duration_us(time) for time in times))


def impact_rows(impact: SnapshotImpact | None) -> list[tuple[str, ...]]:
    """A heading and a row for each case: quiet, snapshot on the primary, snapshot on the replica; empty when not measured."""
    if impact is None:
        return []
    heading = ("snapshot on", "operations", "p50", "p99", "max", "snapshots", "longest", "fork", "copied")
    return [heading, *(_impact_row(case) for case in impact.cases)]


def _impact_row(case: SnapshotCase) -> tuple[str, ...]:
    found = case.response
    times = ("-",) * 3 if found is None else tuple(format_duration_us(us) for us in (found.p50, found.p99, found.max))
    seconds, fork, copied = case.longest_s, case.longest_fork_us, case.cow_bytes
    return (
        "none" if case.on == "quiet" else case.on,
        f"{case.operations:,}",
        *times,
        f"{case.snapshots}",
        "-" if seconds is None else format_duration_us(seconds * 1e6),
        "-" if fork is None else format_duration_us(fork),
        "-" if copied is None else format_bytes(copied),
    )
