"""The bytes of an input file, plain or gzip, in blocks: constant memory, hash and progress on the way.

gzip is recognised by content. A block is never larger than `BLOCK_BYTES`, however well the input was compressed.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from engine.errors import InputError
from engine.progress import Progress, Report, ShouldStop, stop_if_asked

BLOCK_BYTES = 1 << 20
MAX_LINE_BYTES = 64 << 20
GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31  # zlib's way to say: gzip framing


class Source:
    """One input file. `name` is what the person calls it; `bytes_read` counts the file's own (compressed) bytes."""

    def __init__(self, path: Path, name: str, report: Report, should_stop: ShouldStop) -> None:
        self.path = path
        self.name = name
        self.bytes_read = 0
        self._report = report
        self._should_stop = should_stop
        self._hash = hashlib.sha256()
        try:
            self.size = path.stat().st_size
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror}).", source=name) from error

    @property
    def sha256(self) -> str:
        """Of all bytes read so far: of the whole file once `blocks` is exhausted."""
        return self._hash.hexdigest()

    def blocks(self) -> Iterator[bytes]:
        """The content, decompressed. Raises InputError for an empty file or broken gzip, Cancelled on request."""
        try:
            with self.path.open("rb") as file:
                yield from self._content(file)
        except OSError as error:
            raise InputError(f"cannot be read ({error.strerror}).", source=self.name) from error

    def _content(self, file: BinaryIO) -> Iterator[bytes]:
        raw = self._raw(file)
        first = next(raw, b"")
        if not first:
            raise InputError(
                "the file is empty.", source=self.name, expected="a recording made with the MONITOR command."
            )
        if first.startswith(GZIP_MAGIC):
            yield from self._inflated(first, raw)
        else:
            yield first
            yield from raw

    def _raw(self, file: BinaryIO) -> Iterator[bytes]:
        while block := file.read(BLOCK_BYTES):
            stop_if_asked(self._should_stop)
            self._hash.update(block)
            self.bytes_read += len(block)
            yield block
            self._report(Progress("read", self.bytes_read, self.size, "bytes"))

    def _inflated(self, block: bytes, raw: Iterator[bytes]) -> Iterator[bytes]:
        """All members of a gzip file, one after the other; zeros after the last are padding."""
        inflate = zlib.decompressobj(_GZIP_WINDOW)
        while block:
            try:
                content = inflate.decompress(block, BLOCK_BYTES)
            except zlib.error as error:
                raise self._broken(f"the gzip data is corrupt ({error}).", len(block)) from error
            if content:
                stop_if_asked(self._should_stop)
                yield content
            if not inflate.eof:
                block = inflate.unconsumed_tail or next(raw, b"")
            elif block := _after_member(inflate.unused_data, raw):
                inflate = zlib.decompressobj(_GZIP_WINDOW)
        if not inflate.eof:
            raise self._broken("the gzip data ends too early.", 0)

    def _broken(self, problem: str, unread: int) -> InputError:
        return InputError(
            problem,
            source=self.name,
            offset=self.bytes_read - unread,
            expected="a complete gzip file.",
            remedy="Copy or compress the recording again.",
        )


def _after_member(block: bytes, raw: Iterator[bytes]) -> bytes:
    """The start of the next gzip member; empty at the end of the file."""
    while not (block := block.lstrip(b"\0")):
        if not (block := next(raw, b"")):
            break
    return block


def lines(source: Source) -> Iterator[tuple[list[bytes], bool]]:
    """Lines without their newline, many at a time; the flag says that the last of them had no newline (end of file).

    Raises InputError when a line is longer than `MAX_LINE_BYTES`, having held no more than that of it.
    """
    pending: list[bytes] = []
    pending_bytes = count = 0
    for block in source.blocks():
        head, newline, rest = block.partition(b"\n")
        if not newline:
            pending.append(block)
            pending_bytes += len(block)
            if pending_bytes > MAX_LINE_BYTES:
                raise _too_long(source, count + 1)
            continue
        complete = [b"".join((*pending, head)), *rest.split(b"\n")]
        pending = [complete.pop()]
        pending_bytes = len(pending[0])
        count += len(complete)
        yield complete, False
    if pending_bytes:
        yield [b"".join(pending)], True


def _too_long(source: Source, line: int) -> InputError:
    return InputError(
        f"the line is longer than {MAX_LINE_BYTES >> 20} MiB.",
        source=source.name,
        line=line,
        expected="one command a line, as MONITOR prints them.",
    )
