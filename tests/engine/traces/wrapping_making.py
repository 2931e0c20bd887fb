"""Archives and packed files for tests, honest and hostile, made in memory."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

import zstandard

from engine.progress import ignore, never
from engine.traces.wrapping import Unwrapped, unwrap

Files = Sequence[tuple[str, bytes]]


def tar(files: Files, *, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of plain files."""
    return tar_of([(tarfile.TarInfo(name), content) for name, content in files], form=form)


def tar_of(entries: Sequence[tuple[tarfile.TarInfo, bytes]], *, form: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of whatever the headers say."""
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w", format=form) as archive:
        for info, content in entries:
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return target.getvalue()


def zipped(files: Files) -> bytes:
    """A zip of plain files, deflated; names are taken as they are."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files:
            archive.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED)
    return target.getvalue()


def zstd(content: bytes) -> bytes:
    """One frame with a checksum."""
    return zstandard.ZstdCompressor(write_checksum=True).compress(content)


def unwrapped(folder: Path, *contents: bytes) -> Unwrapped:
    """These files, unwrapped; the person calls them mine, mine2 …"""
    sources = []
    for number, content in enumerate(contents, 1):
        path = folder / f"input{number}"
        path.write_bytes(content)
        sources.append((path, "mine" if number == 1 else f"mine{number}"))
    return unwrap(sources, report=ignore, should_stop=never)


def contents(folder: Path, *files: bytes) -> dict[str, bytes]:
    """Everything inside, by name."""
    with unwrapped(folder, *files) as opened:
        return {member.name: b"".join(member.blocks()) for member in opened.members}
