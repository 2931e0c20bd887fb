"""A TCP stream comes back in order: late, repeated and overlapping segments cost nothing, holes are noticed."""

from __future__ import annotations

import random

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.traces.capture.stream import Piece, Stream
from engine.traces.limits import HOLE_PACKETS, HOLE_US, MAX_OUT_OF_ORDER_PACKETS

_ISN = 0xFFFF_FFF0


def _stream() -> Stream:
    stream = Stream()
    stream.begin(_ISN)
    return stream


def _take(stream: Stream, at: int, data: bytes, t_us: int = 0) -> list[Piece]:
    return stream.take(t_us, _ISN + at & 0xFFFF_FFFF, data, len(data), None)


@settings(max_examples=100, deadline=None)
@given(st.binary(min_size=1, max_size=400), st.integers(1, 60), st.integers(0, 2**32))
def test_shuffled_repeated_and_overlapping_segments_give_the_same_bytes(data: bytes, size: int, seed: int) -> None:
    chance = random.Random(seed)
    segments = [(at, data[at : at + size + chance.randrange(20)]) for at in range(0, len(data), size)]
    segments += chance.sample(segments, len(segments) // 2)
    chance.shuffle(segments)
    stream = _stream()
    pieces = [piece for at, part in segments for piece in _take(stream, at, part)]
    assert b"".join(piece.data for piece in pieces) == data
    assert all(piece.lost == 0 for piece in pieces)
    assert stream.held_bytes == 0


def test_what_waited_behind_a_hole_counts_from_when_the_hole_was_filled() -> None:
    stream = _stream()
    assert _take(stream, 0, b"ab", 10) == [Piece(10, b"ab", 0, None)]
    assert _take(stream, 4, b"ef", 20) == []
    assert _take(stream, 2, b"cd", 30) == [Piece(30, b"cd", 0, None), Piece(30, b"ef", 0, None)]


def test_a_hole_is_lost_after_its_time_and_what_follows_keeps_its_own_time() -> None:
    stream = _stream()
    assert _take(stream, 4, b"ef", 20) == []
    assert stream.late(20 + HOLE_US) == []
    assert stream.late(21 + HOLE_US) == [Piece(20, b"ef", 4, None)]


def test_a_hole_the_receiver_acknowledged_is_lost_after_some_packets() -> None:
    stream = _stream()
    stream.acked = 6
    assert _take(stream, 4, b"ef", 20) == []
    late = [stream.late(20) for _ in range(HOLE_PACKETS)]
    assert [pieces for pieces in late if pieces] == [[Piece(20, b"ef", 4, None)]]


def test_no_more_is_held_behind_a_hole_than_the_limit() -> None:
    stream = _stream()
    pieces = [piece for at in range(MAX_OUT_OF_ORDER_PACKETS + 1) for piece in _take(stream, 4 + at, b"x")]
    assert len(pieces) == MAX_OUT_OF_ORDER_PACKETS + 1
    assert pieces[0].lost == 4
    assert stream.held_bytes == 0


def test_bytes_the_capture_cut_off_are_a_hole_at_once() -> None:
    stream = _stream()
    pieces = stream.take(5, _ISN, b"abc", 10, None)
    assert pieces == [Piece(5, b"abc", 0, None), Piece(5, b"", 7, None)]
    assert stream.position == 10
