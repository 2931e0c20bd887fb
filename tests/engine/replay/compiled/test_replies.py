"""Replies are found in received bytes however they are cut; hiredis is the judge."""

from __future__ import annotations

from itertools import pairwise

import hiredis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.replay.compiled.replies import MESSAGE, NIL, next_event
from engine.replay.compiled.tables import make_state

STATE = make_state()

lines = st.text("abc XYZ", max_size=12).map(str.encode)
scalars = st.one_of(
    lines.map(lambda text: b"+" + text + b"\r\n"),
    lines.map(lambda text: b"-ERR" + text + b"\r\n"),
    st.integers(-(1 << 60), 1 << 60).map(lambda number: b":%d\r\n" % number),
    st.binary(max_size=40).map(lambda data: b"$%d\r\n%b\r\n" % (len(data), data)),
    st.sampled_from([b"$-1\r\n", b"*-1\r\n", b"*0\r\n", b"_\r\n", b"#t\r\n", b",1.5\r\n", b"(123\r\n"]),
)


def array(items: list[bytes]) -> bytes:
    return b"*%d\r\n" % len(items) + b"".join(items)


replies = st.recursive(scalars, lambda inner: st.lists(inner, max_size=4).map(array), max_leaves=12)


def scan(data: bytes, cuts: list[int]) -> tuple[int, int]:
    """How many whole replies and how many errors are found when the bytes come in pieces."""
    STATE["scan_todo"][0] = STATE["scan_skip"][0] = STATE["scan_kind"][0] = 0
    edges = sorted({0, len(data), *(cut % (len(data) + 1) for cut in cuts)})
    whole = errors = 0
    for first, last in pairwise(edges):
        STATE["received"][: last - first] = np.frombuffer(data[first:last], dtype=np.uint8)
        at = 0
        while at < last - first:
            at = next_event(STATE, 0, at, last - first)
            assert not STATE["scan_broken"][0]
            whole += STATE["scan_whole"][0] not in (0, MESSAGE)
            errors += STATE["scan_error"][0]
    return int(whole), int(errors)


def errors_in(reply: object) -> int:
    if isinstance(reply, list):
        return sum(errors_in(item) for item in reply)
    return isinstance(reply, hiredis.ReplyError)


@given(st.lists(replies, max_size=6), st.lists(st.integers(0, 1 << 16), max_size=8))
def test_replies_and_errors_are_those_hiredis_finds(sent: list[bytes], cuts: list[int]) -> None:
    reader = hiredis.Reader()
    reader.feed(b"".join(sent))
    parsed = [reader.gets() for _ in sent]
    assert scan(b"".join(sent), cuts) == (len(sent), sum(map(errors_in, parsed)))


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"%2\r\n+a\r\n:1\r\n+b\r\n*2\r\n:1\r\n:2\r\n", (1, 0)),
        (b"~3\r\n:1\r\n:2\r\n:3\r\n", (1, 0)),
        (b"=7\r\ntxt:abc\r\n", (1, 0)),
        (b"!7\r\nERR abc\r\n+OK\r\n", (2, 1)),
        (b">2\r\n+message\r\n+x\r\n+OK\r\n", (1, 0)),  # a message is no reply
        (b">3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", (1, 0)),  # a confirmation is one
        (b"|1\r\n+ttl\r\n:3\r\n:7\r\n", (1, 0)),  # attributes stand before the reply they describe
        (b"*2\r\n-ERR one\r\n*1\r\n-ERR two\r\n", (1, 2)),
    ],
)
def test_what_resp3_adds_is_understood(data: bytes, found: tuple[int, int]) -> None:
    assert scan(data, []) == scan(data, list(range(len(data)))) == found


def test_messages_are_told_from_confirmations_and_measured() -> None:
    message = b">3\r\n$7\r\nmessage\r\n$1\r\na\r\n$5\r\nhello\r\n"
    STATE["scan_todo"][0] = STATE["scan_skip"][0] = STATE["scan_kind"][0] = 0
    sizes = []
    for piece in (b"+OK\r\n" + message[:20], message[20:] + message):
        STATE["received"][: len(piece)] = np.frombuffer(piece, dtype=np.uint8)
        at = 0
        while at < len(piece):
            at = next_event(STATE, 0, at, len(piece))
            if STATE["scan_whole"][0] == MESSAGE:
                sizes.append(int(STATE["scan_size"][0]))
    assert sizes == [len(message)] * 2


@pytest.mark.parametrize(
    ("data", "null"), [(b"*-1\r\n", 1), (b"_\r\n", 1), (b"$-1\r\n", 1), (b"*0\r\n", 0), (b"*1\r\n$-1\r\n", 0)]
)
def test_a_reply_that_is_nil_is_told_from_one_that_holds_nil(data: bytes, null: int) -> None:
    scan(data, [])
    assert (STATE["scan_whole"][0] == NIL) == null


def test_the_text_of_an_error_is_kept() -> None:
    scan(b"-MOVED 7 127.0.0.1:6379\r\n", [3])
    assert STATE["text"][0, : STATE["scan_length"][0]].tobytes() == b"MOVED 7 127.0.0.1:6379"


def test_what_is_no_resp_is_seen_at_once() -> None:
    STATE["scan_todo"][0] = STATE["scan_skip"][0] = STATE["scan_kind"][0] = 0
    STATE["received"][:9] = np.frombuffer(b"HTTP/1.1\n", dtype=np.uint8)
    next_event(STATE, 0, 0, 9)
    assert STATE["scan_broken"][0]
