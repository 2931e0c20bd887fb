"""The length of every reply of RESP2 and RESP3 is known to the byte, whatever it is made of and however it is cut."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.traces.capture.replies import ReplyParser

EVERY_KIND = (
    b"+OK\r\n",
    b"-ERR no\r\n",
    b":42\r\n",
    b"$5\r\nhello\r\n",
    b"$0\r\n\r\n",
    b"$-1\r\n",
    b"*-1\r\n",
    b"*0\r\n",
    b"*3\r\n:1\r\n$1\r\na\r\n*1\r\n+b\r\n",
    b"_\r\n",
    b",3.25\r\n",
    b"#t\r\n",
    b"(3492890328409238509324850943850943825024385\r\n",
    b"!9\r\nERR wrong\r\n",
    b"=7\r\ntxt:abc\r\n",
    b"%2\r\n+a\r\n:1\r\n+b\r\n:2\r\n",
    b"~2\r\n+a\r\n+b\r\n",
    b">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n",
    b"|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n",
    b"*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n",
    b"$?\r\n;4\r\nHell\r\n;1\r\no\r\n;0\r\n",
    b"*?\r\n:1\r\n*1\r\n:2\r\n.\r\n",
    b"%?\r\n+a\r\n:1\r\n.\r\n",
)

_leaves = st.sampled_from(
    [b"+OK\r\n", b":7\r\n", b"$-1\r\n", b"_\r\n", b"#f\r\n", b",1.5\r\n", b"(12345678901234567890\r\n"]
) | st.binary(max_size=30).map(lambda data: b"$%d\r\n%s\r\n" % (len(data), data))


def _aggregate(inner: st.SearchStrategy[bytes]) -> st.SearchStrategy[bytes]:
    many = st.lists(inner, max_size=4)
    return (
        st.builds(
            lambda sign, items: sign + b"%d\r\n" % len(items) + b"".join(items), st.sampled_from([b"*", b"~"]), many
        )
        | many.map(lambda items: b"%%%d\r\n" % len(items) + b"".join(b"+k\r\n" + item for item in items))
        | many.map(lambda items: b"*?\r\n" + b"".join(items) + b".\r\n")
        | inner.map(lambda item: b"|1\r\n+meta\r\n:1\r\n" + item)
    )


_replies = st.recursive(_leaves, _aggregate, max_leaves=8)


@pytest.mark.parametrize("reply", EVERY_KIND)
def test_a_reply_of_each_kind_is_as_long_as_it_is(reply: bytes) -> None:
    found = list(ReplyParser().feed(reply + b"+next\r\n"))
    assert [one.length for one in found] == [len(reply), 7]
    assert found[0].head == reply[:96]


@settings(max_examples=100, deadline=None)
@given(st.lists(_replies, min_size=1, max_size=5), st.integers(1, 50))
def test_any_cut_gives_the_same_lengths(replies: list[bytes], size: int) -> None:
    data, parser = b"".join(replies), ReplyParser()
    parts = [data[at : at + size] for at in range(0, len(data), size)]
    found = [one.length for part in parts for one in parser.feed(part)]
    assert found == [len(reply) for reply in replies]
    assert parser.between


@pytest.mark.parametrize("reply", EVERY_KIND)
def test_a_reply_alone_in_a_packet_and_one_byte_at_a_time(reply: bytes) -> None:
    assert [one.length for one in ReplyParser().feed(reply)] == [len(reply)]
    parser = ReplyParser()
    assert [one.length for at in range(len(reply)) for one in parser.feed(reply[at : at + 1])] == [len(reply)]


def test_a_large_reply_is_not_held() -> None:
    parser, megabyte = ReplyParser(), bytes(1 << 20)
    assert list(parser.feed(b"$%d\r\n" % (100 << 20))) == []
    for _ in range(100):
        assert list(parser.feed(megabyte)) == []
        assert parser.held_bytes < 1_000
    assert [one.length for one in parser.feed(b"\r\n")] == [(100 << 20) + 14]


def test_a_hole_inside_a_string_is_passed_over_exactly() -> None:
    parser = ReplyParser()
    assert list(parser.feed(b"*2\r\n$100\r\nabc")) == []
    assert list(parser.gap(99)) == []
    assert [one.length for one in parser.feed(b"$1\r\nx\r\n")] == [4 + 6 + 102 + 7]


def test_a_hole_that_ends_a_reply_completes_it() -> None:
    parser = ReplyParser()
    assert list(parser.feed(b"$100\r\nabc")) == []
    assert [one.length for one in parser.gap(99)] == [6 + 102]
    assert parser.between


@pytest.mark.parametrize(
    "bad", [b"HTTP/1.1 200 OK\r\n", b"$12x\r\n", b";3\r\n", b".\r\n", b"*1\r\n" * 200, b"$2\r\nabcd", b"\r\n"]
)
def test_what_is_no_reply_loses_the_thread_until_told_where_one_begins(bad: bytes) -> None:
    parser = ReplyParser()
    assert list(parser.feed(bad)) == []
    assert parser.lost
    assert list(parser.feed(b"+OK\r\n")) == []
    parser.restart()
    assert [one.length for one in parser.feed(b"+OK\r\n")] == [5]
