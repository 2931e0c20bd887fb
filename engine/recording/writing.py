"""The file of a recording: gzip, hidden until it is complete, with a last line that says how it was recorded."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import InputError, Interrupted

TRAILER = b"# headroom "
_LEVEL = 3  # redacted words hardly compress, and the recorder has to keep up


class RecordingFile:
    """Written beside `target` under a hidden name, readable by the owner only; `finish` gives it its name.

    Raises InputError when it cannot be made, Interrupted when the disk is full.
    """

    def __init__(self, target: Path) -> None:
        self.target = target
        self._part = target.with_name(f".{target.name}.{secrets.token_hex(4)}.part")
        try:
            raw = os.open(self._part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except OSError as error:
            raise InputError(f"cannot be written ({error.strerror}).", source=str(target)) from error
        self._file = os.fdopen(raw, "wb")
        self._gzip = gzip.GzipFile(filename="", mode="wb", compresslevel=_LEVEL, fileobj=self._file)

    def write(self, text: bytes) -> None:
        try:
            self._gzip.write(text)
        except OSError as error:
            raise self._failed(error) from error

    def finish(self, facts: Mapping[str, Any]) -> int:
        """Add the facts as the last line, make all of it durable, give it its name; answers its size in bytes."""
        self.write(TRAILER + json.dumps(facts, separators=(",", ":")).encode() + b"\n")
        try:
            self._gzip.close()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()
            self._part.replace(self.target)
        except OSError as error:
            raise self._failed(error) from error
        return self.target.stat().st_size

    def abandon(self) -> None:
        """Leave nothing; does nothing after `finish`."""
        with contextlib.suppress(OSError, ValueError):
            self._file.close()
        self._part.unlink(missing_ok=True)

    def _failed(self, error: OSError) -> Interrupted:
        self.abandon()
        return Interrupted(f"{self.target}: writing failed ({error.strerror or error}); nothing was kept.")
