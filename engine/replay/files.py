"""A plan's files as a player sees them: mapped, so that memory does not grow with the recording."""

from __future__ import annotations

import mmap
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.replay.plan import INDEX, PlanFacts, PlanFiles


@dataclass(slots=True)
class Mapped:
    """One file in memory as an array of `dtype`. What is behind can be let go; it stays in the file."""

    array: npt.NDArray[Any]
    _map: mmap.mmap | None = None
    _let_go: int = 0

    @classmethod
    def open(cls, path: Path, dtype: Any, *, writable: bool = False) -> Mapped:
        """The whole file; an empty one is an empty array."""
        if not path.stat().st_size:
            return cls(np.empty(0, dtype=dtype))
        with path.open("r+b" if writable else "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ)
        return cls(np.frombuffer(mapped, dtype=dtype), mapped)

    def let_go(self, items: int) -> None:
        """The first `items` are not needed soon."""
        stop = items * self.array.itemsize // mmap.PAGESIZE * mmap.PAGESIZE
        if self._map is not None and stop > self._let_go:
            self._map.madvise(mmap.MADV_DONTNEED, self._let_go, stop - self._let_go)
            self._let_go = stop


def set_times(files: PlanFiles, facts: PlanFacts, lead_ns: int) -> None:
    """Write the Unix times in the payload for a replay that starts `lead_ns` from now. May be done again and again."""
    if not facts.patches:
        return
    shift_ms = (time.time_ns() + lead_ns) // 1_000_000 - facts.written_for_ms
    with files.payload.open("r+b") as file:
        for patch in facts.patches:
            text = b"%0*d" % (patch.digits, patch.value + shift_ms // patch.unit_ms)
            os.pwrite(file.fileno(), text[-patch.digits :], patch.start)


def blocking_clients(index_file: Path, most: int, lane: int) -> npt.NDArray[np.int64]:
    """The first `most` recorded clients (by number) with units in `lane`, sorted. Reads the index block by block."""
    found: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    with index_file.open("rb") as file:
        while block := file.read(INDEX.itemsize << 16):
            rows = np.frombuffer(block, dtype=INDEX)
            clients = rows["client"][rows["lane"] == lane].astype(np.int64)
            found = np.unique(np.concatenate([found, clients]))[:most]
    return found
