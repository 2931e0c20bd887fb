"""Private temporary folders of engine processes: readable by their owner only, and swept when the owner was killed."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import tempfile
from pathlib import Path

from engine import processes
from engine.errors import InputError

_STALE = re.compile(r"cluster-(\d+)-(\d+)-")


def private_folder(place: Path | None = None) -> Path:
    """A new folder of this process alone in `place` (None: the usual one); folders left behind by processes that are gone
    are removed on the way.

    Raises InputError when the place for them belongs to another user.
    """
    base = (place or Path(tempfile.gettempdir())) / f"headroom-{getpass.getuser()}-{os.getuid()}"
    base.mkdir(mode=0o700, exist_ok=True)
    if base.stat().st_uid != os.getuid():
        raise InputError("belongs to somebody else.", source=str(base), remedy="Set TMPDIR to a folder of your own.")
    _sweep(base)
    started = int(processes.started_at(os.getpid()) or 0)
    return Path(tempfile.mkdtemp(prefix=f"cluster-{os.getpid()}-{started}-", dir=base))


def _sweep(base: Path) -> None:
    """Remove the folders of owners that are gone: they hold data of a workload."""
    for folder in base.iterdir():
        match = _STALE.match(folder.name)
        if match and not processes.is_alive(int(match[1]), float(match[2])):
            shutil.rmtree(folder, ignore_errors=True)
