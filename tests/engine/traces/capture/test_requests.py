"""Commands come out of a client's bytes as they went in, however they are cut, and damage costs as little as it can."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.traces.capture.requests import RequestParser, Words, begins_command
from engine.traces.limits import MAX_WORD_BYTES
from tests.engine.traces.capture.conversing import request

_words = st.lists(st.binary(max_size=40), min_size=1, max_size=5).map(lambda words: [b"SET", *words])


def _fed(*parts: bytes) -> tuple[list[Words], int]:
    parser = RequestParser()
    return [words for part in parts for words in parser.feed(part)], parser.damage


def _cut(data: bytes, places: Sequence[int]) -> list[bytes]:
    edges = sorted({0, len(data), *(place % (len(data) + 1) for place in places)})
    return [data[start:stop] for start, stop in pairwise(edges)]


@settings(max_examples=100, deadline=None)
@given(st.lists(_words, min_size=1, max_size=6), st.lists(st.integers(0, 4_000), max_size=12))
def test_any_cut_gives_the_same_commands(commands: list[list[bytes]], places: list[int]) -> None:
    data = b"".join(request(*words) for words in commands)
    assert _fed(*_cut(data, places)) == (commands, 0)


def test_inline_commands_are_split_and_unquoted_as_the_engines_do() -> None:
    commands, damage = _fed(b'PING\r\n\r\nset \'a b\' "c\\x41\\n\\""\n')
    assert commands == [[b"PING"], [b"set", b"a b", b'cA\n"']]
    assert damage == 0


def test_an_inline_value_may_be_of_any_bytes() -> None:
    assert _fed("SET straße größe\r\n".encode()) == ([[b"SET", "straße".encode(), "größe".encode()]], 0)


def test_an_empty_array_is_no_command() -> None:
    assert _fed(b"*0\r\n*-1\r\n" + request(b"PING")) == ([[b"PING"]], 0)


def test_bytes_of_another_kind_are_passed_over_to_the_next_command() -> None:
    commands, damage = _fed(request(b"GET", b"a"), b"\xff\xfe garbage *x\r\n", request(b"GET", b"b"))
    assert commands == [[b"GET", b"a"], [b"GET", b"b"]]
    assert damage == 1


def test_a_hole_inside_a_value_costs_that_command_only() -> None:
    parser = RequestParser()
    data = request(b"SET", b"k", b"x" * 100)
    first = [*parser.feed(data[:40]), *parser.gap(50), *parser.feed(data[90:] + request(b"GET", b"k"))]
    assert first == [None, [b"GET", b"k"]]
    assert parser.damage == 0


def test_a_hole_that_ends_with_the_command_completes_it_at_once() -> None:
    parser = RequestParser()
    data = request(b"SET", b"k", b"x" * 100)
    assert list(parser.feed(data[:60])) == []
    assert list(parser.gap(len(data) - 60)) == [None]
    assert list(parser.feed(request(b"GET", b"k"))) == [[b"GET", b"k"]]


def test_a_hole_across_commands_goes_on_at_the_next_whole_one() -> None:
    parser = RequestParser()
    data = request(b"SET", b"k", b"x" * 100)
    assert list(parser.feed(data[:60])) == []
    assert list(parser.gap(1_000)) == []
    rest = b"yyyy\r\n$1\r\n1\r\n" + request(b"GET", b"k")
    assert [words for part in (rest[:17], rest[17:]) for words in parser.feed(part)] == [[b"GET", b"k"]]
    assert parser.damage == 1


def test_a_word_larger_than_the_limit_is_passed_over_without_being_held() -> None:
    parser = RequestParser()
    size = MAX_WORD_BYTES + 1
    assert list(parser.feed(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$%d\r\n" % size)) == []
    megabyte = bytes(1 << 20)
    for _ in range(size >> 20):
        assert list(parser.feed(megabyte)) == []
        assert parser.held_bytes <= 1 << 20
    assert list(parser.feed(b"x\r\n" + request(b"PING"))) == [None, [b"PING"]]


def test_absurd_headers_are_damage_and_not_memory() -> None:
    for header in (
        b"*99999999999\r\n",
        b"*2\r\n$-5\r\n",
        b"*2\r\n$9999999999999999\r\n",
        b"*1\r\n:1\r\n",
        b"*" + b"1" * 99,
    ):
        commands, damage = _fed(header, request(b"GET", b"a"))
        assert commands == [[b"GET", b"a"]]
        assert damage == 1


def test_a_start_of_a_command_is_told_from_a_reply() -> None:
    assert begins_command(b"*2\r\n$3\r\nGET\r\n$1\r\nk\r\n")
    assert not begins_command(b"*2\r\n$3\r\nGETX\r\n")
    assert not begins_command(b"*2\r\n:1\r\n:2\r\n")
    assert not begins_command(b"$3\r\nGET\r\n")
