"""oracleGeneral records come back as they were written, and nothing else is taken for them."""

from __future__ import annotations

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.formats.oracle_general import FORMAT
from tests.engine.traces.formats.in_memory import read, rows, times

Request = tuple[int, int, int]
requests = st.lists(
    st.tuples(st.integers(0, 3), st.one_of(st.integers(0, 5), st.integers(0, (1 << 64) - 1)), st.integers(1, 1 << 20)),
    min_size=2,
    max_size=80,
)


def written(listed: list[Request]) -> bytes:
    """A file of (time, object, size), with the next request of each object."""
    following: dict[int, int] = {}
    packed = []
    for index, (time, thing, size) in reversed(list(enumerate(listed))):
        packed.append(struct.pack("<IQIq", time, thing, size, following.get(thing, -1)))
        following[thing] = index
    return b"".join(reversed(packed))


@settings(max_examples=80, deadline=None)
@given(requests, st.integers(1, 100))
def test_what_is_written_is_recognised_and_read_back(steps: list[Request], step: int) -> None:
    time, listed = 0, []
    for later, thing, size in steps:
        time += later
        listed.append((time, thing, size))
    content = written(listed)
    assert FORMAT.recognised(content)
    blocks, about = read(FORMAT, content, step=step)
    assert rows(blocks) == [("GET", b"%016x" % thing, -1, 0, size, -1) for _, thing, size in listed]
    assert [t // 1_000_000 for t in times(blocks)] == [time for time, _, _ in listed]
    assert about.skipped.total() == 0


def test_a_cut_off_record_is_left_out_and_noted() -> None:
    blocks, about = read(FORMAT, written([(1, 2, 3), (1, 2, 3)])[:-1])
    assert len(rows(blocks)) == 1
    assert about.skipped == {"truncated last record": 1}
    assert "cut off after 23 of 24 bytes" in about.notes[0]


@pytest.mark.parametrize(
    ("broken", "problem"),
    [
        (struct.pack("<IQIq", 3, 1, 1, -1), "byte 24: the time goes back to 3 s"),
        (struct.pack("<IQIq", 9, 1, 1 << 30, -1), "byte 24: an object has 1,073,741,824 bytes"),
        (struct.pack("<IQIq", 9, 1, 1, 1), "byte 24: the next request of the object is given as number 1"),
    ],
)
def test_an_impossible_record_is_refused_at_its_byte(broken: bytes, problem: str) -> None:
    content = struct.pack("<IQIq", 9, 1, 1, -1) + broken
    assert not FORMAT.recognised(content)
    with pytest.raises(InputError, match=problem):
        read(FORMAT, content)


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(min_codepoint=9, max_codepoint=126), min_size=48, max_size=240))
def test_text_is_never_taken_for_it(text: str) -> None:
    printable = "".join(char if char >= " " else "\n" for char in text)
    content = printable.encode()[: len(printable) // 24 * 24]
    lines_only = set(content) == {10}
    assert not FORMAT.recognised(content) or lines_only


@pytest.mark.parametrize(
    "content", [b"", b"\0" * 480, b"\n" * 480, b"\xff" * 480, b"REDIS0011" * 80, b"\xd4\xc3\xb2\xa1" * 60]
)
def test_other_contents_are_not_taken_for_it(content: bytes) -> None:
    assert not FORMAT.recognised(content)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_arbitrary_bytes_raise_nothing_else(content: bytes) -> None:
    FORMAT.recognised(content)
    try:
        read(FORMAT, content, step=7)
    except InputError as error:
        assert error.source == "trace"
