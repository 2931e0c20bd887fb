"""What a managed cluster would refuse is found, counted and shown, for each service, with what to do about it."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from engine import commands
from engine.traces.compatibility_rules import SEVERITIES, TARGETS, Finding, rules, rules_by_name
from engine.traces.profile import profile
from tests.engine.traces import monitor_writing as writing
from tests.engine.traces.reading_as_is import read_recording

EVERYWHERE = set(TARGETS.values())


def findings(folder: Path, *texts: str) -> list[Finding]:
    return profiled(folder, writing.commands(*texts))


def profiled(folder: Path, lines: list[bytes]) -> list[Finding]:
    read_recording(writing.write(folder / "recording", lines), folder / "trace.parquet")
    return list(profile(folder / "trace.parquet").compatibility)


def on_memorydb(found: list[Finding]) -> list[tuple[str, int, str]]:
    return [(one.severity, one.count, one.example) for one in found if one.target == "MemoryDB"]


@pytest.mark.parametrize(
    "texts",
    [
        ("SET user:1 a", "GET user:1"),
        ("MGET {user:1}:a {user:1}:b",),
        ("MULTI", "INCR {a}x", "INCR {a}y", "EXEC"),
        ("EVAL s 1 k", "CLUSTER SHARDS", "ACL WHOAMI"),
        ("XREAD STREAMS s 0",),
    ],
)
def test_what_a_cluster_takes_is_not_mentioned(tmp_path: Path, texts: tuple[str, ...]) -> None:
    assert findings(tmp_path, *texts) == []


@pytest.mark.parametrize(
    ("text", "name", "targets"),
    [
        ("CONFIG GET maxmemory", "CONFIG GET", EVERYWHERE),
        ("BGSAVE", "BGSAVE", EVERYWHERE),
        ("DEBUG SLEEP 0", "DEBUG", EVERYWHERE),
        ("acl setuser x", "ACL SETUSER", {"MemoryDB"}),
        ("MEMORY USAGE k", "MEMORY USAGE k", {"ElastiCache Serverless"}),
    ],
)
def test_a_refused_command_is_named_for_the_services_that_refuse_it(
    tmp_path: Path, text: str, name: str, targets: set[str]
) -> None:
    found = findings(tmp_path, "GET k", text)
    assert {one.target for one in found} == targets
    assert {(one.severity, one.count, one.example) for one in found} == {("blocks", 1, name)}
    assert all("is refused" in one.rule and one.remedy and one.source for one in found)


def test_keys_of_different_slots_in_one_command_are_refused_by_every_cluster(tmp_path: Path) -> None:
    found = findings(tmp_path, "MGET user:1 user:2", "MGET user:1 user:3", "MGET {u}1 {u}2")
    assert {one.target for one in found} == EVERYWHERE
    assert on_memorydb(found) == [("blocks", 2, "MGET user:1 user:2")]
    assert "CROSSSLOT" in found[0].rule


def test_a_scripts_declared_keys_of_different_slots_are_a_rule_of_their_own(tmp_path: Path) -> None:
    (found,) = (one for one in findings(tmp_path, "EVAL s 2 a b") if one.target == "MemoryDB")
    assert (found.severity, found.count, found.example) == ("blocks", 1, "EVAL a b")
    assert "script" in found.rule


def test_a_transaction_over_several_slots_counts_once(tmp_path: Path) -> None:
    found = findings(tmp_path, "MULTI", "INCR a", "INCR b", "INCR c", "EXEC", "INCR a", "INCR b")
    assert on_memorydb(found) == [("blocks", 1, "INCR b")]
    assert "MULTI" in found[0].rule


def test_two_transactions_of_different_slots_are_fine(tmp_path: Path) -> None:
    assert findings(tmp_path, "MULTI", "INCR a", "EXEC", "MULTI", "INCR b", "EXEC") == []


def test_other_databases_are_refused_by_those_that_have_one(tmp_path: Path) -> None:
    lines = [writing.line(1, [b"SELECT", b"4"], db=4), writing.line(2, [b"INCR", b"hits:7"], db=4)]
    found = {one.target: one for one in profiled(tmp_path, lines)}
    assert found["MemoryDB"].severity == found["ElastiCache Serverless"].severity == "blocks"
    assert found["ElastiCache node-based"].severity == "works differently"
    assert {(one.count, one.example) for one in found.values()} == {(1, "INCR hits:7")}


def test_a_script_that_uses_keys_it_was_not_given_is_to_be_checked(tmp_path: Path) -> None:
    lines = [
        writing.line(1, [b"EVAL", b"s", b"1", b"a"]),
        writing.line(2, [b"incr", b"a"], b"lua"),
        writing.line(3, [b"incr", b"secret:1"], b"lua"),
    ]
    assert on_memorydb(profiled(tmp_path, lines)) == [("check", 1, "INCR secret:1")]


def test_a_hash_whose_script_is_shown_before_or_after_is_known_and_another_is_not(tmp_path: Path) -> None:
    known = hashlib.sha1(b"return", usedforsecurity=False).hexdigest()
    other = "0" * 40
    texts = (
        f"EVALSHA {known} 0",
        f"EVALSHA {known.upper()} 0",
        "EVAL return 0",
        f"EVALSHA {other} 0",
        f"EVALSHA {other} 0",
    )
    found = findings(tmp_path, *texts)
    assert on_memorydb(found) == [("check", 2, f"EVALSHA {other}")]


def test_a_function_whose_library_is_not_loaded_is_to_be_checked(tmp_path: Path) -> None:
    library = b"#!lua name=l\nredis.register_function('known', function() end)"
    lines = [
        writing.line(1, [b"FUNCTION", b"LOAD", library]),
        writing.line(2, [b"FCALL", b"known", b"0"]),
        writing.line(3, [b"FCALL", b"strange", b"0"]),
    ]
    assert on_memorydb(profiled(tmp_path, lines)) == [("check", 1, "FCALL strange")]


def test_unknown_commands_are_to_be_checked_one_by_one(tmp_path: Path) -> None:
    found = on_memorydb(findings(tmp_path, "GET k", "JSON.GET doc:1", "FT.SEARCH i q", "JSON.GET doc:1"))
    assert found == [("check", 2, "JSON.GET"), ("check", 1, "FT.SEARCH")]


def test_blocking_and_publishing_come_with_advice(tmp_path: Path) -> None:
    found = [
        one
        for one in findings(tmp_path, "BLPOP jobs 0", "PUBLISH news x", "PUBLISH news y")
        if one.target == "MemoryDB"
    ]
    assert [(one.severity, one.count) for one in found] == [("works differently", 2), ("check", 1)]
    assert "SPUBLISH" in found[0].remedy
    assert "connection" in found[1].remedy


def test_a_deprecated_command_names_its_successor_and_who_says_so(tmp_path: Path) -> None:
    (found, *_) = findings(tmp_path, "HMSET h f v")
    assert found.severity == "check"
    assert "since 4.0.0" in found.rule and "redis" in found.rule
    assert found.remedy == "Use HSET with multiple field-value pairs."


def test_a_payload_of_a_mebibyte_is_to_be_checked_and_one_byte_less_is_not(tmp_path: Path) -> None:
    lines = [writing.line(at, [b"SET", b"k", b"x" * size]) for at, size in ((1, 1 << 20), (2, (1 << 20) - 1))]
    assert on_memorydb(profiled(tmp_path, lines)) == [("check", 1, "SET k")]


def test_one_key_with_a_tenth_of_the_operations_is_to_be_checked(tmp_path: Path) -> None:
    texts = ["INCR hot"] * 200 + [f"INCR key:{number}" for number in range(900)]
    (found,) = (one for one in findings(tmp_path, *texts) if one.target == "MemoryDB")
    assert (found.severity, found.count, found.example) == ("check", 200, "hot")
    assert "18%" in found.rule  # 200 of 1,100


def test_one_slot_of_many_lukewarm_keys_is_to_be_checked(tmp_path: Path) -> None:
    texts = [f"INCR {{hot}}{number}" for number in range(200)] + [f"INCR key:{number}" for number in range(900)]
    (found,) = (one for one in findings(tmp_path, *texts) if one.target == "MemoryDB")
    assert (found.count, found.example) == (200, "slot 6093")  # CRC16 of "hot" modulo 16,384
    assert "one slot takes 18%" in found.rule


def test_a_slot_faster_than_half_its_quota_is_throttled_by_serverless_alone(tmp_path: Path) -> None:
    lines = writing.commands(*(f"INCR {{hot}}{number % 40}" for number in range(15_000)), step_us=50)
    found = [one for one in profiled(tmp_path, lines) if "busiest second" in one.rule]
    assert [(one.target, one.count, one.severity) for one in found] == [
        ("ElastiCache Serverless", 15_000, "works differently")
    ]
    assert "30,000" in found[0].rule and "ECPU" in found[0].source


def test_the_worst_stands_first(tmp_path: Path) -> None:
    found = [one.severity for one in findings(tmp_path, "PUBLISH a b", "JSON.GET d", "CONFIG GET save", "GET k")]
    assert found == sorted(found, key=SEVERITIES.index)
    assert set(found) == set(SEVERITIES)


def test_an_example_is_printable_and_cut(tmp_path: Path) -> None:
    lines = [writing.line(1, [b"MGET", b"\x00\n", b"k" * 500])]
    (example,) = {one.example for one in profiled(tmp_path, lines)}
    assert example.startswith("MGET \\x00\\n kkk")
    assert example.isprintable() and len(example) <= 80


def test_every_rule_has_a_remedy_a_source_and_texts_that_can_be_filled(tmp_path: Path) -> None:
    for name in (*commands.names(), "NO.SUCH"):
        for rule in rules_by_name(name):
            assert rule.remedy and rule.source and rule.severity in SEVERITIES and rule.target in TARGETS
    figures = dict.fromkeys(("limit", "share", "rate", "limit_source", "command", "since", "engine", "instead"), "x")
    for ident in ("cross-slot", "database", "hot-slot-rate", "hot-key-share", "large-value", "unknown-script"):
        assert [rule.finding(1, "", **figures).target for rule in rules(ident)] == list(TARGETS.values())
