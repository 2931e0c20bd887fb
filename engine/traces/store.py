"""A trace on disk: one Parquet file (zstd) whose header stands as JSON in its metadata under `headroom` (DESIGN §3).

Writing goes to a hidden file beside the target, which takes its place only when everything is there. Writing and
reading hold one row group at a time, whatever the size of the trace.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain, pairwise
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from engine.errors import InputError
from engine.traces.model import Flag, Operation, TraceHeader

ROW_GROUP_OPERATIONS = 262_144
ROW_GROUP_BYTES = 64 << 20  # of arguments: large values close a row group early, so that it fits in memory
BATCH_OPERATIONS = 16_384  # held as Python objects at a time, writing and reading
METADATA_KEY = b"headroom"

SCHEMA = pa.schema(
    [
        pa.field("t_us", pa.int64(), nullable=False),
        pa.field("conn", pa.int32(), nullable=False),
        pa.field("db", pa.int16(), nullable=False),
        pa.field("cmd", pa.dictionary(pa.int32(), pa.string()), nullable=False),
        pa.field("key", pa.binary()),
        pa.field("args", pa.list_(pa.binary())),
        pa.field("key_len", pa.int32()),
        pa.field("value_len", pa.int32()),
        pa.field("reply_len", pa.int32()),
        pa.field("ttl_ms", pa.int64()),
        pa.field("flags", pa.uint8(), nullable=False),
    ]
)
_REPEATING = [name for name in SCHEMA.names if name not in ("t_us", "args")]
_FLAGS = [Flag(bits) for bits in range(32)]


@dataclass(frozen=True, slots=True)
class Columns:
    """Some thousands of operations as Arrow columns: what `SCHEMA` says, in its order. All of one length."""

    t_us: pa.Array
    conn: pa.Array
    db: pa.Array
    cmd: pa.Array
    key: pa.Array
    args: pa.Array
    key_len: pa.Array
    value_len: pa.Array
    reply_len: pa.Array
    ttl_ms: pa.Array
    flags: pa.Array


Row = tuple[
    int,
    int,
    int,
    str,
    bytes | None,
    tuple[bytes, ...] | None,
    int | None,
    int | None,
    int | None,
    int | None,
    int,
]
"""The fields of an Operation in order, as a plain tuple."""


def part_of(target: Path) -> Path:
    """What a trace is called until it is written to its end; a process that is killed leaves it behind."""
    return target.with_name(f".{target.name}.part")


class TraceWriter:
    """Writes one trace; use it as a context manager.

    `header` is given at the start or assigned before the block ends; its `operations` is set to the count written. On
    any exception nothing is left and an older file at `target` is untouched.
    """

    def __init__(self, target: Path, header: TraceHeader | None = None) -> None:
        self.target = target
        self.header = header
        self.count = 0
        self._rows: list[Row] = []
        self._batches: list[pa.RecordBatch] = []
        self._bytes = 0
        self._grouped = 0  # operations since the last row group
        self._part = part_of(target)
        self._writer = pq.ParquetWriter(self._part, SCHEMA, compression="zstd", use_dictionary=_REPEATING)

    def append(self, operation: Operation) -> None:
        """Add one operation; times must not go backwards."""
        self.append_row(
            (
                operation.t_us,
                operation.conn,
                operation.db,
                operation.cmd,
                operation.key,
                operation.args,
                operation.key_len,
                operation.value_len,
                operation.reply_len,
                operation.ttl_ms,
                int(operation.flags),
            ),
            sum(map(len, operation.args or ())),
        )

    def append_row(self, row: Row, args_bytes: int) -> None:
        """The same for a plain tuple, for readers that make hundreds of thousands a second."""
        self._rows.append(row)
        self._bytes += args_bytes
        if len(self._rows) >= BATCH_OPERATIONS or self._bytes >= ROW_GROUP_BYTES:
            self._pack()

    def append_columns(self, columns: Columns, args_bytes: int) -> None:
        """Add many operations at once; times must not go backwards."""
        self._pack()
        arrays = [getattr(columns, name) for name in SCHEMA.names]
        self._batches.append(pa.RecordBatch.from_arrays(arrays, schema=SCHEMA))
        self.count += len(columns.t_us)
        self._grouped += len(columns.t_us)
        self._bytes += args_bytes
        self._flush_when_full()

    def __enter__(self) -> TraceWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
                self._part.replace(self.target)
        finally:
            self._abandon()

    def _finish(self) -> None:
        if self.header is None:
            raise ValueError("a trace needs a header before it is closed")
        self._pack()
        self._flush()
        self.header = dataclasses.replace(self.header, operations=self.count)
        self._writer.add_key_value_metadata({METADATA_KEY: _header_json(self.header)})
        self._writer.close()

    def _abandon(self) -> None:
        """Close and remove what is left; after a rename there is nothing left."""
        self._rows, self._batches = [], []
        self._writer.close()
        self._part.unlink(missing_ok=True)

    def _pack(self) -> None:
        """Turn the rows so far into compact columns; close the row group when it is full."""
        if self._rows:
            self._batches.append(_batch(self._rows))
        self.count += len(self._rows)
        self._grouped += len(self._rows)
        self._rows = []
        self._flush_when_full()

    def _flush_when_full(self) -> None:
        if self._grouped >= ROW_GROUP_OPERATIONS or self._bytes >= ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._batches:
            table = pa.Table.from_batches(self._batches, SCHEMA)
            self._writer.write_table(table, row_group_size=len(table))
        self._batches, self._bytes, self._grouped = [], 0, 0


def read_header(path: Path) -> TraceHeader:
    """The header of a stored trace. Raises InputError when the file is no trace of this version."""
    metadata = _open(path).metadata.metadata or {}
    if METADATA_KEY not in metadata:
        raise InputError(
            "a Parquet file, but not a Headroom trace.",
            source=path.name,
            expected="a file written by reading a recording.",
        )
    try:
        fields = json.loads(metadata[METADATA_KEY])
        header = TraceHeader(**{**fields, **{name: tuple(fields[name]) for name in ("notes", "groups", "group_of")}})
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"a trace with an unreadable header ({error}).", source=path.name, remedy="Read the recording again."
        ) from error
    if header.schema != TraceHeader.__dataclass_fields__["schema"].default:
        raise InputError(
            f"a trace of schema {header.schema}.",
            source=path.name,
            remedy="Read the recording again with this version.",
        )
    return header


def is_trace(path: Path) -> bool:
    """Whether the file looks like a stored trace (Parquet by its first bytes)."""
    with path.open("rb") as file:
        return file.read(4) == b"PAR1"


def iter_operations(path: Path) -> Iterator[Operation]:
    """Every operation in stored order, one batch in memory at a time."""
    for columns in iter_columns(path, SCHEMA.names):
        flags = [_FLAGS[bits] for bits in columns.pop()]
        yield from map(Operation, *columns, flags)


def iter_columns(path: Path, names: Sequence[str], batch: int = BATCH_OPERATIONS) -> Iterator[list[list[Any]]]:
    """The named columns as Python lists, batch by batch; `args` as tuples, null as None."""
    with _open(path) as file:
        for table in file.iter_batches(batch_size=batch, columns=list(names), use_threads=False):
            yield [_values(table.column(name)) for name in names]


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except FileNotFoundError as error:
        raise InputError("no such file.", source=path.name) from error
    except (pa.ArrowInvalid, OSError) as error:
        raise InputError("not a readable trace.", source=path.name, expected="a Parquet trace.") from error


def _header_json(header: TraceHeader) -> str:
    fields = {**dataclasses.asdict(header), "skipped": dict(header.skipped)}
    return json.dumps(fields)


def _batch(rows: list[Row]) -> pa.RecordBatch:
    columns: list[Any] = list(zip(*rows, strict=True))
    arrays = [
        _args_array(values) if field.name == "args" else pa.array(values, field.type)
        for field, values in zip(SCHEMA, columns, strict=True)
    ]
    return pa.RecordBatch.from_arrays(arrays, schema=SCHEMA)


def _args_array(values: Sequence[tuple[bytes, ...] | None]) -> pa.Array:
    """Much faster than letting pyarrow look at every tuple. A null offset makes a null list."""
    sized = None in values
    present: Sequence[tuple[bytes, ...]] = [value or () for value in values]
    offsets: list[int | None] = [0, *accumulate(map(len, present))]
    if sized:
        offsets[:-1] = [None if value is None else at for value, at in zip(values, offsets, strict=False)]
    flat = pa.array(list(chain.from_iterable(present)), pa.binary())
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), flat)


def _values(array: pa.Array) -> list[Any]:
    if pa.types.is_list(array.type):
        return _lists(array)
    if pa.types.is_dictionary(array.type):
        words = array.dictionary.to_pylist()
        return [words[index] for index in array.indices.to_numpy().tolist()]
    if array.null_count == 0 or pa.types.is_binary(array.type):
        plain: list[Any] = array.to_numpy(zero_copy_only=False).tolist()
        return plain
    numbers = array.fill_null(0).to_numpy().tolist()
    present = array.is_valid().to_numpy(zero_copy_only=False).tolist()
    return [number if known else None for number, known in zip(numbers, present, strict=True)]


def _lists(array: pa.Array) -> list[tuple[bytes, ...] | None]:
    flat = array.values.to_numpy(zero_copy_only=False).tolist()
    offsets = array.offsets.to_numpy().tolist()
    lists: list[tuple[bytes, ...] | None] = [tuple(flat[start:stop]) for start, stop in pairwise(offsets)]
    if array.null_count:
        present = array.is_valid().to_numpy(zero_copy_only=False).tolist()
        return [value if known else None for value, known in zip(lists, present, strict=True)]
    return lists
