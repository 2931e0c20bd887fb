"""Reads memory when it stands still, so that only keys explain what it grew by.

While a hash table is rehashed the old one and the new one both take memory; clients that have left, their buffers and the
latency histogram of every command used would otherwise be taken for keys.
"""

from __future__ import annotations

import time
from typing import Any

from engine.cluster.local import LocalCluster
from engine.cluster.node import Node
from engine.progress import ShouldStop, never, stop_if_asked
from engine.replay import probe
from engine.replay.probe import MemoryState

_POLL_S = 0.05
_LONGEST_S = 10.0  # an idle engine moves about 100,000 buckets a second
_QUIET_S = 0.2  # two rounds of the server's cron
_READINGS = 10  # at most, until two agree
_AGREE_BYTES = 512  # the control connection itself comes and goes
_ENTRY_BYTES = 40  # what the engines without a count of their own add for a key: entry and object
_POINTER = 8


def memory(cluster: LocalCluster, *, should_stop: ShouldStop = never) -> list[MemoryState]:
    """Memory of every primary with nobody but a fresh control client connected, without command statistics, nothing being
    rehashed: read until two readings agree."""
    wait_until_done(cluster, should_stop=should_stop)
    before: list[int] = []
    for _ in range(_READINGS):
        probe.reset_command_times(cluster)
        for shard in cluster.shards:
            shard.primary.reconnect()
        time.sleep(_QUIET_S)
        stop_if_asked(should_stop)
        states = [probe.memory(shard.primary) for shard in cluster.shards]
        found = [state.settled for state in states]
        if before and all(abs(now - then) <= _AGREE_BYTES for now, then in zip(found, before, strict=True)):
            break
        before = found
    return states


def wait_until_done(cluster: LocalCluster, *, should_stop: ShouldStop = never) -> bool:
    """Until no table of keys is rehashed on any primary, ten seconds at most; answers whether they do."""
    deadline = time.monotonic() + _LONGEST_S
    while any(is_rehashing(shard.primary) for shard in cluster.shards):
        stop_if_asked(should_stop)
        cluster.require_primaries()
        if time.monotonic() > deadline:
            return False
        time.sleep(_POLL_S)
    return True


def is_rehashing(node: Node) -> bool:
    """Whether a table of this node's keys exists twice, by MEMORY STATS."""
    stats: dict[str, Any] = node.client.memory_stats()
    if "db.dict.rehashing.count" in stats:
        return int(stats["db.dict.rehashing.count"]) > 0
    database: dict[str, int] = stats.get("db.0", {})
    keys = int(stats["keys.count"])
    # Older engines tell the bytes of entries and buckets together. Buckets of one table are a power of two.
    buckets = (database.get("overhead.hashtable.main", 0) - keys * _ENTRY_BYTES) // _POINTER
    return buckets > 0 and buckets & (buckets - 1) != 0
