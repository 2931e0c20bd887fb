"""Compression taken off a stream: gzip and zstd, by content, layer after layer, in pieces and in constant memory.

Each layer is watched: one that unpacks to more than the limits allow is refused before it can fill anything. Formats of
compression that are not read are refused by name.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Generator, Iterator
from itertools import chain
from typing import TYPE_CHECKING

import zstandard

from engine.errors import InputError
from engine.traces.limits import (
    BLOCK_BYTES,
    MAX_NESTING,
    MAX_UNPACKED_BYTES,
    MAX_UNPACKED_RATIO,
    RATIO_FROM_BYTES,
)
from engine.traces.wrapping.zstd_frames import FrameWalk, begins_frame

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

GZIP_MAGIC = b"\x1f\x8b"
MAX_WINDOW_BYTES = 1 << 27  # what zstd itself takes unless told otherwise (RFC 8878 asks for 8 MiB at least)
_GZIP_WINDOW = 31  # zlib's way to say: gzip framing
_ZSTD_READ_BYTES = 1 << 16
_LONGEST_MAGIC = 8
_NOT_READ = {
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\x04\x22\x4d\x18": "LZ4",
}

Packed = Callable[[], float]
Pieces = Generator[bytes, None, None]


def compression(head: bytes) -> str:
    """`gzip`, `zstd` or nothing, by how a stream begins."""
    if head.startswith(GZIP_MAGIC):
        return "gzip"
    return "zstd" if begins_frame(head) else ""


def refuse_unread(head: bytes, name: str) -> None:
    """Raise InputError for a compression that is known and not read."""
    for magic, title in _NOT_READ.items():
        if head.startswith(magic) and (title != "bzip2" or head[4:10] == b"1AY&SY"):
            raise InputError(
                f"it is packed with {title}, which is not read.",
                source=name,
                expected="a plain file, or one packed with gzip, zstd, zip or tar.",
                remedy="Unpack it first.",
            )


def plain(raw: Iterator[bytes], name: str, packed: Packed, layers: int = MAX_NESTING) -> Pieces:
    """The content under all compression. `packed`: bytes of the input that were read for it so far.

    Raises InputError for broken data, for more than `layers` layers, and for what unpacks to too much.
    """
    head, pieces = peek(raw)
    kind = compression(head)
    if not kind:
        yield from pieces
        return
    if layers == 0:
        raise InputError(
            f"it is packed more than {MAX_NESTING} times over.", source=name, remedy="Unpack it, or pack it once."
        )
    unpack = gunzip if kind == "gzip" else unzstd
    yield from plain(guarded(unpack(pieces, name), name, packed), name, packed, layers - 1)


def peek(pieces: Iterator[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """The first bytes, and all of the pieces."""
    first = next(pieces, b"")
    while first and len(first) < _LONGEST_MAGIC and (more := next(pieces, b"")):
        first += more
    return first, chain([first] if first else [], pieces)


def guarded(pieces: Iterator[bytes], name: str, packed: Packed) -> Pieces:
    """The same pieces, refused with InputError once they are more than the limits allow."""
    unpacked = 0
    for piece in pieces:
        unpacked += len(piece)
        check_unpacked(unpacked, packed(), name)
        yield piece


def check_unpacked(unpacked: int, packed: float, name: str) -> None:
    """Raise InputError when so many bytes out of so many packed ones are more than the limits allow."""
    if unpacked > MAX_UNPACKED_BYTES:
        problem = f"it unpacks to more than {MAX_UNPACKED_BYTES >> 30} GiB."
    elif unpacked > RATIO_FROM_BYTES and unpacked > packed * MAX_UNPACKED_RATIO:
        problem = f"it unpacks to more than {MAX_UNPACKED_RATIO} times its size, as no recording does."
    else:
        return
    raise InputError(problem, source=name, remedy="If it really is a recording, unpack it first.")


def gunzip(raw: Iterator[bytes], name: str) -> Pieces:
    """All members of a gzip stream, one after the other; zeros after the last are padding."""
    inflate = zlib.decompressobj(_GZIP_WINDOW)
    block = next(raw, b"")
    taken = len(block)
    while block:
        try:
            content = inflate.decompress(block, BLOCK_BYTES)
        except zlib.error as error:
            raise _broken(f"the gzip data is corrupt ({error}).", name, taken - len(block), "gzip") from error
        if content:
            yield content
        if inflate.eof:
            block, more = _after_member(inflate.unused_data, raw)
            inflate = zlib.decompressobj(_GZIP_WINDOW) if block else inflate
        elif inflate.unconsumed_tail:
            block, more = inflate.unconsumed_tail, 0
        else:
            block = next(raw, b"")
            more = len(block)
        taken += more
    if not inflate.eof:
        raise _broken("the gzip data ends too early.", name, taken, "gzip")


def _after_member(block: bytes, raw: Iterator[bytes]) -> tuple[bytes, int]:
    """The start of the next gzip member (empty at the end), and how many bytes were taken from `raw` to find it."""
    taken = 0
    while not (block := block.lstrip(b"\0")):
        if not (block := next(raw, b"")):
            break
        taken += len(block)
    return block, taken


class _Frames(io.RawIOBase):
    """The packed side of a zstd stream: hands its bytes on and knows whether they end where a frame ends."""

    def __init__(self, raw: Iterator[bytes]) -> None:
        super().__init__()
        self.last = self.taken = 0
        self.walk = FrameWalk()
        self._raw = raw
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, target: WriteableBuffer, /) -> int:
        room = memoryview(target).cast("B")
        if not self._rest:
            self._rest = memoryview(next(self._raw, b""))
        size = min(len(room), len(self._rest))
        piece, self._rest = self._rest[:size], self._rest[size:]
        room[:size] = piece
        self.walk.feed(bytes(piece))
        self.last, self.taken = self.taken, self.taken + size
        return size


def unzstd(raw: Iterator[bytes], name: str) -> Pieces:
    """All frames of a zstd stream, one after the other."""
    source = _Frames(raw)
    unpacker = zstandard.ZstdDecompressor(max_window_size=MAX_WINDOW_BYTES)
    reader = unpacker.stream_reader(io.BufferedReader(source, _ZSTD_READ_BYTES), _ZSTD_READ_BYTES, True)
    try:
        while content := reader.read(BLOCK_BYTES):
            yield content
    except zstandard.ZstdError as error:
        raise _broken(f"the zstd data is corrupt ({error}).", name, source.last, "zstd") from error
    if not source.walk.complete:
        raise _broken("the zstd data ends too early.", name, source.taken, "zstd")


def _broken(problem: str, name: str, offset: int, kind: str) -> InputError:
    return InputError(
        problem,
        source=name,
        offset=offset,
        expected=f"a complete {kind} file.",
        remedy="Copy or compress the recording again.",
    )
