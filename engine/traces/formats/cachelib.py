"""Cache traces as CacheLib publishes them (kvcache): a header row names the columns, one row counts equal operations.

Columns are found by name, so every version of the header is read: `key,op,size,op_count,key_size[,ttl]`, and with
`op_time`, `cache_hits` and further ones. Each repeat that `op_count` tells is an operation of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from engine.errors import InputError
from engine.traces import limits
from engine.traces.block import BLOCK_COMMANDS, I64, U8, UNKNOWN, SizedBlock
from engine.traces.clock import SECOND_US, SecondSpreader, evenly_over
from engine.traces.formats import csv_columns
from engine.traces.formats.csv_lines import LATEST_S, CsvLines, Rows
from engine.traces.formats.reader import About, Format, Member, Options

EXPECTED = "a first line that names the columns: key,op,size,op_count,key_size, and perhaps op_time, ttl and others."
COMMANDS = {"GET": "GET", "GET_LEASE": "GET", "SET": "SET", "SET_LEASE": "SET", "DELETE": "DEL"}
KEY_SAMPLING = 0.01
DEFAULT_DURATION_S = 3600.0
MAX_REPEATS = BLOCK_COMMANDS  # one row stands for so many operations at most
MAX_MEAN_REPEATS = 1000  # of all rows so far, looked at from `MEAN_FROM` operations on
MEAN_FROM = 10_000_000

_REQUIRED = ("key", "op", "size", "op_count", "key_size")
_MOST_COLUMNS = 64
_NAMES = ("GET", "SET", "DEL")
_GET, _SET = 0, 1
_PACKED = np.array([csv_columns.packed(name) for name in COMMANDS], np.int64)
_COMMAND_OF = np.array([_NAMES.index(command) for command in COMMANDS.values()], np.int32)
_TIME_COLUMN = "op_time"
_NUMBERS = (
    (_TIME_COLUMN, csv_columns.MISSING, LATEST_S),
    ("key_size", 0, limits.MAX_WORD_BYTES),
    ("size", 0, limits.MAX_WORD_BYTES),
    ("op_count", 1, MAX_REPEATS),
    ("cache_hits", csv_columns.MISSING, 1 << 40),
    ("ttl", csv_columns.MISSING, 1 << 40),
)
"""Columns of numbers, with the least and the most they hold; those that may be missing begin at `MISSING`."""
_TIME, _KEY_SIZES, _SIZES, _REPEATS, _HITS, _TTL = range(len(_NUMBERS))


def columns_of(line: bytes) -> tuple[str, ...] | None:
    """The columns a header row names; None when the line is none."""
    names = tuple(name.strip() for name in line.decode("ascii", "replace").lower().split(","))
    fits = len(names) <= _MOST_COLUMNS and len(set(names)) == len(names) and set(_REQUIRED) <= set(names)
    return names if fits else None


def recognised(head: bytes) -> bool:
    """Whether the first line names the columns."""
    return columns_of(_header(head)) is not None


def _header(head: bytes) -> bytes:
    return head[: limits.HEAD_BYTES].split(b"\n", 1)[0].removeprefix(b"\xef\xbb\xbf").rstrip(b"\r")


@dataclass(frozen=True, slots=True)
class _Requests:
    """Rows with their numbers: `table[_SIZES, i]` and so on, `MISSING` where a row does not say; `command` as `_NAMES`."""

    rows: Rows
    command: I64
    table: I64

    def __len__(self) -> int:
        return len(self.command)

    def __getitem__(self, place: slice) -> _Requests:
        rows = Rows(self.rows.data, self.rows.bounds[place], self.rows.lines[place], False)
        return _Requests(rows, self.command[place], self.table[:, place])


class CacheLibReader:
    """Reads one trace."""

    def __init__(self, members: Sequence[Member], options: Options) -> None:
        self.about = About("cachelib", clock_resolution_us=SECOND_US, key_sampling=KEY_SAMPLING)
        self._member = members[0]
        self._columns = columns_of(_header(self._member.head())) or ()
        self._duration_s = options.duration_s
        self._clock = SecondSpreader()
        self._random = np.random.default_rng(1)
        self._operations = 0
        self._total = 0  # counted beforehand where there is no clock
        self._clocked = _TIME_COLUMN in self._columns

    def blocks(self) -> Iterator[SizedBlock]:
        """All operations, in order. Raises InputError."""
        if not self._clocked:
            self._total = sum(int(found.table[_REPEATS].sum()) for found in self._requests(self._lines()))
        lines = self._lines()
        for found in self._requests(lines):
            lines.in_order(np.maximum(found.table[_TIME], 0), found.rows.lines)
            for part in _parts(found):
                yield self._block(part)
            self._check_repeats(found)
        lines.finish(self._operations)
        self.about.has_clock = lines.is_wall_clock
        self.about.skipped = lines.skipped
        self.about.notes = (*lines.notes(), *self._notes())

    def _lines(self) -> CsvLines:
        if not self._columns:
            raise InputError("the columns are not named.", source=self._member.name, line=1, expected=EXPECTED)
        return CsvLines(self._member, len(self._columns), EXPECTED, header=True)

    def _requests(self, lines: CsvLines) -> Iterator[_Requests]:
        for rows in lines.rows():
            table = np.stack([self._numbers(rows, name) for name, _, _ in _NUMBERS])
            operation = csv_columns.names(rows.data, rows.bounds, self._columns.index("op"), _PACKED)
            lowest, highest = (np.array([row[place] for row in _NUMBERS], np.int64)[:, None] for place in (1, 2))
            good = (operation >= 0) & np.all((table >= lowest) & (table <= highest), axis=0)
            if self._clocked:
                good &= table[_TIME] >= 0
            kept = lines.readable(rows, good)
            yield _Requests(kept, _COMMAND_OF[operation[good]].astype(np.int64), table[:, good])

    def _numbers(self, rows: Rows, name: str) -> I64:
        if name not in self._columns:
            return np.full(len(rows), csv_columns.MISSING, np.int64)
        return csv_columns.numbers(rows.data, rows.bounds, self._columns.index(name))

    def _block(self, part: _Requests) -> SizedBlock:
        row, repeat = self._order(part)
        command, table = part.command[row], part.table[:, row]
        reads = command == _GET
        hit = (table[_HITS] < 0) | (repeat < table[_HITS])
        ttl_s = table[_TTL]
        key_data, key_offsets = self._keys(part.rows, row)
        return SizedBlock(
            t_us=self._times(part, len(row)),
            conn=np.zeros(len(row), np.int32),
            names=_NAMES,
            cmd=command.astype(np.int32),
            key_offsets=key_offsets,
            key_data=key_data,
            key_len=table[_KEY_SIZES].astype(np.int32),
            value_len=np.where(command == _SET, table[_SIZES], 0).astype(np.int32),
            reply_len=np.where(reads, np.where(hit, table[_SIZES], 0), UNKNOWN).astype(np.int32),
            ttl_ms=np.where((command == _SET) & (ttl_s > 0), ttl_s * 1000, UNKNOWN),
        )

    def _order(self, part: _Requests) -> tuple[I64, I64]:
        """Which row each operation repeats and for the how manieth time (from 0).

        First operations keep the order of the rows; further ones fall at random between the first and the end of their
        second (as far as this part goes).
        """
        repeats = part.table[_REPEATS]
        ends = np.cumsum(repeats)
        starts = ends - repeats
        seconds = np.maximum.accumulate(part.table[_TIME])
        room = ends[np.searchsorted(seconds, seconds, side="right") - 1] - starts
        row = np.repeat(np.arange(len(part)), repeats)
        repeat = np.arange(len(row)) - starts[row]
        place = starts[row] + np.where(repeat > 0, self._random.random(len(row)) * room[row], 0.0)
        order = np.argsort(place, kind="stable")
        return row[order], repeat[order]

    def _times(self, part: _Requests, count: int) -> I64:
        if self._clocked:
            times = self._clock.spread(np.repeat(part.table[_TIME], part.table[_REPEATS]))
        else:
            duration_s = self._duration_s or DEFAULT_DURATION_S
            times = evenly_over(count, self._operations, total=self._total, duration_s=duration_s)
        self._operations += count
        return times

    def _keys(self, rows: Rows, row: I64) -> tuple[U8, I64]:
        """The keys of these rows and where each begins."""
        column, bounds = self._columns.index("key"), rows.bounds[row]
        out = np.empty(int((bounds[:, column + 1] - 1 - bounds[:, column]).sum()), np.uint8)
        return out, csv_columns.copied(rows.data, bounds, column, out)

    def _check_repeats(self, found: _Requests) -> None:
        """Refuse rows that stand for absurdly many operations. Raises InputError."""
        if self._operations > MEAN_FROM and len(found) and self._operations > MAX_MEAN_REPEATS * found.rows.lines[-1]:
            raise InputError(
                f"its rows so far stand for {self._operations:,} operations.",
                source=self._member.name,
                line=int(found.rows.lines[-1]),
                expected=f"an op_count of {MAX_MEAN_REPEATS:,} at most in the mean.",
            )

    def _notes(self) -> Iterator[str]:
        yield "Published CacheLib traces hold about 1 % of the traffic, sampled by key; figures are those of the sample."
        yield "GET_LEASE became GET and SET_LEASE became SET; the trace has sizes in place of values, and no clients."
        if self._clocked:
            yield "The clock counts whole seconds; operations and their repeats are spread inside their second."
        else:
            stated = "the duration given" if self._duration_s else "an assumed duration"
            yield f"The trace has no clock; operations are evenly spaced over {stated} of {self._seconds()} s."

    def _seconds(self) -> str:
        return f"{self._duration_s or DEFAULT_DURATION_S:g}"


def _parts(found: _Requests) -> Iterator[_Requests]:
    """Consecutive rows that together stand for at most `BLOCK_COMMANDS` operations."""
    ends, start = np.cumsum(found.table[_REPEATS]), 0
    while start < len(found):
        before = int(ends[start - 1]) if start else 0
        stop = int(np.searchsorted(ends, before + BLOCK_COMMANDS, side="right"))
        yield found[start:stop]
        start = stop


FORMAT = Format(
    name="cachelib",
    title="CacheLib trace (kvcache)",
    expected=EXPECTED,
    recognised=recognised,
    open=CacheLibReader,
)
