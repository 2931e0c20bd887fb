"""Which rate did the player keep? Second by second: a second counts as kept when at most one in a hundred left late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.replay import pacer
from engine.stats.histogram import IntArray
from engine.stats.summary import Recorded, Records

_NS_PER_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Pace:
    """Units a second: `peak` the most that were due in one second, `kept` the most of a second that left in time (None: no
    second did)."""

    peak: float
    kept: float | None


def pace(recorded: Recorded) -> Pace:
    """Of an open loop. The last second is left out unless it is the only one: it is rarely whole."""
    due = late = np.zeros(0, dtype=np.int64)
    for block in recorded.blocks():
        second = block.due_ns // _NS_PER_S
        due, late = _added(due, second), _added(late, second[_late(block)])
    if not len(due):
        return Pace(0.0, None)
    late = np.pad(late, (0, len(due) - len(late)))
    if len(due) > 1:
        due, late = due[:-1], late[:-1]
    kept = due[(late <= pacer.LATE_SHARE_ALLOWED * due) & (due > 0)]
    return Pace(float(due.max()), float(kept.max()) if len(kept) else None)


def _added(counts: IntArray, seconds: IntArray) -> IntArray:
    """Counts by second with those of some more units."""
    found: IntArray = np.bincount(seconds, minlength=len(counts))
    found[: len(counts)] += counts
    return found


def _late(records: Records) -> npt.NDArray[np.bool_]:
    """Sent late, or never sent."""
    waited = records.sent_ns - records.due_ns
    return np.asarray((waited > pacer.LATE_AFTER_NS) | (records.sent_ns == 0), dtype=np.bool_)
