"""Keys with a time to live: has their number settled, and if not, at how many will it?

A key lives until its last time to live is over, so in steady state the live keys are the distinct ones written within one
time to live. A recording that long has seen it; a shorter one has seen the beginning of a curve that bends, because keys
come back: carrying on at the rate of its second half gives the likely number, at that of its whole the highest.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from engine.measurement import Plateau

REACHED, GROWING = "reached", "growing"
_WINDOW_QUANTILE = 0.99
_SECOND = 1_000_000

Numbers = NDArray[np.int64]


def plateau(t_us: Numbers, keys: Numbers, ttl_us: Numbers, recorded_us: int) -> Plateau | None:
    """From every write that sets a time to live: when, to which key (a number each), how long. In order of time; None when
    there are none. A negative time is a key's that was there before the recording began.

    A key that is deleted or made permanent before its time is taken to live on: the figures are upper ends there.
    """
    if not len(t_us) or recorded_us <= 0:
        return None
    _, first = np.unique(keys, return_index=True)
    _, from_end = np.unique(keys[::-1], return_index=True)
    last = len(keys) - 1 - from_end
    live = int((t_us[last] + ttl_us[last] > recorded_us).sum())
    window = int(np.quantile(ttl_us[last], _WINDOW_QUANTILE, method="lower"))
    if window <= recorded_us:
        return Plateau(REACHED, live, live, live, live, window / _SECOND, recorded_us / _SECOND)
    return _growing(t_us[first], ttl_us[last], live, window, recorded_us)


def scaled(found: Plateau, factor: int) -> Plateau:
    """The same with `factor` keys for each one looked at."""
    return replace(
        found,
        live_keys=found.live_keys * factor,
        plateau_keys=found.plateau_keys * factor,
        low_keys=found.low_keys * factor,
        high_keys=found.high_keys * factor,
    )


def _growing(first_us: Numbers, ttl_us: Numbers, live: int, window: int, recorded_us: int) -> Plateau:
    # Each key's own time to live counts: some families may be in steady state while others only begin to grow.
    still_growing = np.maximum(ttl_us - recorded_us, 0) / recorded_us
    late = first_us >= recorded_us // 2
    likely = live + float(2 * still_growing[late].sum())
    high = live + float(still_growing[first_us >= 0].sum())
    likely_keys, high_keys = round(likely), round(max(high, likely))
    return Plateau(GROWING, live, likely_keys, live, high_keys, window / _SECOND, recorded_us / _SECOND)
