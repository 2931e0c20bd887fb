"""Twitter's production cache traces: one request a line, seven columns without a header, memcached operations.

`timestamp,key,key size,value size,client,operation,TTL`; whole seconds, sizes in bytes, no values. Operations become the
Redis commands nearest to them, and the notes say which.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import numpy as np

from engine.traces import limits
from engine.traces.block import I64, UNKNOWN, SizedBlock
from engine.traces.clock import SECOND_US, SecondSpreader
from engine.traces.formats import csv_columns
from engine.traces.formats.csv_clients import ClientNumbers
from engine.traces.formats.csv_lines import LATEST_S, CsvLines, Rows, first_lines
from engine.traces.formats.reader import About, Format, Member, Options

EXPECTED = (
    "seven columns without a header, such as 0,q:q:1:8WTfjZU14ee,17,213,4,get,0 "
    "(second, key, key size, value size, client, operation, time to live)."
)
COMMANDS = {
    "get": "GET",
    "gets": "GET",
    "set": "SET",
    "add": "SET",
    "replace": "SET",
    "cas": "SET",
    "append": "APPEND",
    "prepend": "APPEND",
    "delete": "DEL",
    "incr": "INCRBY",
    "decr": "DECRBY",
}
"""What each memcached operation becomes."""

_LOST = {
    "add": "its condition NX",
    "replace": "its condition XX",
    "cas": "its comparison",
    "prepend": "its end of the value",
}
_NAMES = tuple(dict.fromkeys(COMMANDS.values()))
_OPERATIONS = tuple(COMMANDS)
_PACKED = np.array([csv_columns.packed(name) for name in _OPERATIONS], np.int64)
_COMMAND_OF = np.array([_NAMES.index(command) for command in COMMANDS.values()], np.int32)
_READS = np.array([command == "GET" for command in COMMANDS.values()])
_CARRY = np.array([command not in ("GET", "DEL") for command in COMMANDS.values()])
_EXPIRE = np.array([command == "SET" for command in COMMANDS.values()])
_SECOND, _KEY, _KEY_SIZE, _VALUE_SIZE, _CLIENT, _OPERATION, _TTL = range(7)
_LONGEST_TTL_S = 1 << 40
_LINE = re.compile(
    rb"\d{1,18},[^,\x00-\x1f]*,\d{1,10},\d{1,10},[^,\x00-\x1f]*,(?:" + "|".join(COMMANDS).encode() + rb"),\d{1,13}"
)


def recognised(head: bytes) -> bool:
    """Whether one of the first lines is a request as Twitter writes it."""
    return any(_LINE.fullmatch(line) for line in first_lines(head))


class TwitterReader:
    """Reads one trace."""

    def __init__(self, members: Sequence[Member], options: Options) -> None:
        self.about = About("twitter", clock_resolution_us=SECOND_US)
        self._lines = CsvLines(members[0], 7, EXPECTED)
        self._clock = SecondSpreader()
        self._clients = ClientNumbers()
        self._seen = np.zeros(len(_OPERATIONS), np.int64)

    def blocks(self) -> Iterator[SizedBlock]:
        """All requests, in order. Raises InputError."""
        for rows in self._lines.rows():
            block = self._block(rows)
            if len(block):
                yield block
        self._lines.finish(int(self._seen.sum()))
        self.about.skipped = self._lines.skipped
        self.about.notes = (*self._lines.notes(), *self._notes())

    def _block(self, rows: Rows) -> SizedBlock:
        rows, numbers, operation = self._parsed(rows)
        seconds, key_sizes, sizes, ttl_s = numbers
        self._lines.in_order(seconds, rows.lines)
        self.about.has_clock = self._lines.is_wall_clock
        self._seen += np.bincount(operation, minlength=len(_OPERATIONS))
        key_data = np.empty(len(rows.data), np.uint8)
        key_offsets = csv_columns.copied(rows.data, rows.bounds, _KEY, key_data)
        return SizedBlock(
            t_us=self._clock.spread(seconds),
            conn=self._clients.of(csv_columns.hashed(rows.data, rows.bounds, _CLIENT)),
            names=_NAMES,
            cmd=_COMMAND_OF[operation],
            key_offsets=key_offsets,
            key_data=key_data[: key_offsets[-1]],
            key_len=key_sizes.astype(np.int32),
            value_len=np.where(_CARRY[operation], sizes, 0).astype(np.int32),
            reply_len=np.where(_READS[operation], sizes, UNKNOWN).astype(np.int32),
            ttl_ms=np.where(_EXPIRE[operation] & (ttl_s > 0), ttl_s * 1000, UNKNOWN),
        )

    def _parsed(self, rows: Rows) -> tuple[Rows, list[I64], I64]:
        """Rows whose numbers and operation can be read; second, sizes, TTL; operation."""
        columns = ((_SECOND, LATEST_S), (_KEY_SIZE, limits.MAX_WORD_BYTES), (_VALUE_SIZE, limits.MAX_WORD_BYTES))
        operation = csv_columns.names(rows.data, rows.bounds, _OPERATION, _PACKED)
        good = operation >= 0
        numbers = []
        for column, most in (*columns, (_TTL, _LONGEST_TTL_S)):
            number = csv_columns.numbers(rows.data, rows.bounds, column)
            good &= (number >= 0) & (number <= most)
            numbers.append(number)
        if good.all():
            return rows, numbers, operation
        return self._lines.readable(rows, good), [number[good] for number in numbers], operation[good]

    def _notes(self) -> Iterator[str]:
        counts = {name: int(count) for name, count in zip(_OPERATIONS, self._seen, strict=True) if count}
        changed = [
            f"{name} became {COMMANDS[name]}{f' without {_LOST[name]}' if name in _LOST else ''} ({count:,})"
            for name, count in counts.items()
        ]
        yield f"Operations of memcached were mapped: {'; '.join(changed)}."
        yield "The trace has sizes in place of values and whole seconds; requests are spread inside their second."
        if self._clients.count == limits.MAX_CLIENTS:
            yield f"Only the first {limits.MAX_CLIENTS:,} clients are told apart."


FORMAT = Format(
    name="twitter",
    title="Twitter cache trace",
    expected=EXPECTED,
    recognised=recognised,
    open=TwitterReader,
)
