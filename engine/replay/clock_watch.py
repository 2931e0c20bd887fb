"""Did the wall clock step during a replay? Engines keep times to live by it; all else here goes by the monotonic clock.

The difference of the two stays the same while time synchronisation only speeds them up or slows them down, which it does
to both; it changes when the clock is set, the machine sleeps or a virtual machine is moved.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

STEP_NS = 100_000_000  # what no time to live of whole milliseconds would notice is left alone
_TRIES = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """Both clocks at one moment, ns; `width_ns` is how long the reading took."""

    monotonic_ns: int
    wall_ns: int
    width_ns: int = 0


@dataclass(frozen=True, slots=True)
class Jump:
    """The wall clock stepped by `by_ns` shortly before `monotonic_ns`."""

    monotonic_ns: int
    by_ns: int


def read() -> Reading:
    """The clocks now: the narrowest of some readings, because we may be put aside between two of them."""
    return min((_read_once() for _ in range(_TRIES)), key=lambda each: each.width_ns)


def _read_once() -> Reading:
    before = time.perf_counter_ns()
    wall = time.time_ns()
    after = time.perf_counter_ns()
    return Reading((before + after) // 2, wall, after - before)


@dataclass(slots=True)
class ClockWatch:
    """Give it a `look` now and then; `jumps` holds what it saw."""

    clocks: Callable[[], Reading] = read
    jumps: list[Jump] = field(default_factory=list)
    _apart_ns: int | None = None

    def look(self) -> None:
        """Compare the clocks' difference with that of before."""
        now = self.clocks()
        apart = now.wall_ns - now.monotonic_ns
        if self._apart_ns is None:
            self._apart_ns = apart
        elif abs(apart - self._apart_ns) > STEP_NS + now.width_ns:
            self.jumps.append(Jump(now.monotonic_ns, apart - self._apart_ns))
            self._apart_ns = apart
