"""The limit on commands a second: no plan asks for more, and no catching up after a pause exceeds it. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DEFAULT_PER_S = 2_000.0
MOST_PER_S = 1_000_000.0
_BURST_S = 0.05  # what may be sent at once, as a share of a second's worth
_NS = 1_000_000_000

Times = npt.NDArray[np.int64]


def paced(due_ns: Times, operations: Times, per_s: float) -> Times:
    """The times at which units of so many operations are due when none may begin before the one ahead of it had its share
    of a second. Nothing is due earlier than before."""
    if not len(due_ns):
        return due_ns
    cost = np.round(operations * (_NS / per_s)).astype(np.int64)
    ahead = np.concatenate((np.zeros(1, dtype=np.int64), np.cumsum(cost)[:-1]))
    return np.maximum.accumulate(due_ns - ahead) + ahead


@dataclass(slots=True)
class Bucket:
    """How many operations may be sent now. In any stretch of t seconds at most t + 0.05 seconds' worth, and one unit."""

    per_s: float
    _level: float = 1.0
    _at_ns: int = 0

    def room(self, now_ns: int) -> int:
        """Operations that may be sent at this time, which never runs backwards."""
        most = max(self.per_s * _BURST_S, 1.0)
        self._level = min(most, self._level + (now_ns - self._at_ns) * self.per_s / _NS)
        self._at_ns = now_ns
        return max(int(self._level), 0)

    def take(self, operations: int) -> None:
        """Count what was sent; a unit larger than the room is paid for before the next."""
        self._level -= operations
