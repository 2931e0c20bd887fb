"""Times for recordings whose clock is coarse or missing: whole seconds spread to microseconds, or even spacing.

Made times keep the order of the recording and never go back. The same seed gives the same times.
"""

from __future__ import annotations

import numpy as np

from engine.errors import InputError
from engine.traces.block import I64

SECOND_US = 1_000_000
MAX_SECONDS = (1 << 63) // SECOND_US - 2  # beyond it microseconds do not fit 64 bits


class SecondSpreader:
    """Places commands recorded to the second inside their second, at random, in order, over any number of calls.

    How many commands a second holds is known only when the next one begins. When a call ends inside a second, that
    second is expected to hold as many as the one before it (twice what was seen, where there is none before), and only
    the share of it already due is used; so pieces of a long recording join without crowding at a second's end.
    """

    def __init__(self, seed: int = 1) -> None:
        self._random = np.random.default_rng(seed)
        self._second: int | None = None  # the one that may go on in the next call
        self._offset = 0  # µs of it already used
        self._count = 0  # commands in it so far
        self._before: int | None = None  # commands in the second before it

    def spread(self, seconds: I64) -> I64:
        """Microseconds for whole seconds (Unix or relative), non-decreasing over this and all earlier calls.

        A second below an earlier one counts as that earlier one. |seconds| must not exceed `MAX_SECONDS`.
        """
        if len(seconds) == 0:
            return np.zeros(0, np.int64)
        ordered = self._ordered(seconds)
        starts = np.flatnonzero(np.diff(ordered, prepend=ordered[0] - 1))
        counts = np.diff(starts, append=len(ordered))
        low, high = self._bounds(ordered[starts], counts)
        room = np.repeat(high - low, counts)
        offsets = np.repeat(low, counts) + (self._random.random(len(ordered)) * room).astype(np.int64)
        times = np.sort(ordered * SECOND_US + offsets)
        self._offset = int(times[-1] - ordered[-1] * SECOND_US)
        return times

    def _ordered(self, seconds: I64) -> I64:
        first = np.maximum.accumulate(seconds.astype(np.int64))
        return first if self._second is None else np.maximum(first, self._second)

    def _bounds(self, distinct: I64, counts: I64) -> tuple[I64, I64]:
        """From which µs (included) to which (excluded) each second of this call is filled."""
        low = np.zeros(len(distinct), np.int64)
        high = np.full(len(distinct), SECOND_US, np.int64)
        earlier = 0
        if distinct[0] == self._second:
            low[0], earlier = self._offset, self._count
        else:
            self._before = self._count if self._second is not None else None
        if len(distinct) > 1:
            self._before = int(counts[-2]) + (earlier if len(distinct) == 2 else 0)
            earlier = 0
        self._second, here = int(distinct[-1]), int(counts[-1])
        self._count = earlier + here
        expected = 2 * here if self._before is None or self._before <= self._count else self._before - earlier
        if self._before is not None and self._before <= self._count and earlier == 0:
            expected = here + max(
                1, here // 8
            )  # as full as the one before: most likely complete, a little room is kept
        high[-1] = low[-1] + max(1, (SECOND_US - int(low[-1])) * here // expected)
        return low, high


def evenly(count: int, start_index: int, *, rate_per_s: float) -> I64:
    """Microseconds of commands `start_index` to `start_index + count - 1`, evenly spaced from 0. Raises InputError."""
    if not 0 < rate_per_s < float("inf"):
        raise InputError("The rate must be above zero.", source="rate", expected="commands per second, such as 1000.")
    return (np.arange(start_index, start_index + count, dtype=np.float64) * (SECOND_US / rate_per_s)).astype(np.int64)


def evenly_over(count: int, start_index: int, *, total: int, duration_s: float) -> I64:
    """The same for `total` commands spread over `duration_s`: the last one is due before it ends. Raises InputError."""
    if not 0 < duration_s < float("inf"):
        raise InputError("The duration must be above zero.", source="duration", expected="seconds, such as 3600.")
    return evenly(count, start_index, rate_per_s=max(total, 1) / duration_s)
