"""The record of a replay: when each unit was sent and when it was answered. The figures are folds over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.replay.plan import BLOCK, INDEX, NORMAL, WATCHING, Index, PlanFiles
from engine.stats.summary import Records

UNANSWERED_NS = 0  # what a unit without an answer has as its done time


def create_records(path: Path, units: int) -> tuple[memoryview, memoryview]:
    """A record file for `units` units, all zero; answers writable views of the sent and the done times (ns)."""
    path.write_bytes(b"")
    if not units:
        return view(np.zeros(0, dtype=np.int64)), view(np.zeros(0, dtype=np.int64))
    mapped = np.memmap(path, dtype=np.int64, mode="w+", shape=(2, units))
    return view(mapped[0]), view(mapped[1])


def view(array: npt.NDArray[Any]) -> memoryview:
    """A contiguous view of an array: single elements are read and written several times faster through it."""
    return memoryview(np.ascontiguousarray(array))  # type: ignore[arg-type]  # arrays are buffers; Python 3.11's stubs cannot say so


@dataclass(frozen=True, slots=True)
class Joined(Records):
    """Records with their part of the plan; the first of them is unit `first`."""

    index: Index
    first: int


@dataclass(frozen=True, slots=True)
class RecordFile:
    """The record of a finished replay, joined with its plan, some units at a time: memory does not grow with the recording.

    Blocking commands and subscribers are left out of latency. In a closed loop a unit is due when it can be sent.
    """

    files: PlanFiles
    closed: bool = False
    block: int = BLOCK

    @property
    def units(self) -> int:
        """All of the plan."""
        return self.files.index.stat().st_size // INDEX.itemsize

    def blocks(self) -> Iterator[Joined]:
        """The units in the order of the plan."""
        units, first = self.units, 0
        for index in self.files.blocks(self.block):
            sent, done = (self._times(row * units + first, len(index)) for row in (0, 1))
            yield _joined(index, first, sent, done, closed=self.closed)
            first += len(index)

    def _times(self, first: int, count: int) -> npt.NDArray[np.int64]:
        return np.fromfile(self.files.records, dtype=np.int64, count=count, offset=first * 8)


def read_records(files: PlanFiles, *, closed: bool = False) -> Records:
    """The same as a whole, for replays that are known to be short."""
    index = files.read_index()
    sent, done = np.fromfile(files.records, dtype=np.int64).reshape(2, len(index))
    return _joined(index, 0, sent, done, closed=closed)


def _joined(
    index: Index, first: int, sent: npt.NDArray[np.int64], done: npt.NDArray[np.int64], *, closed: bool
) -> Joined:
    return Joined(
        due_ns=sent if closed else index["due_ns"].astype(np.int64),
        sent_ns=sent,
        done_ns=done,
        kind=index["kind"].astype(np.int16),
        timed=(index["lane"] == NORMAL) | (index["lane"] == WATCHING),
        index=index,
        first=first,
    )
