"""What a managed cluster would refuse is found, counted and shown without anybody's keys."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.traces.compatibility import Finding
from engine.traces.profile import profile
from engine.traces.reading import read_recording
from tests.engine.traces import monitor_writing as writing


def findings(folder: Path, *texts: str) -> list[Finding]:
    return _profiled(folder, writing.commands(*texts))


def _profiled(folder: Path, lines: list[bytes]) -> list[Finding]:
    read_recording(writing.write(folder / "recording", lines), folder / "trace.parquet")
    return list(profile(folder / "trace.parquet").compatibility)


@pytest.mark.parametrize(
    "texts",
    [
        ("SET user:1 a", "GET user:1"),
        ("MGET {user:1}:a {user:1}:b",),
        ("MULTI", "INCR {a}x", "INCR {a}y", "EXEC"),
        ("EVAL s 1 k", "CLUSTER SLOTS", "ACL WHOAMI"),
        ("XREAD STREAMS s 0",),
    ],
)
def test_what_a_cluster_takes_is_not_mentioned(tmp_path: Path, texts: tuple[str, ...]) -> None:
    assert findings(tmp_path, *texts) == []


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("CONFIG GET maxmemory", "CONFIG GET"),
        ("BGSAVE", "BGSAVE"),
        ("DEBUG SLEEP 0", "DEBUG"),
        ("acl setuser x", "ACL SETUSER"),
    ],
)
def test_a_command_that_memorydb_refuses_is_named(tmp_path: Path, text: str, name: str) -> None:
    found = findings(tmp_path, "GET k", text)
    assert [(one.target, one.severity, one.count, one.example) for one in found] == [("MemoryDB", "refused", 1, name)]


def test_keys_of_different_slots_in_one_command_are_refused_by_a_cluster(tmp_path: Path) -> None:
    found = findings(tmp_path, "MGET user:1 user:2", "MGET user:1 user:3", "MGET {u}1 {u}2")
    assert [(one.severity, one.count, one.example) for one in found] == [("refused", 2, "MGET user:{id}")]
    assert "CROSSSLOT" in found[0].rule


def test_a_transaction_over_several_slots_counts_once(tmp_path: Path) -> None:
    found = findings(tmp_path, "MULTI", "INCR a", "INCR b", "INCR c", "EXEC", "INCR a", "INCR b")
    assert [(one.severity, one.count, one.example) for one in found] == [("refused", 1, "INCR b")]
    assert "MULTI" in found[0].rule


def test_databases_other_than_0_are_refused_by_a_cluster(tmp_path: Path) -> None:
    lines = [writing.line(1, [b"SELECT", b"4"], db=4), writing.line(2, [b"INCR", b"hits:7"], db=4)]
    found = _profiled(tmp_path, lines)
    assert [(one.severity, one.count, one.example) for one in found] == [("refused", 1, "INCR hits:{id}")]


def test_a_script_that_uses_keys_it_was_not_given_is_a_warning(tmp_path: Path) -> None:
    lines = [
        writing.line(1, [b"EVAL", b"s", b"1", b"a"]),
        writing.line(2, [b"incr", b"a"], b"lua"),
        writing.line(3, [b"incr", b"secret:1"], b"lua"),
    ]
    found = _profiled(tmp_path, lines)
    assert [(one.severity, one.count, one.example) for one in found] == [("warning", 1, "INCR secret:{id}")]


def test_unknown_commands_are_a_warning(tmp_path: Path) -> None:
    found = findings(tmp_path, "GET k", "JSON.GET doc:1", "FT.SEARCH i q")
    assert [(one.severity, one.count, one.example) for one in found] == [("warning", 2, "JSON.GET")]


def test_blocking_and_publishing_are_noted(tmp_path: Path) -> None:
    found = findings(tmp_path, "BLPOP jobs 0", "PUBLISH news x", "SUBSCRIBE news")
    assert [(one.severity, one.count) for one in found] == [("note", 2), ("note", 1)]


def test_one_slot_with_a_tenth_of_the_operations_is_a_warning(tmp_path: Path) -> None:
    texts = ["INCR hot"] * 200 + [f"INCR key:{number}" for number in range(900)]
    (found,) = findings(tmp_path, *texts)
    assert (found.severity, found.count) == ("warning", 200)
    assert "18%" in found.rule  # 200 of 1,100


def test_the_worst_stands_first(tmp_path: Path) -> None:
    found = findings(tmp_path, "PUBLISH a b", "JSON.GET d", "CONFIG GET save", "GET k")
    assert [one.severity for one in found] == ["refused", "warning", "note"]
