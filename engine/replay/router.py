"""Which shard serves a slot, corrected by what the cluster itself answers (MOVED, ASK)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from engine.slots import SLOTS

_REDIRECT = re.compile(r"(MOVED|ASK) (\d+) ([^ ]*):(\d+)")


@dataclass(frozen=True, slots=True)
class Redirect:
    """A redirection: `asking` for this one command only (ASK), else for good (MOVED)."""

    asking: bool
    slot: int
    port: int
    host: str = ""


def parse_redirect(error: str) -> Redirect | None:
    """The redirection an error reply asks for, None when it is another error."""
    match = _REDIRECT.match(error)
    return Redirect(match[1] == "ASK", int(match[2]), int(match[4]), match[3]) if match else None


class Router:
    """A map from slot to shard number. Commands without a key go to the shards in turn, the same way each time."""

    def __init__(self, ranges: Sequence[tuple[int, int]], ports: Sequence[int]) -> None:
        self._shard_of = [0] * SLOTS
        for shard, (first, last) in enumerate(ranges):
            self._shard_of[first : last + 1] = [shard] * (last + 1 - first)
        self._by_port = {port: shard for shard, port in enumerate(ports)}
        self.shards = len(ranges)

    def shard(self, slot: int, unit: int) -> int:
        """The shard that serves `slot`; for no slot (negative), one chosen by the unit's number."""
        return self._shard_of[slot] if slot >= 0 else unit % self.shards

    def follow(self, redirect: Redirect) -> int | None:
        """The shard a redirection leads to (remembered unless asking); None when it is not one of ours."""
        shard = self._by_port.get(redirect.port)
        if shard is not None and not redirect.asking:
            self._shard_of[redirect.slot] = shard
        return shard
