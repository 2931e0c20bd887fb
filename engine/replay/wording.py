"""The bytes of a command as it is sent: times moved to the replay's, entries of streams under the IDs they had.

Unix times follow from when the replay starts, which is not known yet: they are written for one start, and where they stand
is noted for the others (`patches.py`).
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from engine import expiry
from engine.replay import resp
from engine.replay.patches import PatchWriter
from engine.replay.selecting import Item
from engine.replay.stream_ids import StreamIds

_OTHER_BASE_MS = 86_400_000  # a second replay start, a day off, shows which arguments are Unix times
_DEADLINE_WINDOW_NS = 8_000_000_000  # expiries so long after the end still matter to the choice of when to read offsets


@dataclass(slots=True)
class Wording:
    """Words commands of one recording, in recorded order. Unix times are written for a replay that starts at
    `written_for_ms`; `deadlines_ms` are the expiries near the end, since the start of the replay.
    """

    speed: float
    recorded_start_ms: int
    duration_ns: int
    patches: PatchWriter
    stream_ids: StreamIds
    written_for_ms: int = field(default_factory=lambda: int(time.time() * 1000))
    deadlines_ms: set[int] = field(default_factory=set)

    def encoded(self, item: Item, start: int, due_ns: int) -> bytes:
        """A command as it stands in the payload from `start` on."""
        if item.cmd == "XADD":
            return resp.command([b"XADD", *self.stream_ids.named(item.args, item.operation.t_us)])
        if not expiry.has_ttl_rule(item.cmd):
            return resp.command(resp.words_of(item.cmd, item.args))
        args = self._rescaled(item, self.written_for_ms)
        words = resp.words_of(item.cmd, args)
        shifted = self._rescaled(item, self.written_for_ms + _OTHER_BASE_MS)
        for place, (here, there) in enumerate(zip(args, shifted, strict=True)):
            if here != there:
                self._add_patch(words, len(words) - len(args) + place, start, int(there) - int(here))
        ttl_ms = expiry.relative_ttl_ms(item.cmd, args, self.written_for_ms + due_ns // 1_000_000)
        if ttl_ms is not None:
            self._note_deadline(due_ns + ttl_ms * 1_000_000)
        return resp.command(words)

    def _note_deadline(self, at_ns: int) -> None:
        if self.duration_ns <= at_ns <= self.duration_ns + _DEADLINE_WINDOW_NS:
            self.deadlines_ms.add(at_ns // 1_000_000)

    def _rescaled(self, item: Item, replay_start_ms: int) -> tuple[bytes, ...]:
        return expiry.rescaled(
            item.cmd,
            item.args,
            speed=self.speed,
            recorded_start_ms=self.recorded_start_ms,
            replay_start_ms=replay_start_ms,
        )

    def _add_patch(self, words: list[bytes], place: int, start: int, difference: int) -> None:
        ahead = len(b"*%d\r\n" % len(words)) + sum(
            len(b"$%d\r\n" % len(word)) + len(word) + 2 for word in words[:place]
        )
        at = start + ahead + len(b"$%d\r\n" % len(words[place]))
        unit_ms = _OTHER_BASE_MS // difference
        self.patches.append(start=at, value=int(words[place]), unit_ms=unit_ms, digits=len(words[place]))
