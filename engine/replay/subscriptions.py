"""Subscriptions as they are replayed: who listens to what, and how many confirmations each command is answered with. Pure.

A subscriber has a connection of its own, which speaks RESP3 whatever was recorded: there messages are told from replies by
their first byte, and they have the same length in both protocols. Sharded channels are subscribed to where their slot is;
all others, which every node of a cluster hears, on one node for each client.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from engine import slots
from engine.replay.plan import NO_SLOT
from engine.replay.task import MAX_SUBSCRIBED

COMMANDS = frozenset(["SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE", "UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"])
TOO_MANY = f"subscription of more than {MAX_SUBSCRIBED} clients"
NOTHING = "end of a subscription that was not recorded"
_SHARDED = frozenset(["SSUBSCRIBE", "SUNSUBSCRIBE"])
_ENDS = frozenset(["UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"])


@dataclass(frozen=True, slots=True)
class Piece:
    """One command to one node, answered by `replies` confirmations."""

    args: tuple[bytes, ...]
    slot: int
    replies: int


@dataclass(slots=True)
class Subscriptions:
    """What each client listens to, by kind of subscription."""

    _channels: dict[int, dict[str, dict[bytes, None]]] = field(default_factory=dict)

    def pieces(self, client: int, cmd: str, args: Sequence[bytes]) -> list[Piece] | str:
        """What is sent for a command of COMMANDS, or why nothing is."""
        if client not in self._channels:
            if cmd in _ENDS:
                return NOTHING
            if len(self._channels) >= MAX_SUBSCRIBED:
                return TOO_MANY
        kinds = self._channels.setdefault(client, {})
        known = kinds.setdefault(cmd.replace("UNSUB", "SUB"), {})
        named = tuple(args)
        if cmd in _ENDS:
            named = named or tuple(known)
            for channel in named:
                known.pop(channel, None)
        else:
            known.update(dict.fromkeys(named))
        if cmd in _SHARDED:
            return _by_slot(named) or NOTHING
        return [Piece(tuple(args), NO_SLOT, max(len(named), 1))]


def _by_slot(channels: Sequence[bytes]) -> list[Piece]:
    of_slot: dict[int, list[bytes]] = {}
    for channel in channels:
        of_slot.setdefault(slots.key_slot(channel), []).append(channel)
    return [Piece(tuple(named), slot, len(named)) for slot, named in of_slot.items()]
