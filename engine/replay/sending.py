"""What of a player sends: which bytes of a unit go out over which connection, and when the first of them did.

The plain player is three classes, each on top of the one before: sending, answering (what replies mean), and the player
itself (when what is due). What tells the kinds of players apart overrides steps of any.
"""

from __future__ import annotations

import socket
import time
from collections import Counter
from pathlib import Path

from engine.cluster.node import HOST
from engine.replay import pacer, resp, router
from engine.replay.connections import allow_files, connections_of
from engine.replay.link import Link, connect
from engine.replay.ordering import Ordering
from engine.replay.plan import WATCHING, PlanFiles
from engine.replay.polling import Poll
from engine.replay.records import create_records
from engine.replay.task import Outcome, Task
from engine.replay.unit_columns import columns_of

ASKING = -1  # stands among the awaited units for the reply to ASKING
_NO_LINK = 1 << 62


class Sending:
    """A task, the connections it is played over, and the units of its plan on their way out."""

    _payload: memoryview  # set when the times in it are

    def __init__(self, task: Task, route: router.Router | None = None) -> None:
        self.files = PlanFiles(Path(task.folder))
        self.facts = self.files.read_facts()
        self.router = route or router.Router(task.ranges, task.ports)
        self.task = task
        self.outcome = Outcome()
        self.connections = connections_of(self.files, self.facts)
        index = self.files.read_index()
        self.units = len(index)
        self._columns = columns_of(index, self.connections, self.router, closed=task.depth is not None)
        self._own = self.connections.numbers()
        self.ordering = self._make_ordering()
        self._sent, self._done = create_records(self.files.records, self.units)
        self._poll = Poll()
        self._links: list[Link] = []
        self._dirty: set[int] = set()
        self._sent_again: Counter[int] = Counter()
        self._start_ns = 0

    def _make_ordering(self) -> Ordering:
        columns, shards = self._columns, self.router.shards
        watching = any(kind == WATCHING for _, kind in self._own)
        own_from = self.connections.shared * shards if watching else _NO_LINK
        return Ordering(columns.queue, columns.shard, columns.written, shards, self._send, self.task.depth, own_from)

    # -- connections -------------------------------------------------------------------------------------------------

    def _open_links(self) -> None:
        self.outcome.connections = self.connections.count * self.router.shards
        allow_files(self.outcome.connections)
        for number in range(self.outcome.connections):
            connection, shard = divmod(number, self.router.shards)
            sock = self._connect(shard, resp3=connection in self.connections.resp3)
            link = Link(sock, number, shard)
            self._links.append(link)
            self._poll.add(link)

    def _connect(self, shard: int, *, resp3: bool) -> socket.socket:
        return connect(HOST, self.task.ports[shard], self.task.password, resp3=resp3)

    def _place(self, unit: int) -> int:
        """The connection of the unit's client."""
        if self._columns.blocking[unit]:
            return self._own[self._columns.client[unit], self._columns.lane[unit]]
        return self._columns.connection[unit]

    # -- units -------------------------------------------------------------------------------------------------------

    def _now(self) -> int:
        return time.perf_counter_ns() - self._start_ns

    def _send(self, unit: int, number: int) -> None:
        link, columns = self._links[number], self._columns
        begin = columns.begin[unit]
        link.out.append(self._payload[begin : begin + columns.length[unit]])
        link.fresh.append(unit)
        if not link.pending:
            link.left = columns.replies[unit]
        link.pending.append(unit)
        self._dirty.add(number)

    def _flush(self) -> None:
        columns = self._columns
        for number in self._dirty:
            link = self._links[number]
            now = self._now()
            for unit in link.fresh:
                self.outcome.bytes_in += columns.length[unit]
                if unit in self._sent_again:  # sent again: it counts, and its time runs, from the first time
                    continue
                self._sent[unit] = now
                self.outcome.sent += columns.operations[unit]
                if self.task.depth is None:
                    self.outcome.late_units += pacer.is_late(columns.due[unit], now)
            link.fresh.clear()
            if not link.push():
                self._poll.push_when_writable(link)
        self._dirty.clear()

    def _announce(self, number: int) -> None:
        """ASKING goes before the one command it is for; its own +OK is awaited as a reply without a unit."""
        link = self._links[number]
        link.out.append(resp.command([b"ASKING"]))
        if not link.pending:
            link.left = 1
        link.pending.append(ASKING)
