"""The figures beyond counts: classes, minutes, clients, databases, what a format cannot tell, and sized traces."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable
from pathlib import Path

import pytest

from engine.traces.model import Flag, Operation
from engine.traces.profile import Profile, profile
from engine.traces.profiling.model import Bin, ClientGroup, Curve, Population
from engine.traces.store import TraceWriter, read_header
from tests.engine.traces.trace_building import operation, sized, stored


def changed(path: Path, operations: Iterable[Operation], **header: object) -> Profile:
    """The profile of a trace whose header says more."""
    known = list(operations)
    stored(path, known, duration_s=10)
    more = dataclasses.replace(read_header(path), **header)  # type: ignore[arg-type]  # any field of the header
    with TraceWriter(path, more) as writer:
        for one in known:
            writer.append(one)
    return profile(path)


def test_every_operation_stands_in_one_class(tmp_path: Path) -> None:
    lines = [
        operation("GET a"),
        operation("SET a 1"),
        operation("EVAL s 1 a"),
        operation("INCR a", flags=Flag.LUA),
        operation("MULTI", flags=Flag.TRANSACTION),
        operation("INCR b", flags=Flag.TRANSACTION),
        operation("EXEC", flags=Flag.TRANSACTION),
        operation("BLPOP q 0", flags=Flag.BLOCKING),
        operation("PUBLISH c x"),
        operation("PING"),
        operation("JSON.GET a"),
        operation("DBSIZE"),
    ]
    found = profile(stored(tmp_path / "t", lines))
    assert found.mix == {
        "read": 1,
        "write": 3,
        "script": 1,
        "transaction": 2,
        "blocking": 1,
        "pub/sub": 1,
        "other": 3,
    }
    assert (found.transactions, found.scripts) == (1, 1)


def test_minutes_show_operations_reads_and_writes(tmp_path: Path) -> None:
    lines = [
        operation("GET a"),
        operation("SET a 1", at_s=59.9),
        operation("GET a", at_s=60),
        operation("PING", at_s=200),
    ]
    assert profile(stored(tmp_path / "t", lines)).per_minute == Curve(60, (2, 1, 0, 1), (1, 1, 0, 0), (1, 0, 0, 0))


def test_clients_are_counted_by_their_group(tmp_path: Path) -> None:
    lines = [
        dataclasses.replace(operation(text), conn=conn)
        for conn, text in ((0, "GET a"), (1, "SET a 1"), (2, "GET a"), (3, "GET a"), (0, "GET b"), (9, "PING"))
    ]
    found = changed(tmp_path / "t", lines, groups=("web", "job"), group_of=(0, 1, 0, 1), connections=10)
    assert found.groups == (
        ClientGroup("web", connections=2, operations=3, reads=3, writes=0, commands={"GET": 3}),
        ClientGroup("job", connections=2, operations=2, reads=1, writes=1, commands={"GET": 1, "SET": 1}),
        ClientGroup("(not told apart)", connections=6, operations=1, reads=0, writes=0, commands={"PING": 1}),
    )
    assert "groups" not in found.unknown


def test_databases_are_counted(tmp_path: Path) -> None:
    lines = [operation("GET a"), operation("GET a", db=3), operation("GET b", db=3)]
    assert profile(stored(tmp_path / "t", lines)).databases == {"0": 1, "3": 2}


def test_a_format_of_writes_only_says_nothing_of_reads_and_why(tmp_path: Path) -> None:
    found = changed(tmp_path / "t", [operation("SET a 1")], writes_only=True)
    assert (found.reads, found.writes) == (None, 1)
    assert found.per_minute is not None and found.per_minute.reads is None
    assert found.families[0].reads is None
    assert "writes only" in found.unknown["reads"]


def test_reply_sizes_are_known_only_where_they_were_recorded(tmp_path: Path) -> None:
    without = profile(stored(tmp_path / "t", [operation("GET a")]))
    assert without.sizes["reply"] is None
    assert "replies" in without.unknown["sizes.reply"]
    replies = [dataclasses.replace(operation("GET a"), reply_len=size) for size in (5, 0, None)]
    spread = profile(stored(tmp_path / "u", replies)).sizes["reply"]
    assert spread is not None
    assert (spread.count, spread.max, spread.histogram) == (
        2,
        5,
        (Bin(0, 0, 1), Bin(1, 1, 0), Bin(2, 3, 0), Bin(4, 7, 1)),
    )


def test_the_population_counts_for_keys_alone(tmp_path: Path) -> None:
    lines = [operation("SET user:1 abc"), operation("SET user:2 abc"), operation("GET user:1"), operation("GET user:3")]
    found = changed(tmp_path / "t", lines, population=2, keyspace={"keys": 2})
    assert (found.operations, found.writes, found.value_bytes, found.commands) == (2, 0, 0, {"GET": 2})
    assert (found.keys, found.touched_keys, found.population) == (3, 2, Population(commands=2, keys=2))
    assert [(one.keys, one.operations) for one in found.families] == [(3, 2)]
    assert found.working_set is not None and found.working_set.cumulative == (2,)
    assert found.keyspace == {"keys": 2}


def test_a_snapshot_without_operations_has_keys_and_no_rates(tmp_path: Path) -> None:
    found = changed(tmp_path / "t", [operation("SET a 1")], population=1, duration_us=0)
    assert (found.operations, found.keys, found.working_set, found.hottest_keys) == (0, 1, None, ())
    assert (found.mean_ops_per_s, found.peak_ops_per_s) == (None, 0.0)


def test_a_sized_trace_is_profiled_by_its_sizes(tmp_path: Path) -> None:
    lines = [
        sized("SET", b"k:1", value_len=100, ttl_ms=60_000, write=True),
        sized("GET", b"k:1", value_len=0, reply_len=100),
        sized("MGET", b"k:2"),
    ]
    found = profile(stored(tmp_path / "t", lines))
    assert (found.keys, found.reads, found.writes, found.value_bytes) == (2, 2, 1, 100)
    reply = found.sizes["reply"]
    assert reply is not None and reply.max == 100
    assert (found.families[0].ttl_median_ms, found.families[0].ttl_share) == (60_000, 0.5)


def test_more_commands_than_any_engine_has_are_counted_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("engine.traces.profiling.scanning.MOST_NAMES", 2)
    lines = [operation(text) for text in ("GET a", "X.1 a", "X.2 a", "X.3 a", "GET b")]
    assert profile(stored(tmp_path / "t", lines)).commands == {"GET": 2, "(OTHER)": 2, "X.1": 1}


@pytest.mark.parametrize("batch", [1, 3, 100])
def test_the_size_of_a_batch_changes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    lines = [
        operation(text, at_s=at / 3, db=at % 2, flags=Flag.TRANSACTION if at % 5 == 0 else Flag(0))
        for at, text in enumerate(["GET a", "SET b 1 EX 9", "MGET a c", "EVAL s 1 b", "MULTI", "INCR c", "DEL a b"] * 3)
    ]
    path = stored(tmp_path / "t", lines)
    whole = profile(path)
    monkeypatch.setattr("engine.traces.profiling.scanning.BATCH", batch)
    assert profile(path) == whole
