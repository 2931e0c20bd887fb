"""Lists of commands are split as redis-cli splits a line, and are not mistaken for other text."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.block import Block
from engine.traces.formats.commands import FORMAT, words_of
from engine.traces.formats.reader import About, Options
from tests.engine.traces.wrapping_making import unwrapped

WORDS = st.lists(st.binary(max_size=12), min_size=1, max_size=5)


def read(
    folder: Path, content: bytes, options: Options | None = None
) -> tuple[list[tuple[int, int, list[bytes]]], About]:
    """Time, database and words of each command."""
    with unwrapped(folder, content) as opened:
        reader = FORMAT.open(opened.members, options or Options(duration_s=10))
        rows = [
            row
            for block in reader.blocks()
            if isinstance(block, Block)
            for row in zip(block.t_us.tolist(), block.db.tolist(), block.words(), strict=True)
        ]
        return rows, reader.about


def double_quoted(word: bytes) -> bytes:
    return b'"' + b"".join(b"\\x%02x" % byte if byte in b'"\\\n' else bytes((byte,)) for byte in word) + b'"'


def single_quoted(word: bytes) -> bytes:
    return b"'" + word.replace(b"'", b"\\'") + b"'"


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (b"SET a 1", [b"SET", b"a", b"1"]),
        (b"  SET\ta   1 \r", [b"SET", b"a", b"1"]),
        (b'SET a "two words"', [b"SET", b"a", b"two words"]),
        (b'SET a ""', [b"SET", b"a", b""]),
        (rb'SET a "\x00\n\r\t\b\a\"\\\q\xZZ"', [b"SET", b"a", b'\x00\n\r\t\b\a"\\qxZZ']),
        (rb"SET a 'it\'s \n \x00'", [b"SET", b"a", rb"it's \n \x00"]),
        (b'SET a"b c" d', [b"SET", b"ab c", b"d"]),
        (b"SET \"a'b\" 'c\"d'", [b"SET", b"a'b", b'c"d']),
    ],
)
def test_words_are_split_as_redis_cli_does(line: bytes, words: list[bytes]) -> None:
    assert words_of(line) == words


@pytest.mark.parametrize(
    "line", [b'SET a "b', b"SET a 'b", b'SET "a"b', b"SET 'a'b", b'SET a "b\\"', b"SET 'a\\'", b'"']
)
def test_a_line_that_cannot_be_split_is_refused_with_its_number(tmp_path: Path, line: bytes) -> None:
    assert words_of(line) is None
    with pytest.raises(InputError, match="a quote is not closed") as caught:
        read(tmp_path, b"SET a 1\n\n" + line + b"\nSET b 2\n")
    assert (caught.value.source, caught.value.line) == ("mine", 3)


@settings(max_examples=100, deadline=None)
@given(WORDS)
def test_any_words_quoted_come_back(words: list[bytes]) -> None:
    assert words_of(b" ".join(map(double_quoted, words))) == words
    if not any(word.endswith(b"\\") or b"\\'" in word for word in words):
        assert words_of(b" ".join(map(single_quoted, words))) == words


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.binary(min_size=1, max_size=200) | st.text("ab \"'\\x0\n#", min_size=1, max_size=60).map(str.encode))
def test_arbitrary_bytes_end_in_nothing_but_an_input_error(tmp_path: Path, content: bytes) -> None:
    with contextlib.suppress(InputError):
        FORMAT.recognised(content)
        read(tmp_path, b"PING\n" + content)


def test_commands_are_spaced_evenly_and_run_in_the_selected_database(tmp_path: Path) -> None:
    content = b"# made by hand\nSET a 1\n\nSELECT 2\nGET a\r\nselect x\nPING"
    rows, about = read(tmp_path, content)
    assert rows == [
        (0, 0, [b"SET", b"a", b"1"]),
        (2_000_000, 2, [b"SELECT", b"2"]),
        (4_000_000, 2, [b"GET", b"a"]),
        (6_000_000, 2, [b"select", b"x"]),
        (8_000_000, 2, [b"PING"]),
    ]
    assert dict(about.skipped) == {"comment": 1, "empty line": 1}
    assert not about.has_clock
    assert "evenly over 10 s" in about.notes[0]


def test_without_a_duration_a_thousand_a_second_are_assumed_and_said(tmp_path: Path) -> None:
    rows, about = read(tmp_path, b"PING\n" * 3000, Options())
    assert [rows[0][0], rows[1][0], rows[-1][0]] == [0, 1000, 2_999_000]
    assert "1,000 a second, which is an assumption" in about.notes[0]


def test_blocks_follow_one_another(tmp_path: Path) -> None:
    rows, _ = read(tmp_path, b"".join(b"SET key:%d %d\n" % (n, n) for n in range(70_000)), Options(duration_s=70))
    assert [(row[0], row[2][2]) for row in rows] == [(n * 1000, b"%d" % n) for n in range(70_000)]


@pytest.mark.parametrize("content", [b"\n", b"# only this\n\n"])
def test_a_list_of_nothing_is_refused(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(InputError, match="there is no command"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "is_list"),
    [
        (b"SET a 1\n", True),
        (b'# a comment\n\nset user:7 "x y"\nhgetall h\n', True),
        (b"XGROUP CREATE s g $\nXADD s * a b\n", True),
        (b"SET a 1\n" * 10 + b"FOO.BAR x\n", True),
        (b"SET a 1\nFOO.BAR x\n", False),
        (b"just some text\nand more\n", False),
        (b"set the table\nfor the guests\nget everything ready now\n", False),
        (b"GET\nSET a\n", False),
        (b"1700000000,1,0,SET\n", False),
        (b'1700000000.000001 [0 127.0.0.1:5] "GET" "a"\n', False),
        (b"*1\r\n$4\r\nPING\r\n", False),
        (b"", False),
        (b"\x00\xff" * 50, False),
    ],
)
def test_a_list_is_recognised_by_what_the_engines_know(content: bytes, is_list: bool) -> None:
    assert FORMAT.recognised(content) is is_list
