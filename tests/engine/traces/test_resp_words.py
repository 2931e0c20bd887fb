"""Arrays of bulk strings become columns of words; what is incomplete waits, what is wrong is named with its byte."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.traces.block import U8
from engine.traces.limits import MAX_COMMAND_WORDS, MAX_WORD_BYTES
from engine.traces.resp import kernels as resp_kernels
from engine.traces.resp.words import NO_TIME, OK, Place, Words, filled, measured
from tests.engine.traces.resp_writing import command, commands, encoded

ROWS = st.lists(st.lists(st.binary(max_size=30), min_size=1, max_size=6), max_size=8)


def buffer_of(content: bytes) -> U8:
    return np.frombuffer(content, np.uint8)


def words_of(words: Words) -> list[list[bytes]]:
    data, at = words.data.tobytes(), words.offsets.tolist()
    spans = zip(words.first[:-1].tolist(), words.first[1:].tolist(), strict=True)
    return [[data[at[place] : at[place + 1]] for place in range(*span)] for span in spans]


def read(content: bytes, *, selects: bool = True) -> list[list[bytes]]:
    buffer = buffer_of(content)
    measure = measured(buffer, selects=selects)
    assert (measure.error, measure.stop) == (OK, len(content))
    return words_of(filled(buffer, measure, Place(), selects=selects))


@settings(max_examples=100, deadline=None)
@given(ROWS)
def test_any_words_come_back_as_they_were(rows: list[list[bytes]]) -> None:
    assert read(encoded(rows), selects=False) == rows


@settings(max_examples=100, deadline=None)
@given(ROWS.filter(bool), st.data())
def test_a_cut_anywhere_leaves_the_commands_before_it(rows: list[list[bytes]], data: st.DataObject) -> None:
    ends = np.cumsum([len(command(*row)) for row in rows]).tolist()
    cut = data.draw(st.integers(0, ends[-1] - 1))
    measure = measured(buffer_of(encoded(rows)[:cut]), selects=False)
    whole = sum(end <= cut for end in ends)
    assert (measure.error, measure.commands, measure.stop) == (OK, whole, [0, *ends][whole])
    assert cut < measure.needed <= ends[whole]


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200) | st.text("*$#TS:0123-\r\nax", max_size=60).map(str.encode))
def test_arbitrary_bytes_are_measured_within_the_buffer(content: bytes) -> None:
    buffer = buffer_of(content)
    measure = measured(buffer)
    assert 0 <= measure.stop <= len(content)
    if measure.error != OK:
        assert 0 <= measure.at <= len(content)
    else:
        assert measure.needed > len(content)
    assert len(words_of(filled(buffer, measure, Place()))) == measure.commands


@pytest.mark.parametrize(
    ("content", "error", "at"),
    [
        (b"PING\r\n", resp_kernels.NO_ARRAY, 0),
        (b"*x\r\n", resp_kernels.BAD_NUMBER, 1),
        (b"*-1\r\n", resp_kernels.BAD_NUMBER, 1),
        (b"*\r\n", resp_kernels.BAD_NUMBER, 1),
        (b"*1\n$1\r\nx\r\n", resp_kernels.BAD_NUMBER, 2),
        (b"*1\rx", resp_kernels.BAD_NUMBER, 3),
        (b"*0\r\n", resp_kernels.TOO_MANY_WORDS, 0),
        (b"*%d\r\n" % (MAX_COMMAND_WORDS + 1), resp_kernels.TOO_MANY_WORDS, 0),
        (b"*99999999999999999999\r\n", resp_kernels.BAD_NUMBER, 11),
        (b"*1\r\n:1\r\n", resp_kernels.NO_BULK, 4),
        (b"*1\r\n$-1\r\n", resp_kernels.BAD_NUMBER, 5),
        (b"*1\r\n$%d\r\n" % (MAX_WORD_BYTES + 1), resp_kernels.TOO_LONG_WORD, 4),
        (b"*1\r\n$536870912\r\n", resp_kernels.TOO_LONG_WORD, 4),
        (b"*1\r\n$2\r\nabc\r\n", resp_kernels.NO_END, 10),
        (b"*1\r\n$2\r\nab\rx", resp_kernels.NO_END, 10),
        (b"#TS:12x\r\n", resp_kernels.BAD_NOTE, 0),
        (b"#TS:\r\n", resp_kernels.BAD_NOTE, 0),
        (b"#TS:999999999999\r\n", resp_kernels.BAD_NOTE, 0),
        (b"#" + b"x" * 2000, resp_kernels.BAD_NOTE, 0),
    ],
)
def test_what_is_wrong_is_named_with_its_byte(content: bytes, error: int, at: int) -> None:
    before = commands("SET a 1")
    measure = measured(buffer_of(before + content))
    assert (measure.commands, measure.stop) == (1, len(before))
    assert (measure.error, measure.at) == (error, len(before) + at)


def test_a_command_that_is_too_long_altogether_is_refused() -> None:
    word = b"$%d\r\n" % (33 << 20) + b"x" * (33 << 20) + b"\r\n"
    measure = measured(buffer_of(b"*3\r\n" + word + word))
    assert (measure.error, measure.at) == (resp_kernels.TOO_LONG_COMMAND, 0)


def test_a_select_says_where_the_others_run() -> None:
    content = commands("SET a 1", "SELECT 3", "SET b 2", "select 0", "GET c", "SELECT 12", "SELECT x", "SELECT 99999")
    buffer = buffer_of(content)
    measure = measured(buffer)
    place = Place(db=7)
    words = filled(buffer, measure, place)
    assert [(row[0], db) for row, db in zip(words_of(words), words.db.tolist(), strict=True)] == [
        (b"SET", 7),
        (b"SET", 3),
        (b"GET", 0),
        (b"SELECT", 12),  # of no database there can be: left for whoever reads the commands
        (b"SELECT", 12),
    ]
    assert (measure.selects, place.db) == (3, 12)


def test_selects_are_commands_like_others_when_asked() -> None:
    assert read(commands("SELECT 3", "GET a"), selects=False) == [[b"SELECT", b"3"], [b"GET", b"a"]]


def test_annotations_give_the_second_of_what_follows() -> None:
    content = commands("SET a 1") + b"#TS:100\r\n#other\n" + commands("SET b 2") + b"#TS:105\r\n" + commands("GET c")
    buffer = buffer_of(content)
    place = Place()
    words = filled(buffer, measured(buffer), place)
    assert words.second.tolist() == [NO_TIME, 100, 105]
    assert place.second == 105


def test_an_annotation_that_is_cut_off_waits() -> None:
    content = commands("SET a 1")
    measure = measured(buffer_of(content + b"#TS:100\r"))
    assert (measure.error, measure.stop, measure.needed) == (OK, len(content), len(content) + 9)


def test_the_last_transaction_is_found() -> None:
    multi = commands("SET a 1", "MULTI", "SET b 2", "EXEC")
    again = measured(buffer_of(multi + commands("multi", "SET c 3")))
    assert (again.multi_at, again.multi_command) == (len(multi), 4)
    assert again.exec_at == len(multi) - len(commands("EXEC"))
