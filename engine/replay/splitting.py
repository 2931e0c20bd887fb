"""Who plays what when several players share one plan: whole connections, evenly by operations, the same way each time.

A connection stays with one player, so transactions stay whole and what blocks blocks only its own. What is lost: the order of
writes to a slot is kept among the connections of one player, not between players.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.errors import InputError
from engine.replay.plan import Index

IntArray = npt.NDArray[np.int64]
MOST_PLAYERS = 64


@dataclass(frozen=True, slots=True)
class Split:
    """`player_of[c]` plays the recorded connection `c`, which is number `number_of[c]` there; -1: it sends nothing."""

    player_of: IntArray
    number_of: IntArray
    players: int

    def of(self, index: Index) -> IntArray:
        """The player of each unit."""
        found: IntArray = self.player_of[index["client"]]
        return found

    def connections(self, player: int) -> int:
        """How many recorded connections a player has."""
        return int(np.count_nonzero(self.player_of == player))

    def numbers(self, clients: Sequence[int], player: int) -> tuple[int, ...]:
        """The numbers that those of the recorded connections have with a player which are its own."""
        known = (client for client in clients if client < len(self.player_of))
        return tuple(sorted(int(self.number_of[client]) for client in known if self.player_of[client] == player))


def require_players(players: int) -> None:
    """Raise InputError when that many processes cannot be asked for."""
    if not 1 <= players <= MOST_PLAYERS:
        raise InputError(f"{players} is no number of players.", source="players", expected=f"1 to {MOST_PLAYERS}.")


def operations_by_client(blocks: Iterable[Index]) -> IntArray:
    """Recorded operations of each connection."""
    total: IntArray = np.zeros(0, dtype=np.int64)
    for block in blocks:
        found = np.bincount(block["client"], weights=block["operations"]).astype(np.int64)
        longer, shorter = (found, total) if len(found) > len(total) else (total, found)
        longer[: len(shorter)] += shorter
        total = longer
    return total


def share_out(operations: IntArray, players: int) -> Split:
    """Give each connection to the player with the least so far, the busiest connection first.

    No player has more than its even share and one connection. Fewer connections than players: fewer players.
    """
    busy = np.flatnonzero(operations)
    order = busy[np.argsort(-operations[busy], kind="stable")]
    players = max(min(players, len(order)), 1)
    loads = [(0, player) for player in range(players)]
    player_of = np.full(len(operations), -1, dtype=np.int64)
    for client in order.tolist():
        load, player = loads[0]
        player_of[client] = player
        heapq.heapreplace(loads, (load + int(operations[client]), player))
    number_of = np.full(len(operations), -1, dtype=np.int64)
    for player in range(players):
        mine = np.flatnonzero(player_of == player)
        number_of[mine] = np.arange(len(mine))
    return Split(player_of, number_of, players)


def assumptions(players: int) -> tuple[str, ...]:
    """What a measurement by several players says about them."""
    if players < 2:
        return ()
    return (
        f"{players} player processes shared the recorded connections. Writes to one slot kept their order among the "
        "connections of one player, not between players: where connections of two players write the same keys, values and "
        "data written can differ from a replay by one player.",
    )
