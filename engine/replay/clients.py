"""What the recorded clients say of themselves: which of them speak RESP3 and which watch keys. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice

from engine.replay.task import MAX_CLIENTS, MAX_WATCHING
from engine.traces.model import Operation


@dataclass(slots=True)
class Clients:
    """Recorded connections by what they were seen doing; `watching` in the order in which they began."""

    resp3: set[int] = field(default_factory=set)
    watching: dict[int, None] = field(default_factory=dict)

    def look_at(self, operation: Operation) -> None:
        """Take in one operation."""
        if operation.cmd == "HELLO" and operation.args:
            if operation.args[0] == b"3":
                self.resp3.add(operation.conn)
            else:
                self.resp3.discard(operation.conn)
        elif operation.cmd == "WATCH":
            self.watching[operation.conn] = None

    def watching_alone(self) -> frozenset[int]:
        """The clients whose watched keys are replayed, each on a connection of its own."""
        return frozenset(islice(self.watching, MAX_WATCHING))

    def resp3_shared(self, connections: int) -> tuple[int, ...]:
        """Which of the connections that clients share speak RESP3: those of which most clients do."""
        shared = min(max(connections, 1), MAX_CLIENTS)
        speaking = [0] * shared
        for client in self.resp3:
            speaking[client % shared] += 1
        clients = [len(range(place, connections, shared)) for place in range(shared)]
        return tuple(place for place in range(shared) if speaking[place] * 2 > clients[place])

    def resp3_of(self, clients: Iterable[int]) -> tuple[int, ...]:
        """Those of `clients` that speak RESP3."""
        return tuple(sorted(self.resp3.intersection(clients)))
