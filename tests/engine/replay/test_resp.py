"""The wire form of commands."""

from __future__ import annotations

import hiredis
from hypothesis import given
from hypothesis import strategies as st

from engine.replay import resp

WORDS = st.lists(st.binary(max_size=200), min_size=1, max_size=12)


def test_a_command_is_an_array_of_bulk_strings() -> None:
    assert resp.command([b"SET", b"k", b""]) == b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n"


def test_the_length_is_the_header_and_each_word_with_its_own() -> None:
    # *3 CRLF = 4; $3 SET = 9; $5 key:1 = 11; $100 and the value = 108
    assert resp.length([b"SET", b"key:1", b"x" * 100]) == 4 + 9 + 11 + 108


def test_container_commands_become_two_words() -> None:
    assert resp.words_of("XGROUP CREATE", (b"s", b"g", b"$")) == [b"XGROUP", b"CREATE", b"s", b"g", b"$"]


@given(WORDS)
def test_length_is_the_length_of_what_is_sent(words: list[bytes]) -> None:
    assert resp.length(words) == len(resp.command(words))


@given(WORDS)
def test_a_parser_reads_back_what_was_written(words: list[bytes]) -> None:
    reader = hiredis.Reader()
    reader.feed(resp.command(words))
    assert reader.gets() == words
