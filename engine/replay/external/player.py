"""The player on somebody else's cluster: TLS and users, a rate never exceeded, an end when the servers are in trouble.

A process of its own (`python -m engine.replay.external.player`) with the task on standard input, where no other process sees
the password.
"""

from __future__ import annotations

import dataclasses
import json
import socket
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine import processes
from engine.cluster.external.target import Endpoint, player_socket
from engine.errors import HeadroomError, Interrupted
from engine.recording.address import Access, Address
from engine.replay import player, router
from engine.replay.external.health import Health
from engine.replay.external.rate import Bucket
from engine.replay.link import Link
from engine.replay.task import Task, say

_BURST = 512


@dataclass(frozen=True, slots=True)
class ExternalTask:
    """What to play and against whom. `shard_of_slot[s]` is the index of the endpoint that serves slot s."""

    folder: str
    endpoints: tuple[Endpoint, ...]
    shard_of_slot: tuple[int, ...] = field(repr=False)
    access: Access
    per_s: float
    together: bool = False  # with other players: it starts when it is told to

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types; holds the password."""
        access = {**dataclasses.asdict(self.access), "ca": None if self.access.ca is None else str(self.access.ca)}
        return {**dataclasses.asdict(self), "access": access}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ExternalTask:
        """The inverse of `to_json`."""
        endpoints = tuple(Endpoint(Address(**each["address"]), each["ip"]) for each in data["endpoints"])
        access = data["access"]
        trusted = Access(**{**access, "ca": None if access["ca"] is None else Path(access["ca"])})
        return cls(data["folder"], endpoints, tuple(data["shard_of_slot"]), trusted, data["per_s"], data["together"])


class HostRouter(router.Router):
    """Nodes told apart by host and port: in a managed cluster all of them have the same port."""

    def __init__(self, shard_of_slot: Sequence[int], endpoints: Sequence[Endpoint]) -> None:
        self._shard_of = list(shard_of_slot)
        self._endpoints = tuple(endpoints)
        self.shards = len(endpoints)

    def follow(self, redirect: router.Redirect) -> int | None:
        """The shard a redirection leads to; None when it is none of those that were judged and connected to."""
        known = [
            shard
            for shard, each in enumerate(self._endpoints)
            if each.address.port == redirect.port and redirect.host in ("", each.address.host, each.ip)
        ]
        if len(known) != 1:
            return None
        if not redirect.asking:
            self._shard_of[redirect.slot] = known[0]
        return known[0]


class ExternalPlayer(player.Player):
    """Plays one task within the limit; `outcome.stopped` says why it ended early."""

    def __init__(self, task: ExternalTask) -> None:
        self._target = task
        route = HostRouter(task.shard_of_slot, task.endpoints)
        super().__init__(Task(task.folder, (), (), "", together=task.together), route)
        self._bucket = Bucket(task.per_s)
        self._health = Health()

    def _connect(self, shard: int, *, resp3: bool) -> socket.socket:
        return player_socket(self._target.endpoints[shard], self._target.access)  # HELLO is not admitted: always RESP2

    def _submit_due(self, unit: int, now: int) -> int:
        self.burst = min(_BURST, self._bucket.room(now))
        reached = super()._submit_due(unit, now)
        self._bucket.take(sum(self._columns.operations[unit:reached]))
        self.outcome.stopped = self.outcome.stopped or self._health.verdict(now, waiting=self.ordering.flying > 0)
        return reached

    def _flush(self) -> None:
        try:
            super()._flush()
        except OSError as error:
            self.outcome.stopped = f"a connection was lost during the replay ({error})"

    def _read(self, link: Link) -> None:
        try:
            super()._read(link)
        except Interrupted as error:
            self.outcome.stopped = str(error).rstrip(".")

    def _complete(self, unit: int, now: int) -> None:
        self._health.answered_at_ns = now
        super()._complete(unit, now)

    def _count_error(self, unit: int, text: str) -> None:
        self._health.error(text.split(" ", 1)[0])
        super()._count_error(unit, text)


def main() -> int:
    """Play the task on standard input. Status 0 and an `outcome` line, or status 1 and an `error` line."""
    processes.die_with_parent()
    task = ExternalTask.from_json(json.loads(sys.stdin.readline()))
    try:
        outcome = ExternalPlayer(task).play()
    except (HeadroomError, OSError) as error:
        say({"error": str(error)})
        return 1
    say({"outcome": dataclasses.asdict(outcome)})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
