"""Which connections a player needs: the ones that recorded clients share, and those that some have for themselves.

A client that blocks, watches keys or listens to messages must not hold up, free or hear for others. Connections are numbered,
the shared ones first; each is one link to every shard.
"""

from __future__ import annotations

import contextlib
import resource
from dataclasses import dataclass

from engine.replay.files import blocking_clients
from engine.replay.plan import BLOCKING, SUBSCRIBED, WATCHING, PlanFacts, PlanFiles
from engine.replay.task import MAX_BLOCKING, MAX_CLIENTS, MAX_SUBSCRIBED, MAX_WATCHING

_SPARE_FILES = 64
_MOST = {BLOCKING: MAX_BLOCKING, WATCHING: MAX_WATCHING, SUBSCRIBED: MAX_SUBSCRIBED}


@dataclass(frozen=True, slots=True)
class Connections:
    """`own[k]` is the recorded client and the lane of connection `shared` + k; `resp3` the connections that speak RESP3."""

    shared: int
    own: tuple[tuple[int, int], ...]
    resp3: frozenset[int]

    @property
    def count(self) -> int:
        """Connections in all."""
        return self.shared + len(self.own)

    @property
    def subscribed(self) -> bool:
        """Whether anybody listens to messages."""
        return any(lane == SUBSCRIBED for _, lane in self.own)

    def numbers(self) -> dict[tuple[int, int], int]:
        """The connection of a recorded client in a lane that is not the shared one."""
        return {key: self.shared + place for place, key in enumerate(self.own)}


def connections_of(files: PlanFiles, facts: PlanFacts) -> Connections:
    """What a plan needs."""
    shared = min(max(facts.clients, 1), MAX_CLIENTS)
    own = tuple(
        (client, lane) for lane, most in _MOST.items() for client in blocking_clients(files.index, most, lane).tolist()
    )
    speaking = frozenset(facts.resp3_own)
    more = (place for place, (client, lane) in enumerate(own, shared) if lane == SUBSCRIBED or client in speaking)
    return Connections(shared, own, frozenset((*facts.resp3_shared, *more)))


def allow_files(links: int) -> None:
    """Ask for as many open files as the connections need, as far as this process may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = links + _SPARE_FILES
    if soft < wanted:
        with contextlib.suppress(ValueError, OSError):
            limit = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
