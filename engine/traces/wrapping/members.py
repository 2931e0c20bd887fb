"""The files of an input with every wrapping taken off, read in pieces as often and as many at once as a reader likes.

A wrapping is recognised by what a file begins with: gzip or zstd (twice over at most), or an archive, zip or tar, whose
files may be compressed once more. Progress is counted in bytes of the input as it was given.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import Self

from engine.errors import InputError
from engine.progress import Progress, Report, ShouldStop, stop_if_asked
from engine.traces.limits import HEAD_BYTES, MAX_MEMBERS, MAX_NESTING
from engine.traces.wrapping import codecs, tars, zips
from engine.traces.wrapping.raw import RawFile

Blocks = Callable[[], Iterator[bytes]]


@dataclass(slots=True)
class Meter:
    """How far an input file has been read: its members' own bytes, as a share of the file's `size`."""

    size: int
    total: int = 0
    done: list[int] = field(default_factory=list)

    @property
    def bytes_read(self) -> int:
        return min(self.size, self.size * sum(self.done) // self.total) if self.total else 0

    def part(self, total: int) -> int:
        """The number of a new part of so many bytes."""
        self.total += total
        self.done.append(0)
        return len(self.done) - 1


class WrappedMember:
    """One file of the input, see `engine.traces.formats.reader.Member`.

    `stored` opens its bytes as they lie in the file or archive; `packed` tells how many bytes of the input its first n
    stored bytes take, which is what limits on unpacking are measured by.
    """

    def __init__(
        self, name: str, stored: Blocks, part: Callable[[int], None], packed: Callable[[int], float], layers: int
    ) -> None:
        self.name = name
        self.path: Path | None = None
        self._stored = stored
        self._part = part
        self._packed = packed
        self._layers = layers
        self._head: bytes | None = None

    def head(self) -> bytes:
        """Up to `limits.HEAD_BYTES` of its beginning, unpacked."""
        if self._head is None:
            parts, held = [], 0
            pieces = self._unpacked(lambda taken: None)
            while held < HEAD_BYTES and (piece := next(pieces, b"")):
                parts.append(piece[: HEAD_BYTES - held])
                held += len(parts[-1])
            pieces.close()
            self._head = b"".join(parts)
        return self._head

    def blocks(self) -> codecs.Pieces:
        """Its bytes from the beginning, unpacked, in non-empty pieces of at most `limits.BLOCK_BYTES`."""
        return self._unpacked(self._part)

    def _unpacked(self, taken_so_far: Callable[[int], None]) -> codecs.Pieces:
        taken = 0

        def counted() -> codecs.Pieces:
            nonlocal taken
            taken_so_far(0)
            for block in self._stored():
                taken += len(block)
                yield block
                taken_so_far(taken)

        yield from codecs.plain(counted(), self.name, lambda: self._packed(taken), self._layers)


class Unwrapped:
    """All files of the input. Close it, or use it as a context, to let go of what it keeps open."""

    def __init__(self, sources: Sequence[tuple[Path, str]], report: Report, should_stop: ShouldStop) -> None:
        if not sources:
            raise InputError("no file was given.", expected="at least one recording.")
        self._report = report
        self._should_stop = should_stop
        self._streams: list[tars.TarStream] = []
        self._raws = [RawFile(path, name, self._stop) for path, name in sources]
        self._meters = [Meter(raw.size) for raw in self._raws]
        self.members: tuple[WrappedMember, ...] = ()
        try:
            for raw, meter in zip(self._raws, self._meters, strict=True):
                self.members += tuple(self._members(raw, meter))
                if len(self.members) > MAX_MEMBERS:
                    raise InputError(f"there are more than {MAX_MEMBERS} files.", source=raw.name)
        except BaseException:
            self.close()
            raise

    @property
    def name(self) -> str:
        """What to call the input as a whole."""
        more = len(self._raws) - 1
        return f"{self._raws[0].name} and {more} more" if more else self._raws[0].name

    @property
    def size(self) -> int:
        """Bytes of the input as it was given."""
        return sum(raw.size for raw in self._raws)

    @property
    def bytes_read(self) -> int:
        """Of `size`: what has been read, begun anew with each reading of a member."""
        return sum(meter.bytes_read for meter in self._meters)

    @property
    def sha256(self) -> str:
        """Of the input's bytes as given; of several files, the SHA-256 of their binary digests one after the other."""
        digests = [raw.sha256 for raw in self._raws]
        return digests[0] if len(digests) == 1 else hashlib.sha256(bytes.fromhex("".join(digests))).hexdigest()

    def close(self) -> None:
        for stream in self._streams:
            stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _stop(self) -> None:
        stop_if_asked(self._should_stop)

    def _members(self, raw: RawFile, meter: Meter) -> Iterator[WrappedMember]:
        head = _beginning(raw.blocks(0, min(raw.size, HEAD_BYTES)))
        codecs.refuse_unread(head, raw.name)
        if head.startswith(zips.MAGICS):
            found = self._zipped(raw, meter)
        elif tars.looks_like_tar(head):
            found = self._tarred(raw, meter, raw.blocks)
        elif codecs.compression(head) and tars.looks_like_tar(self._unpacked_head(raw)):
            found = self._tarred(raw, meter, lambda: self._plain(raw))
        else:
            yield self._single(raw, meter, plain=not codecs.compression(head))
            return
        first = next(found, None)
        if first is None:
            raise InputError("there is no file in the archive.", source=raw.name, expected="a recording.")
        for member in chain([first], found):
            _refuse_archive(member)
            yield member

    def _single(self, raw: RawFile, meter: Meter, *, plain: bool) -> WrappedMember:
        member = WrappedMember(raw.name, raw.blocks, self._part(meter, raw.size), float, MAX_NESTING)
        if plain:
            member.path = raw.path
        else:
            _refuse_archive(member)
        return member

    def _zipped(self, raw: RawFile, meter: Meter) -> Iterator[WrappedMember]:
        for entry in zips.entries(raw):
            part = self._part(meter, entry.size)
            yield WrappedMember(entry.name, entry.blocks, part, _share(entry.packed, entry.size), MAX_NESTING - 1)

    def _tarred(self, raw: RawFile, meter: Meter, open_stream: Blocks) -> Iterator[WrappedMember]:
        stream = tars.TarStream(open_stream)
        self._streams.append(stream)
        cursor = tars.Cursor(open_stream())
        entries = list(tars.entries(cursor, raw.name))
        for entry in entries:
            part = self._part(meter, entry.size)
            yield WrappedMember(entry.name, _reading(stream, entry), part, _share(raw.size, cursor.at), MAX_NESTING - 1)

    def _plain(self, raw: RawFile) -> Iterator[bytes]:
        taken = 0

        def counted() -> codecs.Pieces:
            nonlocal taken
            for block in raw.blocks():
                taken += len(block)
                yield block

        return codecs.plain(counted(), raw.name, lambda: float(taken))

    def _unpacked_head(self, raw: RawFile) -> bytes:
        return _beginning(self._plain(raw))

    def _part(self, meter: Meter, total: int) -> Callable[[int], None]:
        number = meter.part(total)

        def taken_so_far(taken: int) -> None:
            self._stop()
            meter.done[number] = taken
            if taken:
                self._report(Progress("read", self.bytes_read, self.size, "bytes"))

        return taken_so_far


def unwrap(sources: Sequence[tuple[Path, str]], *, report: Report, should_stop: ShouldStop) -> Unwrapped:
    """The files of these inputs, each with the name the person knows it by, wrappings taken off.

    Raises InputError for what cannot be read, is empty, breaks a limit of `engine.traces.limits`, or is an archive with
    anything but plain files inside its own folder; Cancelled when asked to stop.
    """
    return Unwrapped(sources, report, should_stop)


def _share(packed: int, size: int) -> Callable[[int], float]:
    return lambda taken: packed * taken / max(size, 1)


def _reading(stream: tars.TarStream, entry: tars.TarEntry) -> Blocks:
    return lambda: stream.blocks(entry)


def _beginning(pieces: Iterator[bytes]) -> bytes:
    """At least one tar header's worth, where there is as much."""
    head = b""
    while len(head) < tars.RECORD_BYTES and (piece := next(pieces, b"")):
        head += piece
    return head


def _refuse_archive(member: WrappedMember) -> None:
    head = member.head()
    codecs.refuse_unread(head, member.name)
    if head.startswith(zips.MAGICS) or tars.looks_like_tar(head):
        raise InputError(
            "it is an archive inside another wrapping, which is not read.",
            source=member.name,
            expected="an archive of plain, gzip or zstd files.",
            remedy="Unpack the outer one first.",
        )
