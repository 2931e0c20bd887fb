"""A plan's files as a player sees them: mapped, so that memory does not grow with the recording."""

from __future__ import annotations

import ctypes
import mmap
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.replay import patches
from engine.replay.plan import INDEX, PlanFacts, PlanFiles

_POPULATE_READ, _POPULATE_WRITE = 22, 23  # of Linux 5.14 and newer; Python has no names for them
_LIBC = ctypes.CDLL(None)
_LIBC.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)


@dataclass(slots=True)
class Mapped:
    """One file in memory as an array of `dtype`. Bytes of it can be read ahead, and let go: they stay in the file."""

    array: npt.NDArray[Any]
    _map: mmap.mmap | None = None
    _writable: bool = False

    @classmethod
    def open(cls, path: Path, dtype: Any, *, writable: bool = False) -> Mapped:
        """The whole file; an empty one is an empty array."""
        if not path.stat().st_size:
            return cls(np.empty(0, dtype=dtype))
        with path.open("r+b" if writable else "rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_WRITE if writable else mmap.ACCESS_READ)
        return cls(np.frombuffer(mapped, dtype=dtype), mapped, writable)

    def read_ahead(self, begin: int, end: int) -> None:
        """Have the bytes from `begin` to `end` in memory, as far as the kernel can. Other threads run meanwhile."""
        if self._advise(_POPULATE_WRITE if self._writable else _POPULATE_READ, begin, end):
            self._advise(mmap.MADV_WILLNEED, begin, end)

    def let_go(self, begin: int, end: int) -> None:
        """The bytes from `begin` to `end` are not needed soon."""
        whole = end // mmap.PAGESIZE * mmap.PAGESIZE
        if whole > begin:
            self._advise(mmap.MADV_DONTNEED, begin, whole)

    def _advise(self, advice: int, begin: int, end: int) -> int:
        # Not mmap's own method: that one holds the interpreter while a disk is read.
        start = begin // mmap.PAGESIZE * mmap.PAGESIZE
        return int(_LIBC.madvise(self.array.ctypes.data + start, end - start, advice)) if end > start else 0


def set_times(files: PlanFiles, facts: PlanFacts, lead_ns: int) -> None:
    """Write the Unix times in the payload for a replay that starts `lead_ns` from now. May be done again and again."""
    shift_ms = (time.time_ns() + lead_ns) // 1_000_000 - facts.written_for_ms
    patches.apply(files.payload, files.patches, shift_ms)


def blocking_clients(index_file: Path, most: int, lane: int) -> npt.NDArray[np.int64]:
    """The first `most` recorded clients (by number) with units in `lane`, sorted. Reads the index block by block."""
    found: npt.NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    with index_file.open("rb") as file:
        while block := file.read(INDEX.itemsize << 16):
            rows = np.frombuffer(block, dtype=INDEX)
            clients = rows["client"][rows["lane"] == lane].astype(np.int64)
            found = np.unique(np.concatenate([found, clients]))[:most]
    return found
