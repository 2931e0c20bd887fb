"""A stored trace as columns, some thousands of operations at a time, for what counts instead of replaying.

Command names become numbers that hold over the whole trace; unknown lengths and times are `UNKNOWN` (-1). One row group
is in memory at a time, whatever the size of the trace.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from engine.progress import Progress, Report, ShouldStop, stop_if_asked
from engine.traces.model import Flag, TraceHeader
from engine.traces.store import read_header

UNKNOWN = -1
BATCH = 32_768
MOST_NAMES = 10_000  # the engines have some 400 commands; a hostile input could have any number
OTHER_NAMES = "(OTHER)"
_COLUMNS = ("t_us", "conn", "db", "cmd", "key", "args", "value_len", "reply_len", "key_len", "ttl_ms", "flags")

I64 = NDArray[np.int64]
Mask = NDArray[np.bool_]


class Names:
    """Command names by number, in the order of appearance; those after `MOST_NAMES` are one name together."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}

    def number(self, name: str) -> int:
        """The number of a name, a new one when it is new."""
        found = self._numbers.get(name)
        if found is None:
            if len(self.names) >= MOST_NAMES and name != OTHER_NAMES:
                return self.number(OTHER_NAMES)
            found = self._numbers[name] = len(self.names)
            self.names.append(name)
        return found

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True, slots=True)
class Batch:
    """Some operations. Columns are as long as the batch; `cmd` are numbers into `names`.

    `population`: these make the keyspace the recording starts from and are not operations.
    """

    names: Names
    t_us: I64
    conn: I64
    db: I64
    cmd: I64
    flags: I64
    key: pa.BinaryArray
    args: pa.ListArray
    key_len: I64
    value_len: I64
    reply_len: I64
    ttl_ms: I64
    population: bool

    def __len__(self) -> int:
        return len(self.t_us)

    @property
    def has_key(self) -> Mask:
        return valid(self.key)

    def flagged(self, flag: Flag) -> Mask:
        """Which operations have the flag."""
        found: Mask = (self.flags & int(flag)) != 0
        return found

    def words(self, rows: I64) -> list[tuple[bytes, ...]]:
        """The arguments of some operations; empty where they are not recorded."""
        return [tuple(words or ()) for words in self.args.take(pa.array(rows)).to_pylist()]


def batches(path: Path, stage: str, *, report: Report, should_stop: ShouldStop) -> Iterator[Batch]:
    """All batches of the trace at `path`, progress told under the name `stage`.

    Raises InputError when it is no trace, Cancelled when asked to stop.
    """
    header = read_header(path)
    names, done = Names(), 0
    with pq.ParquetFile(path) as file:
        for table in _record_batches(file):
            stop_if_asked(should_stop)
            report(Progress(stage, done, header.operations, "operations"))
            for part, population in _parts(table, header, done):
                yield _batch(part, names, population)
            done += len(table)
    report(Progress(stage, header.operations, header.operations, "operations"))


def valid(column: Any) -> Mask:
    """Which rows of a column are not null."""
    found: Mask = column.is_valid().to_numpy(zero_copy_only=False)
    return found


def _record_batches(file: pq.ParquetFile) -> Iterator[Any]:
    """Row group by row group: a batch must not gather several of large values."""
    for group in range(file.num_row_groups):
        yield from file.iter_batches(BATCH, row_groups=[group], columns=list(_COLUMNS), use_threads=False)


def _parts(table: Any, header: TraceHeader, done: int) -> Iterator[tuple[Any, bool]]:
    border = min(max(header.population - done, 0), len(table))
    if border:
        yield table.slice(0, border), True
    if border < len(table):
        yield table.slice(border), False


def _batch(table: Any, names: Names, population: bool) -> Batch:
    return Batch(
        names=names,
        cmd=_numbers(table.column("cmd"), names),
        key=table.column("key"),
        args=table.column("args"),
        population=population,
        **{name: _integers(table.column(name)) for name in ("t_us", "conn", "db", "flags")},
        **{name: _integers(table.column(name)) for name in ("key_len", "value_len", "reply_len", "ttl_ms")},
    )


def _integers(column: Any) -> I64:
    present = column.fill_null(UNKNOWN) if column.null_count else column
    found: I64 = present.to_numpy(zero_copy_only=False).astype(np.int64)
    return found


def _numbers(column: Any, names: Names) -> I64:
    used, places = np.unique(column.indices.to_numpy(), return_inverse=True)
    words = column.dictionary.take(pa.array(used)).to_pylist()
    return np.array([names.number(word) for word in words], np.int64)[places]
