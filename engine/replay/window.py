"""The window of a plan that is in memory while it plays: its files are read ahead of the player and let go behind it.

A thread of its own looks where the player is; a compiled loop runs on meanwhile, and finds its pages there. So the player's
memory does not depend on how long the recording is, and no unit waits for a disk that is fast enough on average.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

from engine.replay.files import Mapped

AHEAD_UNITS = 1 << 17
BEHIND_UNITS = 1 << 15  # most that can be under way; an older one that still waits is read again when it is answered
_AHEAD_BYTES = 1 << 26  # of one file; long values would fill the memory otherwise
_LOOK_S = 0.02


@dataclass(slots=True)
class Part:
    """A mapped file whose bytes of a unit begin at `place_of(unit)`; it grows with the unit."""

    mapped: Mapped
    place_of: Callable[[int], int]
    ahead_to: int = field(init=False)
    behind_to: int = field(init=False)

    def __post_init__(self) -> None:
        self.ahead_to = self.behind_to = self.place_of(0)

    def move(self, first: int, now: int, last: int) -> None:
        """Units before `first` are over, `now` is next, those before `last` come soon."""
        here = self.place_of(now)
        begin, end = max(self.ahead_to, here), min(self.place_of(last), here + _AHEAD_BYTES)
        if end > begin:
            self.mapped.read_ahead(begin, end)
            self.ahead_to = end
        over = self.place_of(first)
        if over > self.behind_to:
            self.mapped.let_go(self.behind_to, over)
            self.behind_to = over


class Window:
    """Moves with `position` (the next unit) over `units` units while the `with` block runs."""

    def __init__(self, parts: tuple[Part, ...], position: Callable[[], int], units: int) -> None:
        self._parts = parts
        self._position = position
        self._units = units
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._follow, daemon=True)

    def look(self) -> None:
        """Bring the window to where the player is."""
        now = min(self._position(), self._units)
        for part in self._parts:
            part.move(max(now - BEHIND_UNITS, 0), now, min(now + AHEAD_UNITS, self._units))

    def __enter__(self) -> Self:
        self.look()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _follow(self) -> None:
        while not self._ended.wait(_LOOK_S):
            self.look()
