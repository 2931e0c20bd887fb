"""The end of a snapshot is found by its checksum, over any cut into pieces, or by the zeros in its place."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.snapshots.end import snapshot_end
from tests.engine.traces.resp_writing import commands

PREAMBLE = (Path(__file__).parents[2] / "data" / "aof" / "redis_rdb-preamble.aof").read_bytes()
END = 117  # 0xFF at 108 and eight bytes of checksum: the commands begin at the star there
SNAPSHOT, COMMANDS = PREAMBLE[:END], PREAMBLE[END:]
UNCHECKED = SNAPSHOT[:-8] + bytes(8)


@dataclass(frozen=True)
class Cut:
    """A member that comes in pieces of this size."""

    content: bytes
    size: int = 1 << 20
    name: str = "mine"
    path: Path | None = None

    def head(self) -> bytes:
        return self.content[:100]

    def blocks(self) -> Iterator[bytes]:
        return (self.content[at : at + self.size] for at in range(0, len(self.content), self.size))


def test_the_snapshot_of_a_real_file_ends_where_its_commands_begin() -> None:
    assert (PREAMBLE[END - 9], PREAMBLE[END : END + 4]) == (0xFF, b"*2\r\n")
    assert snapshot_end(Cut(PREAMBLE)) == END


def test_a_snapshot_alone_ends_where_the_file_ends() -> None:
    assert snapshot_end(Cut(SNAPSHOT)) == END
    assert snapshot_end(Cut(UNCHECKED)) == END


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 200), st.booleans(), st.binary(max_size=300))
def test_it_is_found_however_the_file_is_cut_into_pieces(size: int, checked: bool, rest: bytes) -> None:
    after = COMMANDS + (rest if checked else b"")
    assert snapshot_end(Cut((SNAPSHOT if checked else UNCHECKED) + after, size)) == END


def test_a_right_checksum_is_preferred_to_zeros_that_look_like_an_end() -> None:
    """A value of 0xFF, eight zeros and a command inside the snapshot: the checksum comes later and tells."""
    disguise = b"REDIS0010" + b"\xff" + bytes(8) + commands("SET a 1") + b"\xff"
    content = disguise + checksum(disguise).to_bytes(8, "little")
    assert snapshot_end(Cut(content + COMMANDS)) == len(content)


def checksum(content: bytes) -> int:
    """CRC-64 Jones bit by bit, as its definition has it: reflected, from 0, with nothing added at the end."""
    crc = 0
    for byte in content:
        for bit in range(8):
            top = (crc ^ byte >> bit) & 1
            crc = crc >> 1 ^ (0x95AC9329AC4BC9B5 if top else 0)
    return crc


def test_the_checksum_has_the_published_check_value() -> None:
    """The value Redis states for "123456789" in crc64.c."""
    assert checksum(b"123456789") == 0xE9C6D914C4B8D9CA


@pytest.mark.parametrize("content", [SNAPSHOT[:-1], SNAPSHOT[:20], random.Random(3).randbytes(5000), b"REDIS"])
def test_a_snapshot_without_end_is_refused_with_where_the_file_ends(content: bytes) -> None:
    with pytest.raises(InputError, match="has no end") as caught:
        snapshot_end(Cut(content))
    assert (caught.value.source, caught.value.offset) == ("mine", len(content))


def test_a_wrong_checksum_is_no_end() -> None:
    with pytest.raises(InputError, match="no end with a right checksum"):
        snapshot_end(Cut(SNAPSHOT[:-1] + b"\x01" + COMMANDS))
