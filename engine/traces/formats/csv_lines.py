"""Comma separated cache traces, a piece of whole lines at a time, with the account of lines that cannot be read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError
from engine.traces.block import I64, U8
from engine.traces.formats.csv_columns import EMPTY, split
from engine.traces.formats.reader import Member
from engine.traces.formats.unreadable import Unreadable
from engine.traces.lines import line_blocks

BACKWARDS_TOLERANCE_S = 1
LATEST_S = 4_102_444_800  # the year 2100: what is beyond counts something other than seconds
WALL_CLOCK_FROM_S = 1_000_000_000  # the year 2001
EMPTY_LINE = "empty line"


@dataclass(frozen=True, slots=True)
class Rows:
    """Lines with the right number of fields: `bounds` as `csv_columns.split` gives them, `lines` count from 1."""

    data: U8
    bounds: I64
    lines: I64
    unfinished: bool

    def __len__(self) -> int:
        return len(self.lines)

    def only(self, wanted: NDArray[np.bool_]) -> Rows:
        """Those rows alone."""
        return Rows(self.data, self.bounds[wanted], self.lines[wanted], self.unfinished)


class CsvLines:
    """The lines of one member. Iterate `rows`, `leave_out` what turns out unreadable, then call `finish`."""

    def __init__(self, member: Member, columns: int, expected: str, *, header: bool = False) -> None:
        self.skipped: Counter[str] = Counter()
        self.total = 0
        self._member = member
        self._columns = columns
        self._expected = expected
        self._header = header
        self._unreadable = Unreadable(self.skipped)
        self._latest = -1
        self.is_wall_clock = False  # told by the times: Unix seconds, not seconds since the beginning
        self._moved = 0

    def rows(self) -> Iterator[Rows]:
        """Pieces of the lines. Raises InputError as the member does."""
        for piece, _, unfinished in line_blocks(self._member):
            data = np.frombuffer(piece, np.uint8)
            count = int(np.count_nonzero(data == ord("\n"))) + (not piece.endswith(b"\n"))
            bounds = split(data, 0, count, self._columns)
            rows = Rows(data, bounds, np.arange(self.total + 1, self.total + count + 1), unfinished)
            skip = int(self._header and self.total == 0)
            self.total += count
            yield self._whole(rows.only(np.arange(count) >= skip) if skip else rows)

    def readable(self, rows: Rows, good: NDArray[np.bool_]) -> Rows:
        """The rows that are `good`; the others are counted as unreadable."""
        if good.all():
            return rows
        self._leave_out(rows.lines[~good], rows.unfinished)
        return rows.only(good)

    def in_order(self, seconds: I64, lines: I64) -> None:
        """Check that times hardly go back. Raises InputError."""
        if not len(seconds):
            return
        latest = np.maximum(np.maximum.accumulate(seconds), self._latest)
        back = latest - seconds
        self._moved += int(np.count_nonzero(back))
        self._latest = int(latest[-1])
        self.is_wall_clock = self._latest >= WALL_CLOCK_FROM_S
        if back.max() > BACKWARDS_TOLERANCE_S:
            place = int(np.argmax(back > BACKWARDS_TOLERANCE_S))
            raise InputError(
                f"the time goes back from {latest[place]} s to {seconds[place]} s.",
                source=self._member.name,
                line=int(lines[place]),
                expected="lines in order of time.",
                remedy="Sort the lines by time, or give several recordings one by one.",
            )

    def finish(self, kept: int) -> None:
        """The checks that need the whole file. Raises InputError."""
        self._unreadable.tolerate(self.total, source=self._member.name, expected=self._expected)
        if not kept:
            raise InputError("there is no request in the file.", source=self._member.name, expected=self._expected)

    def notes(self) -> tuple[str, ...]:
        """What was left out or moved, in sentences."""
        notes = [*self._unreadable.notes(self.total)]
        if self._moved:
            notes.append(f"{self._moved} lines were a second earlier than one before them and were given its second.")
        return tuple(notes)

    def _whole(self, rows: Rows) -> Rows:
        good = rows.bounds[:, 0] >= 0
        if good.all():
            return rows
        empty = rows.bounds[:, 0] == EMPTY
        self.skipped[EMPTY_LINE] += int(np.count_nonzero(empty))
        self._leave_out(rows.lines[~good & ~empty], rows.unfinished)
        return rows.only(good)

    def _leave_out(self, lines: I64, unfinished: bool) -> None:
        if unfinished and len(lines) and lines[-1] == self.total:
            self._unreadable.cut_off()
            lines = lines[:-1]
        self._unreadable.leave_out(lines.tolist())


def first_lines(head: bytes, count: int = 20) -> list[bytes]:
    """The first non-empty lines of a file that begins with `head`, without what ends them."""
    return [line.rstrip(b"\r") for line in head[:16_384].split(b"\n") if line.strip()][:count]
