"""The bytes of an offer file, packed with gzip or not, under a watch: no endless text, no endless depth, no endless file.

The watch counts on raw bytes, before any parser builds something of them.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from engine.errors import InputError

LONGEST_TEXT = 1 << 20
DEEPEST = 1000
MOST_BYTES = 16 << 30
CHUNK = 1 << 16
_GZIP = b"\x1f\x8b"
_QUOTE = re.compile(rb'(?<!\\)"')


class Watched:
    """A stream that raises InputError for what no price list holds. `read` as a file's; `json` says whether to look for
    depth and long texts."""

    def __init__(self, file: IO[bytes], name: str, *, json: bool) -> None:
        self._file, self._name, self._json = file, name, json
        self._total = self._since_quote = self._depth = 0

    def read(self, size: int = CHUNK) -> bytes:
        """Up to `size` bytes, empty at the end."""
        try:
            data = self._file.read(size)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"cannot be unpacked: {error}.", source=self._name, expected="a whole file.") from error
        self._total += len(data)
        if self._total > MOST_BYTES:
            raise InputError(f"holds more than {MOST_BYTES:,} bytes.", source=self._name, expected="a price list.")
        if self._json:
            self._watch(data)
        return data

    def readline(self) -> bytes:
        """A line, of a bounded length."""
        try:
            data = self._file.readline(LONGEST_TEXT + 1)
        except (OSError, EOFError, zlib.error) as error:
            raise InputError(f"cannot be unpacked: {error}.", source=self._name, expected="a whole file.") from error
        self._total += len(data)
        if len(data) > LONGEST_TEXT or self._total > MOST_BYTES:
            raise InputError(f"has a line of more than {LONGEST_TEXT:,} bytes.", source=self._name)
        return data

    def _watch(self, data: bytes) -> None:
        found = _QUOTE.search(data)
        self._since_quote = self._since_quote + (found.start() if found else len(data))
        if self._since_quote > LONGEST_TEXT:
            raise InputError(f"has a text of more than {LONGEST_TEXT:,} bytes.", source=self._name, offset=self._total)
        if found:
            self._since_quote = 0
        opened = data.count(b"{") + data.count(b"[")
        if max(self._depth, 0) + opened > DEEPEST:  # only then is the exact count worth its time
            self._count_exactly(data)
        self._depth += opened - data.count(b"}") - data.count(b"]")

    def _count_exactly(self, data: bytes) -> None:
        depth = self._depth
        for sign in re.findall(rb"[\[\]{}]", data):
            depth += 1 if sign in b"[{" else -1
            if depth > DEEPEST:
                raise InputError("is nested too deeply.", source=self._name, expected="a price list.")


@contextmanager
def opened(path: Path, name: str, *, json: bool) -> Iterator[Watched]:
    """The file's content. Raises InputError when it cannot be opened."""
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
            file.seek(0)
            stream: IO[bytes] = gzip.GzipFile(fileobj=file) if packed else file  # type: ignore[assignment]
            yield Watched(stream, name, json=json)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}.", source=name) from error


def first_bytes(path: Path, name: str, count: int = 4096) -> bytes:
    """The beginning, without a byte order mark and leading space."""
    with opened(path, name, json=False) as stream:
        return stream.read(count).removeprefix(b"\xef\xbb\xbf").lstrip()
