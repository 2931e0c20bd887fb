"""One `up` per data folder. The lock is the kernel's: it is gone the moment its holder is, however that ended.

Beside it, `up.json` says who runs and where, for people and for commands such as `sign_in_link`.
"""

from __future__ import annotations

import fcntl
import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO


@dataclass(frozen=True, slots=True)
class Running:
    """The `up` that holds a data folder: its process and, once it is ready, its address."""

    pid: int
    url: str = ""


class AlreadyRunning(Exception):
    """Another `up` holds the data folder."""

    def __init__(self, folder: Path, other: Running | None) -> None:
        who = f" (process {other.pid}{f', {other.url}' if other.url else ''})" if other else ""
        super().__init__(
            f"Headroom already runs on {folder}{who}. Use that one, stop it with Ctrl-C, or give this one its own "
            "folder with HEADROOM_DATA."
        )


class DataFolder:
    """The right to run on a data folder; hold on to the object for as long as it is needed."""

    def __init__(self, folder: Path) -> None:
        self.pid = os.getpid()
        self._lock = _locked(folder)
        self._info = folder / "up.json"
        self.write(Running(self.pid))

    def write(self, running: Running) -> None:
        """Say who runs and where."""
        draft = self._info.with_suffix(".draft")
        draft.write_text(json.dumps(asdict(running)))
        draft.replace(self._info)

    def release(self) -> None:
        """Give the folder back."""
        self._info.unlink(missing_ok=True)
        self._lock.close()


def read_running(folder: Path) -> Running | None:
    """Who runs on `folder`; None when nobody does, even if a killed one left its note behind."""
    try:
        _locked(folder).close()
    except AlreadyRunning:
        return _noted(folder)
    return None


def _noted(folder: Path) -> Running | None:
    try:
        return Running(**json.loads((folder / "up.json").read_text()))
    except (OSError, ValueError, TypeError):
        return None


def _locked(folder: Path) -> IO[str]:
    lock = (folder / "up.lock").open("a")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        lock.close()
        raise AlreadyRunning(folder, _noted(folder)) from None
    return lock
