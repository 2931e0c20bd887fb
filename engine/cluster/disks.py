"""Which filesystem a folder lies on, and a folder that lies on a disk: an append-only file in memory proves nothing."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import psutil

from engine import units
from engine.errors import InputError

_IN_MEMORY = frozenset(("tmpfs", "ramfs", "devtmpfs"))
_RESERVE_BYTES = 256 << 20


def filesystem(folder: Path) -> str:
    """Its type (`ext4`, `xfs`, `tmpfs`), by the longest mount point above it; `unknown` when the system does not say."""
    path = folder.resolve()
    above = [part for part in psutil.disk_partitions(all=True) if path.is_relative_to(part.mountpoint)]
    return max(above, key=lambda part: len(part.mountpoint)).fstype if above else "unknown"


def on_disk() -> Path:
    """Where temporary folders may lie so that a sync reaches a disk: the usual place, or `/var/tmp`.

    Raises InputError when both are in memory.
    """
    places = [Path(tempfile.gettempdir()), Path("/var/tmp")]  # folders in it are private ones
    for place in places:
        if place.is_dir() and filesystem(place) not in _IN_MEMORY:
            return place
    raise InputError(
        f"{places[0]} lies in memory, where a synced file is not durable.",
        source="mode durable",
        expected="temporary files on a disk.",
        remedy="Set TMPDIR to a folder on a disk.",
    )


def require_free(folder: Path, needed: int) -> None:
    """Raise InputError when append-only files of `needed` bytes would not leave the disk some air."""
    free = shutil.disk_usage(folder).free
    if free < needed + _RESERVE_BYTES:
        raise InputError(
            f"the append-only files of all copies need about {units.format_bytes(needed)} of disk beside a reserve of "
            f"{units.format_bytes(_RESERVE_BYTES)}, and {units.format_bytes(free)} are free.",
            source=f"mode durable, {folder}",
            remedy="Free some space, set TMPDIR to a folder on a larger disk, or use fewer shards.",
        )
