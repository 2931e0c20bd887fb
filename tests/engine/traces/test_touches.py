"""The keys found in columns are the keys found one by one."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine import commands
from engine.progress import ignore, never
from engine.slots import key_slot
from engine.traces.profiling.scanning import batches
from engine.traces.profiling.touches import touches
from tests.engine.traces.trace_building import operation, sized, stored

LINES = (
    "GET k",
    "SET k v EX 5",
    "MSET a 1 b 2 c",
    "MGET a b a",
    "DEL x",
    "DEL",
    "BLPOP a b 0",
    "BITOP AND d a b",
    "EVAL s 2 a b x",
    "EVAL s 9 a",
    "XREAD COUNT 2 STREAMS a b 0 0",
    "ZUNIONSTORE d 2 a b",
    "SORT k BY w LIMIT 0 1 STORE d",
    "PING",
    "MULTI",
    "XGROUP CREATE s g 0",
    "OBJECT ENCODING k",
    "JSON.GET doc",
    "MIGRATE h 1 k 0 9",
    "SUBSCRIBE c",
    "RENAME {t}1 {t}2",
    "LMPOP 2 a b LEFT",
)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.tuples(st.sampled_from(LINES), st.integers(0, 2)), max_size=30))
def test_columns_and_single_operations_agree(
    tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[str, int]]
) -> None:
    operations = [operation(line, db=db) for line, db in lines]
    path = stored(tmp_path_factory.mktemp("trace") / "t.parquet", operations)
    expected = [
        (row, one.db, key)
        for row, one in enumerate(operations)
        for key in tuple(commands.key_values(one.cmd, one.args or ())) or ((one.key,) if one.key is not None else ())
    ]
    found = []
    for batch in batches(path, "test", report=ignore, should_stop=never):
        touched = touches(batch)
        names, databases = touched.keys.names.to_pylist(), touched.keys.databases.tolist()
        found = [
            (row, databases[at], names[at])
            for row, at in zip(touched.rows.tolist(), touched.codes.tolist(), strict=True)
        ]
        assert touched.keys.slots.tolist() == [key_slot(name) for name in names]
        assert touched.keys.lengths.tolist() == [len(name) for name in names]
        assert touched.first.tolist() == [at == 0 or found[at - 1][0] != row for at, (row, *_) in enumerate(found)]
    assert found == expected


def test_a_sized_trace_has_one_key_an_operation(tmp_path_factory: pytest.TempPathFactory) -> None:
    rows = [sized("MGET", b"a"), sized("GET", b"b"), operation("MGET c d")]
    path = stored(tmp_path_factory.mktemp("trace") / "t.parquet", rows)
    (batch,) = batches(path, "test", report=ignore, should_stop=never)
    touched = touches(batch)
    names = touched.keys.names.to_pylist()
    assert [(row, names[at]) for row, at in zip(touched.rows.tolist(), touched.codes.tolist(), strict=True)] == [
        (0, b"a"),
        (1, b"b"),
        (2, b"c"),
        (2, b"d"),
    ]
