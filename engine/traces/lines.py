"""Whole lines of a member, as many at a time as come in one piece, in one object: splitting them is the reader's affair.

A line is held in memory until its newline comes, and refused when it gets longer than the limit.
"""

from __future__ import annotations

from collections.abc import Iterator

from engine.errors import InputError
from engine.traces.formats.reader import Member
from engine.traces.limits import MAX_COMMAND_BYTES


def line_blocks(member: Member) -> Iterator[tuple[bytes, int, bool]]:
    """Pieces of whole lines, newlines included, with the piece's offset in the member.

    The flag says that the last line of the piece has no newline, which only happens at the end of the file. Raises
    InputError when a line is longer than `MAX_COMMAND_BYTES`, having held no more than that and a block of it.
    """
    pending: list[bytes] = []
    held = offset = count = 0
    for block in member.blocks():
        cut = block.rfind(b"\n") + 1
        if cut:
            _check(member, held + block.find(b"\n"), count)
            piece = b"".join((*pending, memoryview(block)[:cut]))
            pending, held = [], 0  # before the piece goes out: a long line is held once
            lines, size = piece.count(b"\n"), len(piece)
            yield piece, offset, False
            del piece
            count += lines
            offset += size
        if cut < len(block):
            pending.append(block[cut:])
            held += len(block) - cut
            _check(member, held, count)
    if held:
        yield b"".join(pending), offset, True


def _check(member: Member, length: int, lines_before: int) -> None:
    if length > MAX_COMMAND_BYTES:
        raise InputError(
            f"the line is longer than {MAX_COMMAND_BYTES >> 20} MiB.",
            source=member.name,
            line=lines_before + 1,
            expected="one command a line.",
        )
