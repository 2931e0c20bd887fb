"""Unix times inside a plan's payload that are only known when the replay starts: kept in a file, set block by block.

However many there are, a block of them is in memory at a time, and the pages of the payload that were written are let go.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

PATCH = np.dtype(
    [
        ("start", "<i8"),  # in the payload
        ("value", "<i8"),  # for a replay that starts at `PlanFacts.written_for_ms`
        ("unit_ms", "<i4"),  # what the value is counted in
        ("digits", "<i4"),
    ]
)
Patches = npt.NDArray[np.void]
_BLOCK = 1 << 16
_ZERO = ord("0")


@dataclass(slots=True)
class PatchWriter:
    """Appends patches to a file; keeps only the last 65,536 in memory."""

    path: Path
    _rows: list[tuple[int, int, int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.path.write_bytes(b"")

    def append(self, *, start: int, value: int, unit_ms: int, digits: int) -> None:
        """Add one."""
        self._rows.append((start, value, unit_ms, digits))
        if len(self._rows) >= _BLOCK:
            self.flush()

    def flush(self) -> None:
        """Write what is buffered."""
        with self.path.open("ab") as file:
            file.write(np.array(self._rows, dtype=PATCH).tobytes())
        self._rows.clear()


def read_patches(path: Path) -> Iterator[Patches]:
    """The patches of a plan in blocks; none when it has no such file."""
    if not path.exists():
        return
    with path.open("rb") as file:
        while block := file.read(PATCH.itemsize * _BLOCK):
            yield np.frombuffer(block, dtype=PATCH)


def apply(payload: Path, patches: Path, shift_ms: int) -> None:
    """Write every patch's time, moved by `shift_ms`, into the payload. May be done again and again."""
    if not patches.exists() or not patches.stat().st_size:
        return
    with payload.open("r+b") as file, mmap.mmap(file.fileno(), 0) as mapped:
        for block in read_patches(patches):
            _write(np.frombuffer(mapped, dtype=np.uint8), block, shift_ms)
            mapped.madvise(mmap.MADV_DONTNEED)


def _write(text: npt.NDArray[np.uint8], block: Patches, shift_ms: int) -> None:
    for digits in np.unique(block["digits"]):
        chosen = block[block["digits"] == digits]
        values = np.maximum(chosen["value"] + shift_ms // chosen["unit_ms"], 0)
        for place in range(digits):
            text[chosen["start"] + (digits - 1 - place)] = _ZERO + values % 10
            values //= 10
