"""A primary dies, a replica takes its place, the dead one comes back as a replica: what a failover does, by hand and at once.

The replica is chosen as the engines' own election prefers it: by how much of the stream it has.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from dataclasses import replace

from engine.cluster.local import LocalCluster, nodes_conf, wait_until_ready
from engine.cluster.node import Node, start
from engine.errors import Interrupted
from engine.progress import ShouldStop, never

_TIMEOUT_S = 20.0
_POLL_S = 0.005


def fail_over(cluster: LocalCluster) -> Node:
    """Give the only shard of a cluster, whose primary is dead, to its best replica; answers the dead node.

    The shard's primary and replicas are then the new ones, the dead node the last of them. Raises Interrupted.
    """
    (shard,) = cluster.shards
    _until(
        lambda: all(_has_all(node) for node in shard.replicas), "The replicas did not notice the end of their primary."
    )
    best = max(shard.replicas, key=lambda node: int(node.info("replication")["slave_repl_offset"]))
    best.ask("CLUSTER", "FAILOVER", "TAKEOVER")
    _until(lambda: best.info("replication")["role"] == "master", "The chosen replica did not become the primary.")
    others = tuple(node for node in shard.replicas if node is not best)
    cluster.shards = (replace(shard, primary=best, replicas=(*others, shard.primary)),)
    return shard.primary


def revive(cluster: LocalCluster, dead: Node, *, should_stop: ShouldStop = never) -> None:
    """Start a dead node again, empty, as a replica of the only shard's primary; returns when all copies are in step."""
    (shard,) = cluster.shards
    dead.close()
    for path in dead.spec.folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path)  # its append-only file: what it holds may never have been acknowledged
    specs = [shard.primary.spec, *(node.spec for node in shard.replicas)]
    (dead.spec.folder / "nodes.conf").write_text(nodes_conf(specs, 1, dead.spec))
    alive = start(cluster.spec.engine, dead.spec)
    replicas = tuple(alive if node is dead else node for node in shard.replicas)
    cluster.shards = (replace(shard, replicas=replicas),)
    wait_until_ready(cluster, should_stop)


def _has_all(replica: Node) -> bool:
    """Whether a replica has read everything its dead primary had sent: it has seen the end of the connection."""
    return bool(replica.info("replication")["master_link_status"] == "down")


def _until(condition: Callable[[], bool], trouble: str) -> None:
    deadline = time.monotonic() + _TIMEOUT_S
    while not condition():
        if time.monotonic() > deadline:
            raise Interrupted(trouble)
        time.sleep(_POLL_S)
