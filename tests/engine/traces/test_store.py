"""A trace comes back from disk as it went in, or does not exist."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces import store
from engine.traces.model import Flag, Operation, TraceHeader
from engine.traces.store import TraceWriter, is_trace, iter_operations, read_header

HEADER = TraceHeader(
    format="monitor",
    source_name="mine.txt",
    source_sha256="ab" * 32,
    source_bytes=10,
    operations=0,
    connections=1,
    duration_us=5,
    clock_resolution_us=1,
    first_wall_clock_us=1_700_000_000_000_000,
    skipped={"unreadable line": 2},
    notes=("one", "two"),
)

_size = st.none() | st.integers(0, 2**31 - 1)
_operations = st.builds(
    Operation,
    t_us=st.integers(0, 2**62),
    conn=st.integers(0, 2**31 - 1),
    db=st.integers(0, 2**15 - 1),
    cmd=st.sampled_from(["GET", "SET", "XGROUP CREATE"]),
    key=st.none() | st.binary(max_size=8),
    args=st.none() | st.lists(st.binary(max_size=8), max_size=4).map(tuple),
    key_len=_size,
    value_len=_size,
    reply_len=_size,
    ttl_ms=st.none() | st.integers(0, 2**63 - 1),
    flags=st.integers(0, 31).map(Flag),
)


def operation(number: int, value: bytes = b"v") -> Operation:
    args = (b"k%d" % number, value)
    return Operation(number, 0, 0, "SET", args[0], args, len(args[0]), len(value), None, None, Flag.WRITE)


def write(path: Path, operations: list[Operation]) -> Path:
    with TraceWriter(path, HEADER) as writer:
        for one in operations:
            writer.append(one)
    return path


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(_operations, max_size=40))
def test_operations_come_back_as_they_went_in(tmp_path: Path, operations: list[Operation]) -> None:
    path = write(tmp_path / "t.parquet", operations)
    assert list(iter_operations(path)) == operations
    assert read_header(path) == dataclasses.replace(HEADER, operations=len(operations))


def test_operations_keep_their_order_across_batches_and_row_groups(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "BATCH_OPERATIONS", 10)
    monkeypatch.setattr(store, "ROW_GROUP_OPERATIONS", 40)
    operations = [operation(number) for number in range(95)]
    path = write(tmp_path / "t.parquet", operations)
    assert list(iter_operations(path)) == operations
    file = pq.ParquetFile(path)
    assert [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)] == [40, 40, 15]


def test_large_values_close_a_row_group_early(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "ROW_GROUP_BYTES", 1000)
    operations = [operation(number, b"v" * 400) for number in range(7)]
    path = write(tmp_path / "t.parquet", operations)
    assert list(iter_operations(path)) == operations
    assert pq.ParquetFile(path).num_row_groups == 3  # three values pass 1,000 bytes


def test_the_columns_are_those_of_the_trace_format(tmp_path: Path) -> None:
    schema = pq.read_schema(write(tmp_path / "t.parquet", [operation(1)]))
    assert {field.name: str(field.type) for field in schema} == {
        "t_us": "int64",
        "conn": "int32",
        "db": "int16",
        "cmd": "dictionary<values=string, indices=int32, ordered=0>",
        "key": "binary",
        "args": "list<element: binary>",
        "key_len": "int32",
        "value_len": "int32",
        "reply_len": "int32",
        "ttl_ms": "int64",
        "flags": "uint8",
    }
    assert pq.ParquetFile(tmp_path / "t.parquet").metadata.row_group(0).column(0).compression == "ZSTD"


def test_a_failure_leaves_no_file_and_keeps_the_older_one(tmp_path: Path) -> None:
    path = write(tmp_path / "t.parquet", [operation(1)])
    with pytest.raises(RuntimeError), TraceWriter(path, HEADER) as writer:
        writer.append(operation(2))
        raise RuntimeError("in the middle")
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == ["t.parquet"]
    assert [one.key for one in iter_operations(path)] == [b"k1"]


def test_a_trace_without_a_header_is_a_mistake_and_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="header"), TraceWriter(tmp_path / "t.parquet") as writer:
        writer.append(operation(1))
    assert [entry.name for entry in tmp_path.iterdir() if entry.is_file()] == []


def test_what_is_no_trace_is_refused(tmp_path: Path) -> None:
    text, other = tmp_path / "text", tmp_path / "other.parquet"
    text.write_text("no Parquet at all")
    pq.write_table(pa.table({"a": [1]}), other)
    for path, problem in (
        (text, "not a readable trace"),
        (other, "not a Headroom trace"),
        (tmp_path / "no", "no such"),
    ):
        with pytest.raises(InputError, match=problem):
            read_header(path)
    assert (is_trace(text), is_trace(other)) == (False, True)


def test_a_trace_of_another_schema_is_refused(tmp_path: Path) -> None:
    with TraceWriter(tmp_path / "t.parquet", dataclasses.replace(HEADER, schema=99)):
        pass
    with pytest.raises(InputError, match="schema 99"):
        read_header(tmp_path / "t.parquet")
