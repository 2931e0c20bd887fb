"""What a benchmark answers: rows that set two figures side by side, printed as a table or as JSON.

Both figures of a row are taken in the same run on the same machine; the ratio is what may be carried elsewhere.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from engine.cluster.binaries import Engine

_WIDTHS = (58, 14, 14, 8)


@dataclass(frozen=True, slots=True)
class Row:
    """`ratio` is `ours` / `theirs`; None where one of the two is not known here, and `note` says why."""

    name: str
    ours: float | None
    theirs: float | None
    unit: str
    ratio: float | None
    note: str


def row(name: str, ours: float | None, theirs: float | None, unit: str, note: str) -> Row:
    """A row with its ratio worked out."""
    ratio = ours / theirs if ours is not None and theirs else None
    return Row(name, ours, theirs, unit, ratio, note)


def to_json(title: str, engine: Engine, rows: Sequence[Row]) -> dict[str, Any]:
    """Plain JSON types; the machine is described by what moves the figures."""
    return {
        "benchmark": title,
        "engine": engine.title,
        "machine": {"cpus": os.cpu_count(), "architecture": platform.machine(), "python": platform.python_version()},
        "rows": [dataclasses.asdict(each) for each in rows],
    }


def lines(columns: tuple[str, str], rows: Iterable[Row]) -> list[str]:
    """The table: a line a row, its note indented below it."""
    head = ("", *columns, "ratio")
    table = [_line(head), "-" * (sum(_WIDTHS) + 2 * (len(_WIDTHS) - 1))]
    for each in rows:
        table.append(_line((f"{each.name} ({each.unit})", figure(each.ours), figure(each.theirs), _ratio(each.ratio))))
        table.append(f"    {each.note}")
    return table


def figure(value: float | None) -> str:
    """A figure with thousands separated and as many digits as say something."""
    if value is None:
        return "–"
    return f"{value:,.0f}" if abs(value) >= 1000 or value == int(value) else f"{value:,.3g}"


def say(text: str) -> None:
    """What is being measured now; on standard error, so that JSON stays alone on standard output."""
    print(text, file=sys.stderr, flush=True)


def wants_json(description: str, arguments: Sequence[str] | None = None) -> bool:
    """Read the command line, which knows `--json` only."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    return bool(parser.parse_args(arguments).json)


def show(title: str, engine: Engine, columns: tuple[str, str], rows: Sequence[Row], *, as_json: bool) -> None:
    """Print the answer."""
    if as_json:
        print(json.dumps(to_json(title, engine, rows), indent=2))
        return
    print(f"{title}: {engine.title}, {os.cpu_count()} CPUs, Python {platform.python_version()}")
    print("\n".join(lines(columns, rows)))


def _line(cells: Sequence[str]) -> str:
    first, *others = (
        f"{cell:<{width}}" if place == 0 else f"{cell:>{width}}"
        for place, (cell, width) in enumerate(zip(cells, _WIDTHS, strict=True))
    )
    return "  ".join((first, *others)).rstrip()


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"
