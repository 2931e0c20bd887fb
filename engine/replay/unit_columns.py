"""A plan's index as the plain player reads it: a column for each thing it asks of a unit, element by element."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.replay.connections import Connections
from engine.replay.ordering import NONE
from engine.replay.plan import BLOCKING, SUBSCRIBED, WATCHING, WRITE, Index
from engine.replay.records import view
from engine.replay.router import Router
from engine.slots import SLOTS


@dataclass(frozen=True, slots=True)
class UnitColumns:
    """Element u describes unit u. `due` is in ns since the start of the replay, and zero in closed loop; `begin` and `length`
    are bytes of the payload; `shard` is the one of its slot at the start; `written` is the slot it writes to, or NONE.

    `client` is the recorded one, `connection` the one it shares or has for itself. `queue` is what keeps its order: that
    connection, in closed loop its link to the unit's shard.
    """

    due: memoryview
    begin: memoryview
    length: memoryview
    replies: memoryview
    operations: memoryview
    slot: memoryview
    written: memoryview
    shard: memoryview
    lane: memoryview
    blocking: memoryview  # or subscribed: sent at once, outside of every order
    client: memoryview
    connection: memoryview
    queue: memoryview


def columns_of(index: Index, connections: Connections, route: Router, *, closed: bool) -> UnitColumns:
    """The columns of a plan on a cluster; `closed`: it is played in closed loop."""
    slot, lane, units = index["slot"].astype(np.int64), index["lane"], len(index)
    shard_of = np.array([route.shard(slot, 0) for slot in range(SLOTS)], dtype=np.int16)
    anywhere = np.where(lane == SUBSCRIBED, index["client"], np.arange(units)) % route.shards
    shard = np.where(slot >= 0, shard_of[np.maximum(slot, 0)], anywhere)
    connection = index["client"] % connections.shared
    for (client, kind), number in connections.numbers().items():
        if kind == WATCHING:
            connection[(index["client"] == client) & (lane == WATCHING)] = number
    return UnitColumns(
        due=view(np.zeros(units, dtype=np.int64) if closed else index["due_ns"]),
        begin=view(index["start"]),
        length=view(index["length"]),
        replies=view(index["replies"]),
        operations=view(index["operations"]),
        slot=view(index["slot"]),
        written=view(np.where(index["role"] >= WRITE, slot, NONE).astype(np.int32)),
        shard=view(shard.astype(np.int32)),
        lane=view(lane),
        blocking=view(np.isin(lane, (BLOCKING, SUBSCRIBED)).astype(np.uint8)),
        client=view(index["client"]),
        connection=view(connection.astype(np.int32)),
        queue=view((connection * route.shards + shard if closed else connection).astype(np.int32)),
    )
