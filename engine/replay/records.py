"""The record of a replay: when each unit was sent and when it was answered. The figures are folds over it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.replay.plan import NORMAL, WATCHING, PlanFiles
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


def read_records(files: PlanFiles, *, closed: bool = False) -> Records:
    """The record of a finished replay, joined with its plan. Blocking commands and subscribers are left out of
    latency.

    In a closed loop a unit is due when it can be sent.
    """
    index = files.read_index()
    times = np.fromfile(files.records, dtype=np.int64).reshape(2, len(index))
    return Records(
        due_ns=times[0] if closed else index["due_ns"].astype(np.int64),
        sent_ns=times[0],
        done_ns=times[1],
        kind=index["kind"].astype(np.int16),
        timed=(index["lane"] == NORMAL) | (index["lane"] == WATCHING),
    )
