"""Tar archives, plain or compressed, as a stream: the entries are listed in one pass and read by later ones.

Where the tar is compressed nothing can be sought, so a reading that was left off is kept and goes on at the next entry:
members read in order cost one unpacking, not one each. Old, POSIX (pax) and GNU headers are understood.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from engine.errors import InputError
from engine.traces.limits import BLOCK_BYTES, MAX_UNPACKED_BYTES
from engine.traces.wrapping.names import EntryNames, ignored

RECORD_BYTES = 512
_MOST_HEADER_BYTES = 1 << 16  # of a long name or a pax header
_FOLDER = frozenset((tarfile.DIRTYPE,))
_FILE = frozenset((tarfile.REGTYPE, tarfile.AREGTYPE, tarfile.CONTTYPE))
_GNU_LONG_NAME, _GNU_LONG_LINK = tarfile.GNUTYPE_LONGNAME, tarfile.GNUTYPE_LONGLINK
_PAX, _PAX_GLOBAL = tarfile.XHDTYPE, tarfile.XGLTYPE

Open = Callable[[], Iterator[bytes]]


@dataclass(frozen=True, slots=True)
class TarEntry:
    """A file of the archive: its bytes are `size` from `offset` of the tar."""

    entry: str
    name: str
    offset: int
    size: int


def looks_like_tar(head: bytes) -> bool:
    """Whether a stream begins with a tar header, which carries a checksum of itself."""
    try:
        return bool(_header(head[:RECORD_BYTES]).name) and len(head) >= RECORD_BYTES
    except tarfile.HeaderError:
        return False


def _header(record: bytes) -> tarfile.TarInfo:
    return tarfile.TarInfo.frombuf(record, "utf-8", "surrogateescape")


class Cursor:
    """A place in the stream of a tar, going forward only."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self.at = 0
        self._pieces = pieces
        self._rest = memoryview(b"")

    def some(self, most: int) -> bytes:
        """Between 1 and `most` bytes; none at the end."""
        if not self._rest:
            self._rest = memoryview(next(self._pieces, b""))
        piece = bytes(self._rest[:most])
        self._rest = self._rest[len(piece) :]
        self.at += len(piece)
        return piece

    def exactly(self, size: int) -> bytes:
        """`size` bytes, fewer only at the end."""
        parts = []
        while size > 0 and (piece := self.some(size)):
            parts.append(piece)
            size -= len(piece)
        return b"".join(parts)

    def skip_to(self, offset: int) -> None:
        """Go on to `offset`, or to the end if that comes first."""
        while self.at < offset and self.some(min(offset - self.at, BLOCK_BYTES)):
            pass

    def close(self) -> None:
        self._pieces.close() if hasattr(self._pieces, "close") else None


@dataclass(slots=True)
class _Extended:
    """What headers before a file's own say of it."""

    name: str | None = None
    size: int | None = None

    def of_pax(self, body: bytes) -> None:
        """Records `LENGTH KEY=VALUE\\n`; those that are no such records end the reading."""
        while body:
            length_text, space, rest = body.partition(b" ")
            if not space or not length_text.isdigit() or not (length := int(length_text[:9])):
                raise ValueError("pax header")
            key, _, value = rest[: max(length - len(length_text) - 2, 0)].partition(b"=")
            if key == b"path":
                self.name = value.decode("utf-8", "surrogateescape")
            elif key == b"size":
                self.size = int(value)
            elif key.startswith(b"GNU.sparse"):
                raise ValueError("sparse file")
            body = body[length:]


def entries(cursor: Cursor, archive: str) -> Iterator[TarEntry]:
    """The files of a tar in their order; reads to the end. Raises InputError for whatever is not a plain file."""
    names = EntryNames(archive)
    extended = _Extended()
    while (info := _next_header(cursor, archive)) is not None:
        body_at = cursor.at
        size = info.size if extended.size is None else extended.size
        if not 0 <= size <= MAX_UNPACKED_BYTES:
            raise _corrupt(archive, body_at - RECORD_BYTES, "impossible size of a file")
        if info.type in (_GNU_LONG_NAME, _GNU_LONG_LINK, _PAX, _PAX_GLOBAL):
            extended = _extension(cursor, archive, info, extended)
        else:
            name = (info.name if extended.name is None else extended.name).removeprefix("./")
            extended = _Extended()
            if info.type not in _FOLDER and not name.endswith("/") and not ignored(name):
                yield _file(TarEntry(name, archive, body_at, size), info, names)
        end = body_at + size
        cursor.skip_to(end)
        if cursor.at < end:
            raise _corrupt(archive, cursor.at, "it ends inside a file", early=True)
        cursor.skip_to(-(-end // RECORD_BYTES) * RECORD_BYTES)


def _file(found: TarEntry, info: tarfile.TarInfo, names: EntryNames) -> TarEntry:
    full = names.take(found.entry)
    if info.type not in _FILE:
        raise names.refusal(found.entry, f"it is {_KINDS.get(info.type, 'something else')}, not a file.")
    return replace(found, name=full)


_KINDS = {
    tarfile.LNKTYPE: "a hard link",
    tarfile.SYMTYPE: "a symbolic link",
    tarfile.CHRTYPE: "a device",
    tarfile.BLKTYPE: "a device",
    tarfile.FIFOTYPE: "a pipe",
    tarfile.GNUTYPE_SPARSE: "a sparse file",
}


def _next_header(cursor: Cursor, archive: str) -> tarfile.TarInfo | None:
    """The next header; None at the end, which is a record of zeros or the end of the stream. The rest is read."""
    at = cursor.at
    record = cursor.exactly(RECORD_BYTES)
    if not record.strip(b"\0"):
        while cursor.some(BLOCK_BYTES):
            pass
        return None
    try:
        return _header(record)
    except tarfile.HeaderError as error:
        raise _corrupt(archive, at, str(error), early=len(record) < RECORD_BYTES) from error


def _extension(cursor: Cursor, archive: str, info: tarfile.TarInfo, extended: _Extended) -> _Extended:
    at = cursor.at - RECORD_BYTES
    if info.size > _MOST_HEADER_BYTES:
        raise _corrupt(archive, at, "a header is too long")
    body = cursor.exactly(info.size)
    try:
        if info.type == _GNU_LONG_NAME:
            extended.name = body.rstrip(b"\0").decode("utf-8", "surrogateescape")
        elif info.type == _PAX:
            extended.of_pax(body)
    except ValueError as error:
        raise _corrupt(archive, at, f"a header cannot be read: {error}") from error
    return extended


def _corrupt(archive: str, offset: int, what: str, *, early: bool = False) -> InputError:
    problem = "the tar archive ends too early." if early else f"the tar archive is corrupt ({what})."
    return InputError(
        problem,
        source=archive,
        offset=offset,
        expected="a complete tar file.",
        remedy="Copy or pack the recording again.",
    )


class TarStream:
    """A tar whose files are read from its stream. `open` begins the (unpacked) stream anew."""

    def __init__(self, open_stream: Open) -> None:
        self._open = open_stream
        self._idle: Cursor | None = None

    def blocks(self, entry: TarEntry) -> Iterator[bytes]:
        """The content of one file, in pieces. Several may be read at once: each has its own place in the stream."""
        cursor = self._cursor(entry.offset)
        cursor.skip_to(entry.offset)
        left = entry.size
        broken = True
        try:
            while left and (piece := cursor.some(min(left, BLOCK_BYTES))):
                left -= len(piece)
                broken = False
                yield piece
                broken = True
            broken = left > 0
        except GeneratorExit:
            broken = False
            raise
        finally:
            cursor.close() if broken else self._keep(cursor)
        if left:
            raise _corrupt(entry.name, cursor.at, "", early=True)

    def close(self) -> None:
        if self._idle is not None:
            self._idle.close()
            self._idle = None

    def _cursor(self, offset: int) -> Cursor:
        if self._idle is None or self._idle.at > offset:
            return Cursor(self._open())
        cursor, self._idle = self._idle, None
        return cursor

    def _keep(self, cursor: Cursor) -> None:
        self.close()
        self._idle = cursor
