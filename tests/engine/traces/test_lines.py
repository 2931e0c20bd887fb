"""Whole lines come in pieces, with their place, in bounded memory."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.limits import BLOCK_BYTES, MAX_COMMAND_BYTES
from engine.traces.lines import line_blocks


@dataclass(frozen=True)
class Pieces:
    """A member that comes in these pieces."""

    pieces: Sequence[bytes]
    name: str = "mine"
    path: Path | None = None

    def head(self) -> bytes:
        return b"".join(self.pieces)[:100]

    def blocks(self) -> Iterator[bytes]:
        return iter(self.pieces)


@settings(max_examples=100, deadline=None)
@given(st.lists(st.text("ab\n", min_size=1, max_size=20).map(str.encode), max_size=12))
def test_pieces_are_whole_lines_with_their_offset_and_lose_nothing(pieces: list[bytes]) -> None:
    found = list(line_blocks(Pieces(pieces)))
    whole = b"".join(pieces)
    assert b"".join(piece for piece, _, _ in found) == whole
    assert all(whole.startswith(piece, offset) for piece, offset, _ in found)
    assert all(piece.endswith(b"\n") != unfinished for piece, _, unfinished in found)
    assert [unfinished for _, _, unfinished in found[:-1]] == [False] * (len(found) - 1) if found else not whole


def test_a_line_across_pieces_is_one() -> None:
    assert list(line_blocks(Pieces([b"one\ntw", b"o th", b"ree\nfour\nfi", b"ve"]))) == [
        (b"one\n", 0, False),
        (b"two three\nfour\n", 4, False),
        (b"five", 19, True),
    ]


@pytest.mark.parametrize("end", [b"", b"\nmore\n"], ids=["no end", "an end"])
def test_a_line_that_is_too_long_is_refused_with_its_number(end: bytes) -> None:
    blocks = [b"x" * BLOCK_BYTES] * (MAX_COMMAND_BYTES // BLOCK_BYTES)
    with pytest.raises(InputError, match="longer than 64 MiB") as caught:
        list(line_blocks(Pieces([b"a\nb\nc", *blocks, b"y" + end])))
    assert (caught.value.source, caught.value.line) == ("mine", 3)


def test_a_line_as_long_as_the_limit_is_taken() -> None:
    blocks = [b"x" * BLOCK_BYTES] * (MAX_COMMAND_BYTES // BLOCK_BYTES)
    ((piece, offset, unfinished),) = line_blocks(Pieces([*blocks, b"\n"]))
    assert (len(piece), offset, unfinished) == (MAX_COMMAND_BYTES + 1, 0, False)
