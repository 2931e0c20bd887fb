"""Which slots hold keys that a client watches, so that nothing stays watched when its transaction has run elsewhere. Pure.

A recorded server watches keys of all slots for one transaction; a cluster executes it on one shard only. What is watched on
others has no part in it there, and must not abort a later one: it is let go with UNWATCH.
"""

from __future__ import annotations

from dataclasses import dataclass, field

COMMANDS = frozenset(["WATCH", "UNWATCH"])
ABORTS_UNKNOWN = (
    "{count:,} WATCH commands were replayed. Whether the recorded transactions after them were aborted is not recorded; those "
    "aborted in the replay are counted (aborted_transactions)."
)
TOO_MANY = "WATCH of more clients than are replayed with connections of their own"


@dataclass(slots=True)
class Watched:
    """Slots with watched keys, by client."""

    count: int = 0
    _slots: dict[int, dict[int, None]] = field(default_factory=dict)

    def watch(self, client: int, slot: int) -> None:
        """A WATCH is sent."""
        self.count += 1
        self._slots.setdefault(client, {})[slot] = None

    def let_go(self, client: int, executed: int | None = None) -> tuple[int, ...]:
        """The client watches nothing any more. Answers the slots that must be told, which leaves out where EXEC was sent."""
        return tuple(slot for slot in self._slots.pop(client, {}) if slot != executed)
