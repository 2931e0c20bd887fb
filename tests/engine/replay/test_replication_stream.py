"""Every byte of a stream is attributed, and a missing one is an error."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from engine.errors import HeadroomError
from engine.replay import resp
from engine.replay.replication_stream import NO_KEY, Span, count_stream, count_until
from engine.replay.replication_tap import TapFiles

S = 1_000_000_000
COMMANDS = [
    [b"SELECT", b"0"],
    [b"SET", b"user:1", b"x" * 10],
    [b"MULTI"],
    [b"INCR", b"rate:7"],
    [b"EXEC"],
    [b"PING"],
    [b"REPLCONF", b"GETACK", b"*"],
    [b"DEL", b"user:1"],
]


@pytest.fixture
def tap(tmp_path: Path) -> TapFiles:
    files = TapFiles(tmp_path, 0)
    stream = b"".join(resp.command(words) for words in COMMANDS)
    files.stream.write_bytes(stream)
    np.array([[100 * S, len(stream) - 30], [102 * S, len(stream)]], dtype=np.int64).tofile(files.times)
    return files


def size(*numbers: int) -> int:
    return sum(len(resp.command(COMMANDS[number])) for number in numbers)


def test_protocol_is_kept_apart_from_the_workload(tap: TapFiles) -> None:
    counted = count_stream(tap, Span(base=1000, first=1000, last=1000 + size(*range(8)), started_clock_ns=100 * S))
    assert counted.protocol_bytes == size(0, 5, 6)
    assert counted.workload_bytes == size(1, 2, 3, 4, 7)
    assert counted.by_command == {"SET": size(1), "MULTI": size(2), "INCR": size(3), "EXEC": size(4), "DEL": size(7)}
    assert counted.by_family == {"user:{id}": size(1, 7), "rate:{id}": size(3), NO_KEY: size(2, 4)}
    assert counted.protocol_by_command == {"SELECT": size(0), "PING": size(5), "REPLCONF": size(6)}


def test_bytes_stand_in_the_second_they_came(tap: TapFiles) -> None:
    counted = count_stream(tap, Span(base=0, first=0, last=size(*range(8)), started_clock_ns=100 * S))
    assert counted.per_second == {0: size(1, 2, 3, 4), 2: size(7)}


def test_a_burst_is_what_one_note_of_time_covers_without_the_protocol(tap: TapFiles) -> None:
    counted = count_stream(tap, Span(base=0, first=0, last=size(*range(8)), started_clock_ns=100 * S))
    assert counted.burst_bytes == size(1, 2, 3, 4)


def test_what_came_before_the_replay_does_not_count(tap: TapFiles) -> None:
    counted = count_stream(tap, Span(base=0, first=size(0, 1), last=size(*range(8)), started_clock_ns=100 * S))
    assert counted.workload_bytes == size(2, 3, 4, 7)


def test_one_byte_too_few_is_an_error(tap: TapFiles) -> None:
    with pytest.raises(HeadroomError, match="offset grew"):
        count_stream(tap, Span(base=0, first=0, last=size(*range(8)) + 1, started_clock_ns=0))


def test_of_a_stream_that_was_cut_the_whole_commands_count(tap: TapFiles) -> None:
    stream = tap.stream.read_bytes()
    tap.stream.write_bytes(stream[:-3])
    counted = count_until(tap, Span(base=0, first=0, last=len(stream) - 3, started_clock_ns=100 * S))
    assert counted.bytes == size(*range(7))
