"""When clients act: a Poisson process, flat or with the shape of a day squeezed into the duration.

The process is drawn at an even pace and its clock then bent by the inverse of the integrated rate (time rescaling), so
the mean stays what was asked for.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from engine.traces.block import I64

_GRID = 2_001  # points at which the bent clock is known; straight lines between them


def arrivals(random: np.random.Generator, *, per_s: float, duration_s: float, peak: float, block: int) -> Iterator[I64]:
    """Microseconds from 0 up to the duration, in order, at most `block` at a time.

    `per_s`: mean rate. `peak`: the busiest moment's rate over the mean, 1 (flat) to 2; the day begins and ends at its
    quietest.
    """
    even = 0.0
    bent, clock = _clock(duration_s, peak)
    while True:
        steps = even + np.cumsum(random.exponential(1.0 / per_s, block))
        even = float(steps[-1])
        inside = steps[steps < duration_s]
        yield (np.interp(inside, bent, clock) * 1e6).astype(np.int64)
        if len(inside) < block:
            return


def _clock(duration_s: float, peak: float) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], ...]:
    """Integrated rate 1 - a cos(2πt/T), a = peak - 1, against time; both run from 0 to the duration."""
    time = np.linspace(0.0, duration_s, _GRID)
    turn = 2 * np.pi / duration_s
    return time - (peak - 1.0) * np.sin(turn * time) / turn, time
