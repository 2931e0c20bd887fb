"""The recordings of several nodes become one, by time, with every connection told apart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from engine.traces.block import Block, block_of
from engine.traces.merging import merged
from engine.traces.model import Flag
from engine.traces.store import iter_operations
from tests.engine.traces import monitor_writing as writing
from tests.engine.traces.reading_as_is import read_recording

Row = tuple[int, int, bytes]


def blocks(rows: list[Row], size: int) -> Iterator[Block]:
    for start in range(0, len(rows), size):
        yield block_of((t_us, conn, 0, False, [b"SET", word]) for t_us, conn, word in rows[start : start + size])


def all_rows(recordings: list[Iterator[Block]]) -> tuple[list[Row], list[tuple[int, int]]]:
    rows: list[Row] = []
    connections: list[tuple[int, int]] = []
    for block, new in merged(recordings):
        connections.extend(new)
        words = [words[1] for words in block.words()]
        rows.extend(zip(block.t_us.tolist(), block.conn.tolist(), words, strict=True))
    return rows, connections


def test_two_recordings_are_in_one_order_of_time() -> None:
    one = blocks([(1, 0, b"a"), (5, 0, b"b"), (9, 1, b"c")], 2)
    two = blocks([(2, 0, b"d"), (5, 0, b"e"), (6, 0, b"f")], 2)
    rows, connections = all_rows([one, two])
    assert rows == [(1, 0, b"a"), (2, 1, b"d"), (5, 0, b"b"), (5, 1, b"e"), (6, 1, b"f"), (9, 2, b"c")]
    assert connections == [(0, 0), (1, 0), (0, 1)]


def test_a_recording_without_commands_changes_nothing() -> None:
    rows, _ = all_rows([blocks([(1, 0, b"a")], 1), iter(())])
    assert rows == [(1, 0, b"a")]


_ROWS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 3), st.binary(max_size=5)), max_size=20)


@given(st.lists(_ROWS, min_size=1, max_size=4), st.integers(1, 7))
def test_merging_sorts_by_time_and_keeps_the_order_of_each_file(recordings: list[list[Row]], size: int) -> None:
    ordered = [sorted(rows, key=lambda row: row[0]) for rows in recordings]
    rows, connections = all_rows([blocks(one, size) for one in ordered])
    assert [row[0] for row in rows] == sorted(row[0] for row in rows)
    assert len(set(connections)) == len(connections)
    for node, one in enumerate(ordered):
        mine = [(t_us, connections[conn][1], word) for t_us, conn, word in rows if connections[conn][0] == node]
        assert mine == one


def test_the_files_of_a_clusters_nodes_are_one_recording(tmp_path: Path) -> None:
    one = [
        writing.line(1_000_000, [b"GET", b"a"], b"10.0.0.1:1"),
        writing.line(1_000_300, [b"EVAL", b"return 1", b"0"], b"10.0.0.1:1"),
        writing.line(1_000_301, [b"INCR", b"x"], b"lua"),
    ]
    two = [
        writing.line(1_000_200, [b"GET", b"b"], b"10.0.0.1:1"),
        writing.line(1_000_300, [b"EVAL", b"return 2", b"0"], b"10.0.0.2:1"),
        b"# a prompt",
    ]
    sources = [(writing.write(tmp_path / name, lines), f"{name}.txt") for name, lines in (("one", one), ("two", two))]
    header = read_recording(sources, tmp_path / "trace.parquet")
    found = list(iter_operations(tmp_path / "trace.parquet"))
    assert [(row.t_us, row.conn, row.cmd) for row in found] == [
        (0, 0, "GET"), (200, 1, "GET"), (300, 0, "EVAL"), (300, 2, "EVAL"), (301, 0, "INCR"),
    ]  # fmt: skip
    assert found[4].flags & Flag.LUA
    assert header.groups == ("10.0.0.1", "10.0.0.2")
    assert header.group_of == (0, 0, 1)
    assert header.skipped == {"unreadable line": 1}
    assert header.notes == (
        "Merged by time from the recordings of 2 nodes.",
        "two.txt: Unreadable lines were left out: 3.",
    )
