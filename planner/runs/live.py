"""The gauges of a replay while it goes on, kept as lines of a small file in the run's folder.

A file and not the database: appending a line never waits for another writer, so it cannot disturb the pacing that is
being measured. A line torn by a crash is skipped when read.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from engine.progress import Progress, Report

GAUGES = ("ops_per_s", "response_p50_us", "response_p99_us", "used_bytes")
POINTS = 120  # drawn at most; a longer replay is thinned to every n-th line
EVERY_S = 1.0
WIDTH, HEIGHT = 320.0, 64.0


@dataclass(frozen=True, slots=True)
class Sparkline:
    """One gauge over the replay so far as points of an SVG polyline in a box of WIDTH x HEIGHT."""

    name: str
    points: str
    area: str
    latest: float
    peak: float


def recording(report: Report, path: Path, clock: Callable[[], float] = time.monotonic) -> Report:
    """A report that also notes the gauges of the replay, at most one line a second."""
    last = -EVERY_S * 2 + clock()

    def noted(progress: Progress) -> None:
        nonlocal last
        report(progress)
        if progress.phase != "replay" or not progress.gauges or clock() - last < EVERY_S:
            return
        last = clock()
        with path.open("a", encoding="ascii") as lines:
            lines.write(",".join(_cell(progress.gauges.get(name)) for name in GAUGES) + "\n")

    return noted


def history(path: Path) -> dict[str, list[float]]:
    """Each gauge's values so far, oldest first, at most POINTS of them; empty lists when there is nothing yet."""
    lines = path.read_text(encoding="ascii").splitlines() if path.is_file() else []
    rows = [row for row in map(_row, lines) if row is not None]
    thinned = rows[:: max(1, -(-len(rows) // POINTS))]
    return {name: [row[index] for row in thinned] for index, name in enumerate(GAUGES)}


def sparkline(name: str, values: list[float]) -> Sparkline | None:
    """The gauge's line from zero to its peak; None below two points."""
    if len(values) < 2:
        return None
    peak = max(values) or 1.0
    step = WIDTH / (len(values) - 1)
    points = [f"{index * step:.1f},{(HEIGHT - 2) * (1 - value / peak) + 1:.1f}" for index, value in enumerate(values)]
    line = " ".join(points)
    return Sparkline(name, line, f"0,{HEIGHT} {line} {WIDTH},{HEIGHT}", values[-1], max(values))


def _cell(value: float | None) -> str:
    return "0" if value is None else f"{value:.6g}"


def _row(line: str) -> tuple[float, ...] | None:
    try:
        cells = tuple(float(cell) for cell in line.split(","))
    except ValueError:
        return None
    return cells if len(cells) == len(GAUGES) else None
