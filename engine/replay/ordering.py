"""What may be sent now, and over which connection: keeps the recorded order where it decides the result. Pure.

Two orders are kept. Units of one recorded client are executed in their order. Writes to one slot are executed in the order
in which the recorded server executed them, whichever client sent them: otherwise the same recording would leave other data
behind, and other bytes in the replication stream, each time it is replayed. Neither order waits where TCP already
guarantees it: a unit follows an unanswered one over the same link.

A link is a connection to one shard; link numbers are `client * shards + shard`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence

NONE = -1


class Ordering:
    """Schedules units 0, 1, 2 … given in order by `submit`.

    `clients[u]`, `shards[u]` and `slots[u]` (NONE unless the unit writes to a slot) describe unit u; `send(unit, link)` is
    called as soon as the unit may leave. Tell `answered(unit)` when all its replies have come.

    With a `depth` the loop is closed: `clients[u]` is then the link of the unit's client to its shard (clients of a cluster
    pipeline to every shard on its own), and up to `depth` units of each leave, then none until all are answered.
    """

    def __init__(
        self,
        clients: Sequence[int],
        shards: Sequence[int],
        slots: Sequence[int],
        shard_count: int,
        send: Callable[[int, int], None],
        depth: int | None = None,
    ) -> None:
        self._clients = clients
        self._shards = shards
        self._slots = slots
        self._shard_count = shard_count
        self._send = send
        self._depth = depth
        self._room: dict[int, int] = {}
        self._client_link: dict[int, int] = {}
        self._client_flying: dict[int, int] = {}
        self._client_queue: dict[int, deque[int]] = {}
        self._slot_link: dict[int, int] = {}
        self._slot_flying: dict[int, int] = {}
        self._slot_queue: dict[int, deque[int]] = {}
        self._link_of: dict[int, int] = {}
        self._executed: set[int] = set()
        self.waiting = 0
        self.flying = 0

    def submit(self, unit: int) -> None:
        """A unit is due: send it, or keep it until it may leave."""
        client, slot = self._clients[unit], self._slots[unit]
        if client not in self._client_queue and slot not in self._slot_queue and self._try(unit, client, slot):
            return
        self.waiting += 1
        self._client_queue.setdefault(client, deque()).append(unit)
        if slot != NONE:
            self._slot_queue.setdefault(slot, deque()).append(unit)

    def answered(self, unit: int) -> None:
        """All replies of a unit have come: what waited for it may leave."""
        client, slot = self._clients[unit], NONE if unit in self._executed else self._slots[unit]
        self._executed.discard(unit)
        del self._link_of[unit]
        self.flying -= 1
        self._land(self._client_flying, self._client_link, client)
        if slot != NONE:
            self._land(self._slot_flying, self._slot_link, slot)
        if self.waiting:
            self._release(client, slot)

    def executed(self, unit: int) -> None:
        """All replies have come, and the unit is not acknowledged yet: others may write to its slot, its client waits."""
        slot = self._slots[unit]
        if slot == NONE:
            return
        self._executed.add(unit)
        self._land(self._slot_flying, self._slot_link, slot)
        if self.waiting:
            self._release(self._clients[unit], slot)

    @staticmethod
    def _land(flying: dict[int, int], link: dict[int, int], who: int) -> None:
        left = flying[who] - 1
        if left:
            flying[who] = left
        else:
            del flying[who], link[who]

    def _try(self, unit: int, client: int, slot: int) -> bool:
        """Send the unit if nothing before it could be overtaken and its client has room."""
        if not self._has_room(client):
            return False
        mine = self._client_link.get(client, NONE)
        theirs = self._slot_link.get(slot, NONE) if slot != NONE else NONE
        if theirs != NONE:
            link = theirs
        elif mine != NONE and mine % self._shard_count == self._shards[unit]:
            link = mine
        else:
            link = client if self._depth is not None else client * self._shard_count + self._shards[unit]
        if mine not in (NONE, link):
            return False
        self._depart(unit, client, slot, link)
        return True

    def _has_room(self, client: int) -> bool:
        if self._depth is None:
            return True
        if client not in self._client_flying:
            self._room[client] = self._depth
        return self._room[client] > 0

    def _depart(self, unit: int, client: int, slot: int, link: int) -> None:
        self._link_of[unit] = link
        self.flying += 1
        self._client_link[client] = link
        self._client_flying[client] = self._client_flying.get(client, 0) + 1
        if self._depth is not None:
            self._room[client] -= 1
        if slot != NONE:
            self._slot_link[slot] = link
            self._slot_flying[slot] = self._slot_flying.get(slot, 0) + 1
        self._send(unit, link)

    def _release(self, client: int, slot: int) -> None:
        """Send waiting units that have become free, as far as one frees the next."""
        clients, freed_slots = [client], [slot]
        while clients or freed_slots:
            unit = self._head(clients, freed_slots)
            if unit is None or not self._is_first(unit):
                continue
            if self._try(unit, self._clients[unit], self._slots[unit]):
                self._unqueue(unit)
                clients.append(self._clients[unit])
                freed_slots.append(self._slots[unit])

    def _head(self, clients: list[int], freed_slots: list[int]) -> int | None:
        queue = self._client_queue.get(clients.pop()) if clients else self._slot_queue.get(freed_slots.pop())
        return queue[0] if queue else None

    def _is_first(self, unit: int) -> bool:
        slot = self._slots[unit]
        return self._client_queue[self._clients[unit]][0] == unit and (
            slot == NONE or self._slot_queue[slot][0] == unit
        )

    def _unqueue(self, unit: int) -> None:
        self.waiting -= 1
        for queues, who in ((self._client_queue, self._clients[unit]), (self._slot_queue, self._slots[unit])):
            if who == NONE:
                continue
            queues[who].popleft()
            if not queues[who]:
                del queues[who]
