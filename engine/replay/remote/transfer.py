"""Files over a channel: announced with size and digest, sent in pieces, kept only when they are what was announced."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from engine.replay.remote.channel import PIECE_BYTES, Channel, Gone
from engine.units import format_bytes

_SPARE_BYTES = 64 << 20  # of the disk, left for others


def send(channel: Channel, path: Path, *, after_piece: Callable[[int], None] = lambda _: None) -> None:
    """Send a file under its own name. `after_piece` is told how many bytes have left."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        size = file.seek(0, 2)
        file.seek(0)
        channel.say({"file": {"name": path.name, "bytes": size, "sha256": digest}})
        while piece := file.read(PIECE_BYTES):
            channel.send_piece(piece)
            after_piece(file.tell())


@dataclass(slots=True)
class Receiver:
    """Takes in the files one may send, into a folder."""

    folder: Path
    allowed: frozenset[str]
    received: set[str] = field(default_factory=set)
    _name: str = ""
    _left: int = 0
    _digest: str = ""
    _hash: Any = None
    _file: BinaryIO | None = None

    def announce(self, said: Mapping[str, Any]) -> None:
        """A file is about to come. Raises Gone when it is none that belongs here, or does not fit."""
        name, size = str(said["name"]), int(said["bytes"])
        if name not in self.allowed or self._file is not None or size < 0:
            raise Gone("it sent a file nobody asked for.")
        free = shutil.disk_usage(self.folder).free - _SPARE_BYTES
        if size > free:
            raise Gone(f"{name} takes {format_bytes(size)} and {format_bytes(max(free, 0))} of disk are free.")
        self._name, self._left, self._digest = name, size, str(said["sha256"])
        self._hash = hashlib.sha256()
        self._file = (self.folder / name).open("wb")
        self._finish_if_whole()

    def take(self, piece: bytes) -> None:
        """A piece of it has come."""
        if self._file is None or len(piece) > self._left:
            raise Gone("it sent more than it said.")
        self._file.write(piece)
        self._hash.update(piece)
        self._left -= len(piece)
        self._finish_if_whole()

    def close(self) -> None:
        """Nothing more is taken in."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _finish_if_whole(self) -> None:
        if self._left:
            return
        self.close()
        if self._hash.hexdigest() != self._digest:
            raise Gone(f"{self._name} is not what was sent.")
        self.received.add(self._name)
