"""How large a snapshot is and how long it takes: an RDB written by a replica of every shard, one after another."""

from __future__ import annotations

import time
from typing import Any

from engine.cluster.local import LocalCluster
from engine.cluster.node import Node
from engine.errors import Interrupted
from engine.measurement import Snapshot
from engine.progress import Progress, Report, ShouldStop, stop_if_asked

_POLL_S = 0.01
_TIMEOUT_S = 600


def take(cluster: LocalCluster, *, report: Report, should_stop: ShouldStop) -> Snapshot:
    """Snapshot every shard; sums the bytes, and keeps the longest time. Without replicas the primaries write it."""
    size, longest, copied = 0, 0.0, 0
    on_replicas = bool(cluster.spec.replicas)
    for shard in cluster.shards:
        report(Progress("snapshot", shard.index, len(cluster.shards), "shards"))
        node = next(iter(shard.living_replicas()), shard.primary)
        on_replicas = on_replicas and node is not shard.primary
        longest = max(longest, _save(node, should_stop))
        size += (node.spec.folder / "dump.rdb").stat().st_size
        copied += int(node.info("persistence").get("rdb_last_cow_size", 0))
    return Snapshot(bytes=size, seconds=longest, taken_on="replica" if on_replicas else "primary", cow_bytes=copied)


def _save(node: Node, should_stop: ShouldStop) -> float:
    started = time.monotonic()
    node.client.bgsave()
    while True:
        state: dict[str, Any] = node.client.info("persistence")
        if not state["rdb_bgsave_in_progress"]:
            break
        stop_if_asked(should_stop)
        if time.monotonic() - started > _TIMEOUT_S:
            raise Interrupted(f"A snapshot was not finished after {_TIMEOUT_S} s.")
        time.sleep(_POLL_S)
    if state["rdb_last_bgsave_status"] != "ok":
        raise Interrupted(f"The engine could not write a snapshot. {node.log_tail()}")
    return time.monotonic() - started
