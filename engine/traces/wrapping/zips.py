"""Zip archives: their files, checked by the directory first and unpacked in pieces after, never to disk.

The directory's promises are checked against the limits before anything is unpacked; the unpacker holds the data to them.
"""

from __future__ import annotations

import io
import stat
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from engine.errors import InputError
from engine.traces.limits import BLOCK_BYTES
from engine.traces.wrapping.codecs import check_unpacked
from engine.traces.wrapping.names import EntryNames, ignored
from engine.traces.wrapping.raw import RawFile

MAGICS = (b"PK\x03\x04", b"PK\x05\x06")
_MOST_READ_BYTES = 4 << 20  # at once; the directory of `MAX_MEMBERS` files with long names is smaller
_ENCRYPTED = 1
_METHODS = frozenset((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))  # the others unpack without bound
_REMEDY = "Copy or pack the recording again."
_CORRUPT = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """A file of the archive. `size` and `packed` are its bytes unpacked and packed, as the directory says."""

    archive: RawFile
    info: zipfile.ZipInfo
    name: str
    size: int
    packed: int

    def blocks(self) -> Iterator[bytes]:
        """Its content in pieces of at most `BLOCK_BYTES`. Raises InputError for broken data."""
        with _opened(self.archive) as archive:
            try:
                with archive.open(self.info) as file:
                    while block := file.read(BLOCK_BYTES):
                        self.archive.stop()
                        yield block
            except _CORRUPT as error:
                raise InputError(
                    f"the zip data is corrupt ({error}).",
                    source=self.name,
                    offset=self.info.header_offset,
                    expected="a complete zip file.",
                    remedy=_REMEDY,
                ) from error


def entries(raw: RawFile) -> tuple[ZipEntry, ...]:
    """The files of a zip archive in its own order. Raises InputError for whatever is not a plain, sensible file."""
    with _opened(raw) as archive:
        infos = archive.infolist()
    names = EntryNames(raw.name)
    found = []
    for info in infos:
        raw.stop()
        if not info.is_dir() and not ignored(info.filename):
            found.append(_entry(raw, info, names))
    if sum(entry.packed for entry in found) > raw.size:
        raise InputError("its files overlap, as no honest archive's do.", source=raw.name, remedy=_REMEDY)
    check_unpacked(sum(entry.size for entry in found), raw.size, raw.name)
    return tuple(found)


def _entry(raw: RawFile, info: zipfile.ZipInfo, names: EntryNames) -> ZipEntry:
    mode = info.external_attr >> 16
    full = names.take(info.orig_filename)
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        raise names.refusal(info.filename, "it is a link or a device, not a file.")
    if info.flag_bits & _ENCRYPTED:
        raise names.refusal(info.filename, "it is encrypted.")
    if info.compress_type not in _METHODS:
        raise names.refusal(info.filename, "it is packed in a way that is not read; deflate is.")
    check_unpacked(info.file_size, info.compress_size, full)
    return ZipEntry(raw, info, full, info.file_size, info.compress_size)


def _opened(raw: RawFile) -> zipfile.ZipFile:
    try:
        return _Archive(raw)
    except _CORRUPT as error:
        raise InputError(
            f"the zip archive is corrupt ({error}).",
            source=raw.name,
            offset=raw.size,
            expected="a complete zip file.",
            remedy=_REMEDY,
        ) from error


class _Archive(zipfile.ZipFile):
    """An archive over a file of its own, which is closed with it."""

    _own: _Bounded | None = None

    def __init__(self, raw: RawFile) -> None:
        self._own = _Bounded(raw.path.open("rb"))
        try:
            super().__init__(self._own)
        except BaseException:
            self._own.close()
            raise

    def close(self) -> None:
        super().close()
        if self._own is not None:
            self._own.close()


class _Bounded(io.BufferedIOBase):
    """The archive's file, from which nobody reads much at once: a huge directory is an error, not an allocation."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def read(self, size: int | None = -1, /) -> bytes:
        here = self._file.tell()
        if size is None or size < 0:
            size = self._file.seek(0, io.SEEK_END) - here
            self._file.seek(here)
        if size > _MOST_READ_BYTES:
            raise ValueError("its directory is too large")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def seekable(self) -> bool:
        return True

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._file.close()
        super().close()
