"""Commands are named, split and searched for keys as the engines themselves would."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import commands


def keys_of(line: str) -> list[str]:
    name, args = commands.split([word.encode() for word in line.split(" ")])
    return [args[place].decode() for place in commands.key_indexes(name, args)]


@pytest.mark.parametrize(
    ("line", "name", "rest"),
    [
        ("get k", "GET", ["k"]),
        ("xgroup create s g $", "XGROUP CREATE", ["s", "g", "$"]),
        ("Config Get maxmemory", "CONFIG GET", ["maxmemory"]),
        ("command", "COMMAND", []),
        ("XGROUP NOSUCH s", "XGROUP", ["NOSUCH", "s"]),
        ("json.get doc $", "JSON.GET", ["doc", "$"]),
    ],
)
def test_a_command_line_is_split_into_its_canonical_name_and_arguments(line: str, name: str, rest: list[str]) -> None:
    words = [word.encode() for word in line.split()]
    assert commands.split(words) == (name, tuple(word.encode() for word in rest))


def test_a_name_that_is_no_text_is_shown_escaped() -> None:
    assert commands.split([b"g\xffet"]) == ("G\\XFFET", ())


@pytest.mark.parametrize(
    ("line", "keys"),
    [
        ("GET k", ["k"]),
        ("SET k v EX 5", ["k"]),
        ("MGET a b c", ["a", "b", "c"]),
        ("MSET a 1 b 2", ["a", "b"]),
        ("MSETEX 2 a 1 b 2 EX 5", ["a", "b"]),
        ("BLPOP a b 0", ["a", "b"]),
        ("BITOP AND d a b", ["d", "a", "b"]),
        ("EVAL s 2 a b x", ["a", "b"]),
        ("EVAL s 0 x", []),
        ("EVAL s 3 a b", []),
        ("EVAL s many a b", []),
        ("FCALL f 1 a x", ["a"]),
        ("XREAD COUNT 2 STREAMS a b 0 0", ["a", "b"]),
        ("XREADGROUP GROUP streams c STREAMS a b > >", ["a", "b"]),
        ("XGROUP CREATE s g $", ["s"]),
        ("ZUNIONSTORE d 2 a b WEIGHTS 1 2", ["d", "a", "b"]),
        ("LMPOP 2 a b LEFT", ["a", "b"]),
        ("SORT k BY w_* STORE d", ["k", "d"]),
        ("SORT k", ["k"]),
        ("GEORADIUS k 1 2 3 m STORE d", ["k", "d"]),
        ("OBJECT ENCODING k", ["k"]),
        ("MEMORY USAGE k", ["k"]),
        ("MIGRATE h 1 k 0 9 KEYS a b", ["k", "a", "b"]),
        ("COPY a b", ["a", "b"]),
        ("PUBLISH channel x", []),
        ("SSUBSCRIBE channel", []),
        ("PING", []),
        ("GET", []),
        ("NOSUCH k", []),
    ],
)
def test_keys_stand_where_the_engines_say(line: str, keys: list[str]) -> None:
    assert keys_of(line) == keys


def test_flags_and_groups_are_those_of_the_engines() -> None:
    found = {name: commands.find(name) for name in ("SET", "GET", "BLPOP", "CONFIG GET", "PUBLISH", "EVAL")}
    known = {name: command for name, command in found.items() if command is not None}
    assert known.keys() == found.keys()
    assert [name for name, command in known.items() if command.write] == ["SET", "BLPOP"]
    assert [name for name, command in known.items() if command.readonly] == ["GET"]
    assert [name for name, command in known.items() if command.blocking] == ["BLPOP"]
    assert [name for name, command in known.items() if command.admin] == ["CONFIG GET"]
    assert [name for name, command in known.items() if command.pubsub] == ["PUBLISH"]
    assert [name for name, command in known.items() if not command.data_path] == ["CONFIG GET"]
    assert known["SET"].group == "string"


def test_a_command_no_engine_knows_is_not_found() -> None:
    assert commands.find("JSON.GET") is None
    assert commands.find("get") is None  # canonical names are upper case


@given(st.lists(st.binary(max_size=12), min_size=1, max_size=12))
def test_any_words_split_without_loss_and_keys_stand_inside(argv: list[bytes]) -> None:
    name, args = commands.split(argv)
    assert len(name.split(" ")) >= 1
    assert tuple(argv[-len(args) :] if args else ()) == args
    assert all(0 <= place < len(args) for place in commands.key_indexes(name, args))


@given(
    st.sampled_from(["EVAL", "XREAD", "XREADGROUP", "ZUNIONSTORE", "SORT", "GEORADIUS", "MIGRATE", "MSETEX", "LMPOP"]),
    st.lists(
        st.sampled_from([b"STREAMS", b"STORE", b"KEYS", b"1", b"2", b"-1", b"999999999999", b"k", b""]), max_size=9
    ),
)
def test_keys_stand_inside_the_arguments_however_odd_these_are(name: str, args: list[bytes]) -> None:
    places = commands.key_indexes(name, args)
    assert list(places) == sorted(set(places))
    assert all(0 <= place < len(args) for place in places)
