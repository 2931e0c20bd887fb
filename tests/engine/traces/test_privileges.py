"""Each group of clients gets the commands and keys it used, and no more; patterns match all they were made from."""

from __future__ import annotations

import dataclasses
import json
import re
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from engine.traces.acl_patterns import few, pattern_of
from engine.traces.model import Flag, Operation
from engine.traces.privileges import EVERYBODY, GroupPrivileges, privileges
from engine.traces.store import TraceWriter, read_header
from tests.engine.traces.trace_building import operation, sized, stored

_LUA = Flag.LUA


def rights(folder: Path, *operations: Operation, **header: object) -> tuple[GroupPrivileges, ...]:
    path = stored(folder / "t.parquet", operations)
    more = dataclasses.replace(read_header(path), **header)  # type: ignore[arg-type]  # any field of the header
    with TraceWriter(path, more) as writer:
        for one in operations:
            writer.append(one)
    return privileges(path)


def of_all(folder: Path, *texts: str) -> GroupPrivileges:
    (found,) = rights(folder, *map(operation, texts))
    return found


def globbed(pattern: str) -> re.Pattern[str]:
    """The engines' glob as a regular expression: `*`, `?` and a backslash before what is meant literally."""
    parts = re.findall(r"\\.|.", pattern, re.DOTALL)
    meant = {"*": ".*", "?": "."}
    return re.compile("".join(meant.get(part, re.escape(part[-1])) for part in parts), re.DOTALL)


@given(st.one_of(st.binary(max_size=40), st.text(alphabet="ab19:{}-.*?[]\\ \"'é", max_size=30).map(str.encode)))
@example(b"user:*:[a]\\ 1")
@example(b"k" * 300)
@example(b"{id}:{7}:x y")
def test_a_pattern_is_one_word_and_matches_the_key_it_was_made_from(key: bytes) -> None:
    pattern = pattern_of(key)
    assert not re.search(r"[\s\"']", pattern) and pattern.isascii()
    assert globbed(pattern).fullmatch(key.decode("latin-1"))


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        (b"user:7:cart", "user:*:cart"),
        (b"user:{7}:cart", "user:*:cart"),
        (b"plain", "plain"),
        (b"what*", r"what\*"),
        (b"two words", "two?words"),
        (b"42", "*"),
    ],
)
def test_patterns_keep_the_schema_and_open_what_varies(key: bytes, pattern: str) -> None:
    assert pattern_of(key) == pattern


def test_too_many_patterns_are_drawn_together() -> None:
    assert few(frozenset(f"user:x{letter}" for letter in map(chr, range(200, 300)))) == {"user:*"}
    assert few(frozenset(chr(letter) for letter in range(200, 300))) == {"*"}


def test_reading_and_writing_are_told_apart(tmp_path: Path) -> None:
    found = of_all(
        tmp_path, "GET seen:1", "SET put:1 x", "INCR both:1", "GET mixed:1", "SET mixed:2 y", "EXISTS asked:1"
    )
    assert found.patterns == ("~both:*", "~mixed:*", "%R~asked:*", "%R~seen:*", "%W~put:*")
    assert found.acl_setuser == (
        "ACL SETUSER all-clients on >PASSWORD resetkeys resetchannels -@all +exists +get +incr +set "
        "~both:* ~mixed:* %R~asked:* %R~seen:* %W~put:*"
    )
    assert found.commands == {"EXISTS": 1, "GET": 2, "INCR": 1, "SET": 2}


def test_set_reads_only_when_it_is_asked_to(tmp_path: Path) -> None:
    assert of_all(tmp_path, "SET a:1 GET EX 5", "SET b:1 x EX 5 GET").patterns == ("~b:*", "%W~a:*")


def test_the_source_of_a_copy_is_read_and_its_target_written(tmp_path: Path) -> None:
    assert of_all(tmp_path, "SUNIONSTORE to:1 from:1 from:2").patterns == ("%R~from:*", "%W~to:*")


def test_sorting_by_other_keys_needs_to_read_all(tmp_path: Path) -> None:
    assert of_all(tmp_path, "SORT list BY weight_*").patterns == ("%R~*", "%R~list")


def test_container_commands_are_granted_by_subcommand(tmp_path: Path) -> None:
    found = of_all(tmp_path, "XGROUP CREATE jobs g $", "CLIENT SETNAME web")
    assert "+client|setname +xgroup|create" in found.acl_setuser


def test_commands_for_administrators_and_unknown_ones_are_withheld_with_the_reason(tmp_path: Path) -> None:
    found = of_all(tmp_path, "GET a", "CONFIG GET save", "FLUSHALL", "JSON.GET d", "SHUTDOWN", "AUTH x")
    assert set(found.withheld) == {"CONFIG GET", "JSON.GET", "SHUTDOWN"}
    assert set(found.commands) == {"FLUSHALL", "GET"}
    assert any("FLUSHALL" in note for note in found.notes)


def test_channels_are_patterns_and_subscribed_patterns_stay_as_they_are(tmp_path: Path) -> None:
    found = of_all(tmp_path, "PUBLISH news:7 x", "SUBSCRIBE alerts", "PSUBSCRIBE room.?.*")
    assert found.channels == ("&alerts", "&news:*", "&room.?.*")


def test_a_script_needs_its_own_commands_too(tmp_path: Path) -> None:
    script = b"return redis.call('HSET', KEYS[1], 'f', 1)"
    (found,) = rights(
        tmp_path,
        operation((b"EVAL", script, b"1", b"h:1")),
        operation("EXPIRE h:1 5", flags=_LUA),
        operation((b"EVALSHA", b"0" * 40, b"1", b"h:1")),
    )
    assert found.commands == {"EVAL": 1, "EVALSHA": 1, "EXPIRE": 0, "HSET": 0}
    assert found.patterns == ("~h:*",)
    assert any("hash" in note for note in found.notes)


def test_every_group_has_a_user_of_its_own(tmp_path: Path) -> None:
    lines = [dataclasses.replace(operation(text), conn=conn) for conn, text in enumerate(("GET a", "SET b 1", "PING"))]
    found = rights(tmp_path, *lines, groups=("10.0.0.1", "10.0.0:1"), group_of=(0, 1))
    assert [(one.group, one.user, list(one.commands)) for one in found] == [
        ("10.0.0.1", "client-10-0-0-1", ["GET"]),
        ("10.0.0:1", "client-10-0-0-1-2", ["SET"]),
        ("(not told apart)", "not-told-apart", ["PING"]),
    ]


def test_what_only_makes_the_keyspace_needs_no_rights(tmp_path: Path) -> None:
    (found,) = rights(tmp_path, operation("SET a 1"), operation("GET b"), population=1)
    assert (found.group, found.commands, found.patterns) == (EVERYBODY, {"GET": 1}, ("%R~b",))


def test_sized_operations_need_their_keys_as_well(tmp_path: Path) -> None:
    (found,) = rights(tmp_path, sized("GET", b"a:1"), sized("SET", b"b:1", value_len=5, write=True))
    assert (found.patterns, set(found.commands)) == (("%R~a:*", "%W~b:*"), {"GET", "SET"})


def test_the_json_is_plain_and_says_when_keys_are_redacted(tmp_path: Path) -> None:
    (found,) = rights(tmp_path, operation("GET a"), redaction="keys and values")
    plain = json.loads(json.dumps(found.to_json()))
    assert {"group", "operations", "commands", "patterns", "acl_setuser"} <= set(plain)
    assert "redacted" in plain["notes"][0]
    assert plain["checked"] is None
