"""Exactly so many bytes at a time from a member, with the place in it for messages."""

from __future__ import annotations

from collections.abc import Iterator

from engine.traces.formats.reader import Member


class Supply:
    """A member's bytes in the amounts its headers ask for. `offset` is the place of the next byte, from 0."""

    def __init__(self, member: Member) -> None:
        self.name = member.name
        self.offset = 0
        self._blocks: Iterator[bytes] = iter(member.blocks())
        self._piece = b""
        self._at = 0

    def read(self, size: int) -> bytes:
        """`size` bytes, or what is left of them at the end. The caller has checked `size` against its limits."""
        stop = self._at + size
        if stop <= len(self._piece):
            taken = self._piece[self._at : stop]
            self._at = stop
        else:
            taken = self._gathered(size)
        self.offset += len(taken)
        return taken

    def skip(self, size: int) -> bool:
        """Pass over `size` bytes without holding them; False when the input ends before."""
        while size > 0:
            passed = min(size, max(len(self._piece) - self._at, 0))
            self._at += passed
            self.offset += passed
            size -= passed
            if size and not self._next():
                return False
        return True

    def _gathered(self, size: int) -> bytes:
        parts: list[bytes] = []
        while size > 0:
            part = self._piece[self._at : self._at + size]
            self._at += len(part)
            parts.append(part)
            size -= len(part)
            if size and not self._next():
                break
        return b"".join(parts)

    def _next(self) -> bool:
        self._piece, self._at = next(self._blocks, b""), 0
        return bool(self._piece)
