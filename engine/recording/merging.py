"""The commands of all shards in one order of time, as far as it is settled."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter

from engine.recording.lines import Entry

PATIENCE_US = 1_000_000  # a shard that says nothing holds the others back for so long
_PORT_STEP = 100_000
_MOST_CLIENTS = 1 << 20


class Merger:
    """Takes entries shard by shard and gives them back sorted.

    A client's port may serve connections to several shards at once. To tell these apart, those to shards other than the
    first it is seen on get ports beyond the real ones: 100,000 times the shard is added.
    """

    def __init__(self) -> None:
        self.moved = 0
        self._waiting: list[Entry] = []
        self._written_us = 0
        self._shard_of: dict[bytes, int] = {}
        self._renamed: dict[tuple[bytes, int], bytes] = {}

    def put(self, shard: int, entries: Iterable[Entry]) -> None:
        """Entries of one shard, in its order."""
        self._waiting += [self._told_apart(shard, each) for each in entries]

    def settled(self, last_us: Sequence[int]) -> list[Entry]:
        """What no shard can still get in front of. `last_us`: time of each shard's newest line, 0 for none yet."""
        newest = max(last_us, default=0)
        return self._up_to(max(min(last_us, default=0), newest - PATIENCE_US))

    def rest(self) -> list[Entry]:
        """Everything left, at the end."""
        return self._up_to(1 << 62)

    def _up_to(self, limit_us: int) -> list[Entry]:
        self._waiting.sort(key=attrgetter("t_us"))  # stable: the lines of one shard keep their order
        count = next((place for place, each in enumerate(self._waiting) if each.t_us > limit_us), len(self._waiting))
        ready, self._waiting = self._waiting[:count], self._waiting[count:]
        ready = [self._in_order(each) for each in ready]
        return ready

    def _in_order(self, entry: Entry) -> Entry:
        """One that comes too late gets the time of the last one written."""
        if entry.t_us < self._written_us:
            self.moved += 1
            return entry._replace(t_us=self._written_us)
        self._written_us = entry.t_us
        return entry

    def _told_apart(self, shard: int, entry: Entry) -> Entry:
        client = entry.client
        if self._shard_of.get(client, shard) == shard or client == b"lua" or client.startswith(b"unix:"):
            if client not in self._shard_of and len(self._shard_of) < _MOST_CLIENTS:
                self._shard_of[client] = shard
            return entry
        place = client, shard
        if place not in self._renamed:
            host, _, port = client.rpartition(b":")
            self._renamed[place] = b"%b:%d" % (host, int(port) + _PORT_STEP * shard) if port.isdigit() else client
        return entry._replace(client=self._renamed[place])
