"""How the keys of a running cluster lie over its slots, and what the hash tables that find them take."""

from __future__ import annotations

import numpy as np

from engine.cluster.local import LocalCluster, Shard
from engine.measurement import ShardTables
from engine.memory.layout import layout_of
from engine.memory.tables import tables_of_marked, tables_of_slots


def of_cluster(cluster: LocalCluster) -> tuple[ShardTables, ...]:
    """Of every shard's primary. One count per slot is asked for, in one pipeline: no key is looked at."""
    return tuple(_of_shard(cluster, shard) for shard in cluster.shards)


def _of_shard(cluster: LocalCluster, shard: Shard) -> ShardTables:
    engine = cluster.spec.engine
    layout = layout_of(engine.name, engine.version)
    asked = shard.primary.ask_all(("CLUSTER COUNTKEYSINSLOT", str(slot)) for slot in range(shard.first, shard.last + 1))
    counts = np.array(asked, dtype=np.int64)
    keys = int(counts.sum())
    expires = int(shard.primary.info("keyspace").get("db0", {}).get("expires", 0))
    tables = tables_of_slots(counts, layout, engine.allocator)
    if keys and expires:
        tables += tables_of_marked(counts, expires / keys, layout, engine.allocator)
    dispersion = float(counts.var() / counts.mean()) if keys else 1.0
    return ShardTables(shard.index, len(counts), keys, expires, round(tables), dispersion)
