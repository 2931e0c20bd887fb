"""Twitter's cache traces become commands with sizes; lines that cannot be read are left out within limits."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.formats.twitter import COMMANDS, FORMAT
from tests.engine.traces.formats.in_memory import read, rows, times

CLUSTER_52 = (  # the beginning of the published trace
    b"0,q:q:1:8WTfjZU14ee,17,213,4,get,0\n"
    b"0,yDqF:3q:1AJrrJ1nnCJKKrnGx1A,27,27,5,get,0\n"
    b"0,q:q:1:8WTw2gCuJe8,17,720,6,get,0\n"
)
GOOD = b"5,k,1,2,3,get,0\n"


def test_the_head_of_cluster_52_is_read_exactly() -> None:
    assert FORMAT.recognised(CLUSTER_52)
    blocks, about = read(FORMAT, CLUSTER_52)
    assert rows(blocks) == [
        ("GET", b"q:q:1:8WTfjZU14ee", 17, 0, 213, -1),
        ("GET", b"yDqF:3q:1AJrrJ1nnCJKKrnGx1A", 27, 0, 27, -1),
        ("GET", b"q:q:1:8WTw2gCuJe8", 17, 0, 720, -1),
    ]
    assert [block.conn.tolist() for block in blocks] == [[0, 1, 2]]
    assert all(0 <= t < 1_000_000 for t in times(blocks))
    assert (about.skipped.total(), about.clock_resolution_us, about.has_clock) == (0, 1_000_000, False)
    assert "get became GET (3)" in about.notes[0]


def test_writes_carry_their_value_and_time_to_live() -> None:
    lines = b"7,a,1,50,c,set,60\r\n7,a,1,50,d,add,0\n8,a,1,8,c,incr,60\n8,a,1,9,c,append,0\n9,a,1,0,c,delete,0"
    blocks, about = read(FORMAT, lines)
    assert rows(blocks) == [
        ("SET", b"a", 1, 50, -1, 60_000),
        ("SET", b"a", 1, 50, -1, -1),
        ("INCRBY", b"a", 1, 8, -1, -1),
        ("APPEND", b"a", 1, 9, -1, -1),
        ("DEL", b"a", 1, 0, -1, -1),
    ]
    assert [t // 1_000_000 for t in times(blocks)] == [7, 7, 8, 8, 9]
    assert [conn for block in blocks for conn in block.conn.tolist()] == [0, 1, 0, 0, 0]
    assert "add became SET without its condition NX (1)" in about.notes[0]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.text("abc:{}%é", max_size=12),
            st.integers(0, 10**6),
            st.integers(0, 10**6),
            st.sampled_from(sorted(COMMANDS)),
        ),
        min_size=1,
        max_size=60,
    ),
    st.integers(1, 200),
)
def test_any_trace_is_read_whole_however_it_is_cut(requests: list[tuple[int, str, int, int, str]], step: int) -> None:
    second, lines, expected = 0, [], []
    for later, key, key_size, size, operation in requests:
        second += later
        lines.append(f"{second},{key},{key_size},{size},9,{operation},0\n")
        expected.append((COMMANDS[operation], key.encode(), key_size))
    blocks, about = read(FORMAT, "".join(lines).encode(), step=step)
    assert [row[:3] for row in rows(blocks)] == expected
    assert times(blocks) == sorted(times(blocks))
    assert about.skipped.total() == 0


def test_a_few_unreadable_lines_are_left_out_and_named() -> None:
    bad = b"5,k,1,2,3,fly,0\n5,a,b,1,2,3,get,0\nx,k,1,2,3,get,0\n\n5,k,1,2,3,get"
    blocks, about = read(FORMAT, GOOD + bad)
    assert len(rows(blocks)) == 1
    assert about.skipped == {"unreadable line": 3, "empty line": 1, "truncated last line": 1}
    assert about.notes[0] == "Unreadable lines were left out: 2, 3, 4."


def test_too_many_unreadable_lines_are_refused_with_the_first() -> None:
    with pytest.raises(InputError, match=r"trace, line 2: 21 of 22 lines") as refused:
        read(FORMAT, GOOD + b"junk\n" * 21)
    assert "seven columns" in str(refused.value)


def test_times_that_go_back_are_refused() -> None:
    with pytest.raises(InputError, match=r"line 2: the time goes back from 5 s to 3 s"):
        read(FORMAT, GOOD + b"3,k,1,2,3,get,0\n")


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.binary(max_size=30), st.just(GOOD), st.just(b","), st.just(b"\n"))), st.integers(1, 50))
def test_arbitrary_bytes_raise_nothing_else(pieces: list[bytes], step: int) -> None:
    content = b"".join(pieces)
    FORMAT.recognised(content)
    try:
        read(FORMAT, content, step=step)
    except InputError as error:
        assert error.source == "trace"
