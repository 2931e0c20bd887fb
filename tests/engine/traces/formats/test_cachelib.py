"""CacheLib's kvcache traces are read by column names, and every repeat a row counts is an operation."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.formats.cachelib import FORMAT
from engine.traces.formats.reader import Options
from tests.engine.traces.formats.in_memory import read, rows, times

V1 = b"key,op,size,op_count,key_size\n"
V1_TTL = b"key,op,size,op_count,key_size,ttl\n"
V2 = b"op_time,key,key_size,op,op_count,size,cache_hits,ttl\n"
V3 = b"op_time,key,key_size,op,op_count,size,cache_hits,ttl,usecase,sub_usecase\n"


def test_the_first_header_has_no_clock_and_is_spread_evenly() -> None:
    blocks, about = read(FORMAT, V1 + b"7,GET,20,2,30\n8,SET,40,1,31\n9,DELETE,0,1,32\n", options=Options(duration_s=8))
    assert rows(blocks)[0] == ("GET", b"7", 30, 0, 20, -1)
    assert sorted(rows(blocks)) == [
        ("DEL", b"9", 32, 0, -1, -1),
        ("GET", b"7", 30, 0, 20, -1),
        ("GET", b"7", 30, 0, 20, -1),
        ("SET", b"8", 31, 40, -1, -1),
    ]
    assert times(blocks) == [0, 2_000_000, 4_000_000, 6_000_000]
    assert (about.key_sampling, about.has_clock) == (0.01, False)
    assert any("the duration given of 8 s" in note for note in about.notes)


def test_the_first_header_may_have_times_to_live() -> None:
    blocks, _ = read(FORMAT, V1_TTL + b"7,SET,20,1,30,5\n7,SET_LEASE,20,1,30,0\n7,SET,20,1,30,\n")
    assert [row[5] for row in rows(blocks)] == [5_000, -1, -1]


@pytest.mark.parametrize(("header", "more"), [(V2, b""), (V3, b",u1,s1")])
def test_later_headers_have_seconds_and_hits(header: bytes, more: bytes) -> None:
    assert FORMAT.recognised(header)
    lines = [b"100,k,10,GET_LEASE,3,500,2,0", b"101,k,10,SET,1,500,0,60"]
    blocks, about = read(FORMAT, header + b"".join(line + more + b"\n" for line in lines))
    found = rows(blocks)
    assert sorted(row[4] for row in found[:3]) == [0, 500, 500]
    assert found[3] == ("SET", b"k", 10, 500, -1, 60_000)
    assert [t // 1_000_000 for t in times(blocks)] == [100, 100, 100, 101]
    assert about.skipped.total() == 0


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(1, 9)), min_size=1, max_size=40),
    st.integers(1, 99),
)
def test_repeats_stay_in_their_second_and_first_ones_in_order(counts: list[tuple[int, int, int]], step: int) -> None:
    second, lines, expected = 0, [], {}
    for number, (later, size, count) in enumerate(counts):
        second += later
        lines.append(f"{second},key{number},4,GET,{count},{size},,\n")
        expected[f"key{number}".encode()] = (second, count)
    blocks, _ = read(FORMAT, V2 + "".join(lines).encode(), step=step)
    keys = [row[1] for row in rows(blocks)]
    assert list(dict.fromkeys(keys)) == list(expected)
    assert {key: keys.count(key) for key in expected} == {key: count for key, (_, count) in expected.items()}
    assert all(t // 1_000_000 == expected[key][0] for key, t in zip(keys, times(blocks), strict=True))
    assert times(blocks) == sorted(times(blocks))


def test_a_row_of_a_full_block_is_taken_and_a_larger_one_is_unreadable() -> None:
    blocks, about = read(FORMAT, V2 + b"1,k,1,GET,65536,1,0,0\n1,k,1,GET,65537,1,0,0\n1,k,1,GET,1,1,0,0\n")
    assert [len(block) for block in blocks] == [65_536, 1]
    assert about.skipped == {"unreadable line": 1}


def test_other_text_is_not_recognised() -> None:
    assert not any(
        map(FORMAT.recognised, [b"", b"key,op\n", b"0,k,1,2,3,get,0\n", b"key,op,size,op_count,key_size,op\n"])
    )


@settings(max_examples=100, deadline=None)
@given(st.sampled_from([b"", V1, V2]), st.lists(st.one_of(st.binary(max_size=20), st.just(b"1,k,1,GET,1,1,0,0\n"))))
def test_arbitrary_bytes_raise_nothing_else(header: bytes, pieces: list[bytes]) -> None:
    content = header + b"".join(pieces)
    FORMAT.recognised(content)
    try:
        read(FORMAT, content, step=33)
    except InputError as error:
        assert error.source == "trace"
