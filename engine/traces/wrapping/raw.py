"""One input file as it was given: its bytes in pieces, its size, its SHA-256, and how much of it has been read.

The digest is taken on the way by whoever reads the file from beginning to end first; where nobody does, it costs a pass
of its own. Nothing here knows what the bytes mean.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from engine.errors import InputError
from engine.traces.limits import BLOCK_BYTES

Tell = Callable[[], None]


class RawFile:
    """An input file. `name` is what the person calls it; `size` is in bytes, taken when it is opened here.

    `stop` is called before each piece and raises `Cancelled` when asked to. Raises InputError for what cannot be read or
    holds nothing.
    """

    def __init__(self, path: Path, name: str, stop: Tell) -> None:
        self.path = path
        self.name = name
        self.stop = stop
        self._digest: str | None = None
        try:
            self.size = path.stat().st_size
            with path.open("rb"):
                pass
        except OSError as error:
            raise self._unreadable(error) from error
        if not self.size:
            raise InputError("the file is empty.", source=name, expected="a recording.")

    @property
    def sha256(self) -> str:
        """Of the file's own bytes, in hexadecimal. Reads the file when it has not been read to its end."""
        if self._digest is None:
            for _ in self.blocks():
                pass
        return self._digest or hashlib.sha256().hexdigest()

    def blocks(self, start: int = 0, size: int | None = None) -> Iterator[bytes]:
        """`size` bytes from `start` (None: to the end) in pieces of at most `BLOCK_BYTES`."""
        left = self.size if size is None else size
        whole = self._digest is None and start == 0 and left == self.size
        running = hashlib.sha256() if whole else None
        try:
            with self.path.open("rb") as file:
                file.seek(start)
                while left > 0 and (block := file.read(min(left, BLOCK_BYTES))):
                    self.stop()
                    left -= len(block)
                    if running is not None:
                        running.update(block)
                    yield block
        except OSError as error:
            raise self._unreadable(error) from error
        if running is not None:
            self._digest = running.hexdigest()

    def _unreadable(self, error: OSError) -> InputError:
        return InputError(f"cannot be read ({error.strerror}).", source=self.name)
