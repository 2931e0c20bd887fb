"""Valkey's key-level trace becomes names, keys and sizes, and what it cannot tell is said."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.block import UNKNOWN, SizedBlock
from engine.traces.formats.reader import About, Options
from engine.traces.formats.unreadable import TRUNCATED, UNREADABLE
from engine.traces.formats.valkey_csv import FORMAT
from tests.fuzz.harness import InMemory, check, read_all

SAMPLE = b"""OK
1778474345309397,76,0,set,"key",WRITE,1,string,32,160
1778474345309400,77,0,get,"key",READ,1,string,32,160
1778474345309410,78,0,get,"gone",READ,0,none,0,0
1778474345309420,79,2,del,"key",DELETE,1,string,32,160
1778474345309430,80,0,xgroup|create,"a\\x00\\"b",WRITE,1,stream,32,48
"""


def _read(data: bytes, piece: int = 1 << 20) -> tuple[list[SizedBlock], About]:
    reader = FORMAT.open([InMemory(data, piece=piece)], Options())
    blocks = [block for block in reader.blocks() if isinstance(block, SizedBlock)]
    for block in blocks:
        check(block)
    return blocks, reader.about


def _keys(block: SizedBlock) -> list[bytes]:
    data, offsets = block.key_data.tobytes(), block.key_offsets.tolist()
    return [data[start:stop] for start, stop in pairwise(offsets)]


def test_each_column_of_the_sample_is_where_it_belongs() -> None:
    [block], about = _read(SAMPLE)
    assert [block.names[number] for number in block.cmd] == ["SET", "GET", "GET", "DEL", "XGROUP CREATE"]
    assert _keys(block) == [b"key", b"key", b"gone", b"key", b'a\0"b']
    assert block.t_us.tolist()[:2] == [1778474345309397, 1778474345309400]
    assert block.key_len.tolist() == [3, 3, 4, 3, 4]
    assert block.value_len.tolist() == [160, 0, 0, 0, 48]
    assert block.reply_len.tolist() == [UNKNOWN, 160, 0, UNKNOWN, UNKNOWN]
    assert set(block.ttl_ms.tolist()) == {UNKNOWN}
    assert set(block.conn.tolist()) == {0}
    assert about.skipped == {}


def test_hits_and_other_databases_are_noted() -> None:
    _, about = _read(SAMPLE)
    assert "The engine recorded hits: 50.0% of the reads of a key found it." in about.notes
    assert any(note.startswith("1 lines are of databases other than 0") for note in about.notes)


def test_a_header_row_and_doubled_quotes_are_understood() -> None:
    data = b'ts_us,seq,db,cmd,key,op,hit,type,keysize,valuesize\r\n10,1,0,get,"say ""hi"", you",READ,1,string,9,5\r\n'
    [block], about = _read(data)
    assert _keys(block) == [b'say "hi", you']
    assert about.skipped == {}


def test_a_size_that_is_not_there_is_unknown_and_not_zero() -> None:
    [block], _ = _read(b'10,1,0,set,"k",WRITE,1,string,,\n11,2,0,get,"k",READ,1,string,-1,-1\n')
    assert block.value_len.tolist() == [UNKNOWN, 0]
    assert block.reply_len.tolist() == [UNKNOWN, UNKNOWN]


@settings(max_examples=100, deadline=None)
@given(st.lists(st.binary(max_size=20), min_size=1, max_size=20), st.integers(1, 300))
def test_any_key_comes_back_as_it_was_however_the_file_is_cut(keys: list[bytes], piece: int) -> None:
    rows = [b'%d,%d,0,get,"%s",READ,1,string,8,9\n' % (number, number, _quoted(key)) for number, key in enumerate(keys)]
    blocks, _ = _read(b"".join(rows), piece)
    assert [key for block in blocks for key in _keys(block)] == keys
    assert [int(t) for block in blocks for t in block.t_us] == list(range(len(keys)))


def _quoted(key: bytes) -> bytes:
    """As the engines print strings."""
    known = {9: b"\\t", 10: b"\\n", 13: b"\\r", 7: b"\\a", 8: b"\\b", 34: b'\\"', 92: b"\\\\"}
    return b"".join(known.get(sign) or (b"%c" % sign if 32 <= sign < 127 else b"\\x%02x" % sign) for sign in key)


def test_a_line_cut_off_at_the_end_and_single_bad_lines_are_counted() -> None:
    [*_], about = _read(SAMPLE + b"nonsense\n" + b'1778474345309500,81,0,get,"k')
    assert about.skipped == {UNREADABLE: 1, TRUNCATED: 1}


def test_mostly_unreadable_lines_are_refused_at_the_first() -> None:
    with pytest.raises(InputError, match=re.escape("30 of 36 lines cannot be read")) as refused:
        _read(SAMPLE + b"nonsense\n" * 30)
    assert refused.value.line == 7


def test_times_that_go_back_are_put_right_within_a_second_and_refused_beyond() -> None:
    row = b'%d,1,0,get,"k",READ,1,string,8,9\n'
    [block], _ = _read(row % 2_000_000 + row % 1_500_000)
    assert block.t_us.tolist() == [2_000_000, 2_000_000]
    with pytest.raises(InputError, match="the time goes back"):
        _read(row % 2_000_000 + row % 500_000)


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(InputError, match="no access in the file"):
        _read(b"OK\n")


def test_it_is_recognised_by_its_first_lines() -> None:
    assert FORMAT.recognised(SAMPLE)
    assert FORMAT.recognised(b"ts_us,seq,db,cmd,key,access,hit,type,keysize,valuesize\n")
    assert not FORMAT.recognised(b"0,q:q:1:8WTfjZU14ee,17,213,4,get,0\n")
    assert not FORMAT.recognised(b'1718000000.123456 [0 127.0.0.1:50000] "GET" "user:7"\n')


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"\n", SAMPLE]))
def test_arbitrary_bytes_raise_nothing_but_the_readers_own_error(data: bytes, before: bytes) -> None:
    read_all(FORMAT, before + data)
