"""Memory of all keys predicted from 10 % and from 1 % of them, then loaded and measured: one row for each, type by type.

A cluster takes up the keyspace in three steps (1 %, 10 %, all) and is weighed after each as a run weighs it. The number
of all keys is taken as known: DBSIZE tells it in an instant.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from benchmarks.memory_loads import LOADS, Load, Words, created
from benchmarks.table import Row, row, say
from engine import units
from engine.cluster.binaries import Engine
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.measurement import EngineIdentity, Memory
from engine.memory.extrapolation import Extrapolation, extrapolate
from engine.replay import family_memory, loading, standstill, table_shape
from engine.replay.collecting_memory import memory_of
from engine.replay.population import Creation
from engine.replay.probe import MemoryState

SHARES = (0.01, 0.1)
SHARDS = 3
_EMPTY_S = 0.3  # until what the flushed keys had around them is gone as well


def memory_rows(engine: Engine, loads: Sequence[Load] = LOADS) -> Iterator[Row]:
    """Two rows for each type of value."""
    with boot(ClusterSpec(engine, SHARDS, 0)) as cluster:
        for load in loads:
            say(f"weighing {load.keys:,} {load.title} on {engine.title}")
            yield from _rows_of(cluster, load)


def prediction_row(title: str, engine: Engine, predicted: Extrapolation, sampled: Memory, full: Memory) -> Row:
    """What was predicted from a sample beside what all keys took."""
    error = "not known" if predicted.error is None else f"{predicted.error:.1%}"
    note = (
        f"{engine.title}. From {sampled.keys:,} of {full.keys:,} keys; standard error by the sample's own spread {error}; "
        f"divided by the share it would be {_divided(sampled, full):.3f}; hash tables "
        f"{units.format_bytes(predicted.tables_bytes)}."
    )
    return row(f"memory, {title}", predicted.bytes, full.keyspace_bytes, "bytes", note)


def _divided(sampled: Memory, full: Memory) -> float:
    return sampled.keyspace_bytes * full.keys / sampled.keys / full.keyspace_bytes


def _rows_of(cluster: LocalCluster, load: Load) -> Iterator[Row]:
    engine = cluster.spec.engine
    identity = EngineIdentity(engine.name, engine.version, engine.allocator)
    _empty_out(cluster)
    empty = standstill.memory(cluster)
    keys, done, sampled = created(load), 0, []
    for share in (*SHARES, 1.0):
        until = round(load.keys * share)
        _fill(cluster, load, islice(keys, until - done))
        sampled.append(_weigh(cluster, empty, deviation=share < 1))
        done = until
    full = sampled.pop()
    for share, part in zip(SHARES, sampled, strict=True):
        predicted = extrapolate(part, identity, share, keys=full.keys)
        yield prediction_row(f"{load.title}, {engine.name}, from {share:.0%}", engine, predicted, part, full)


def _fill(cluster: LocalCluster, load: Load, keys: Iterable[tuple[Words, ...]]) -> None:
    creations = (Creation(words[1], words) for key in keys for words in key)
    errors = loading.load_keys(cluster, creations, total=load.keys, message=load.title)
    if errors:
        raise RuntimeError(f"the engine refused commands of the benchmark: {dict(errors)}")


def _empty_out(cluster: LocalCluster) -> None:
    for shard in cluster.shards:
        shard.primary.ask("FLUSHALL", "SYNC")
    time.sleep(_EMPTY_S)


def _weigh(cluster: LocalCluster, empty: list[MemoryState], *, deviation: bool) -> Memory:
    states, tables = standstill.memory(cluster), table_shape.of_cluster(cluster)
    spread = family_memory.weigh(cluster).deviation_bytes if deviation else None
    return memory_of(empty, states, cluster.spec.engine, tables=tables, deviation=spread)
