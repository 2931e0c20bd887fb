"""The model of hash tables and what is read of memory, against real engines with their real allocators."""

from __future__ import annotations

import pytest

from benchmarks.memory_loads import LOADS, Load, created
from engine.cluster.binaries import Engine
from engine.cluster.local import ClusterSpec, LocalCluster, boot
from engine.measurement import EngineIdentity, Memory
from engine.memory.extrapolation import extrapolate
from engine.memory.layout import layout_of
from engine.replay import family_memory, loading, snapshot, standstill, table_shape
from engine.replay.collecting_memory import memory_of
from engine.replay.population import Creation

pytestmark = pytest.mark.live
SESSIONS = Load("sessions", 20_000, LOADS[0].name, LOADS[0].create)


def fill(cluster: LocalCluster, load: Load, first: int, last: int) -> None:
    keys = list(created(load))[first:last]
    creations = (Creation(words[1], words) for key in keys for words in key)
    assert not loading.load_keys(cluster, creations, total=load.keys, message="")


def test_a_tenth_of_the_keys_tells_the_memory_of_all(engine: Engine) -> None:
    with boot(ClusterSpec(engine, 1, 0)) as cluster:
        empty = standstill.memory(cluster)

        def weigh() -> Memory:
            states = standstill.memory(cluster)
            return memory_of(empty, states, engine, tables=table_shape.of_cluster(cluster))

        fill(cluster, SESSIONS, 0, 2_000)
        sampled = weigh()
        fill(cluster, SESSIONS, 2_000, SESSIONS.keys)
        full = weigh()
        assert not standstill.is_rehashing(cluster.shards[0].primary)

        assert sampled.tables[0].expires == sampled.tables[0].keys == 2_000
        identity = EngineIdentity(engine.name, engine.version, engine.allocator)
        predicted = extrapolate(sampled, identity, 0.1, keys=full.keys)
        assert predicted.bytes == pytest.approx(full.keyspace_bytes, rel=0.03)
        assert predicted.tables_bytes == pytest.approx(full.tables[0].tables_bytes, rel=0.03)
        the_engine_says(cluster, full)

        taken = snapshot.take(cluster, report=lambda _: None, should_stop=lambda: False)
        assert taken.cow_bytes is not None and taken.cow_bytes > 0
        lines = full.lines
        assert lines is not None
        assert lines.fragmentation_bytes == sum(shard.rss_bytes - shard.used_bytes for shard in full.shards)
        assert (lines.backlog_bytes, lines.replica_buffer_bytes, lines.replicas_used_bytes) == (0, 0, None)


def the_engine_says(cluster: LocalCluster, full: Memory) -> None:
    """The engine's own count of its tables, which leaves out what the allocator rounds up."""
    engine = cluster.spec.engine
    stats = cluster.shards[0].primary.client.memory_stats()
    keys, ours = full.keys, full.tables[0].tables_bytes
    if layout_of(engine.name, engine.version).per_slot:
        assert ours == pytest.approx(int(stats["overhead.db.hashtable.lut"]), rel=0.12)
    else:
        database = stats["db.0"]
        entries = keys * 40 + keys * 24  # of the keys; of those with a time to live
        counted = database["overhead.hashtable.main"] + database["overhead.hashtable.expires"] - entries
        assert ours == counted == 2 * 32_768 * 8


def test_keys_are_told_apart_by_type_and_encoding(engine: Engine) -> None:
    commands = [
        *((b"SET", b"n:%d" % number, b"%d" % number) for number in range(30)),
        *((b"SET", b"s:%d" % number, b"x" * 500) for number in range(20)),
        (b"HSET", b"h:1", b"field", b"x" * 100),
        (b"SADD", b"i:1", b"1", b"2", b"3"),
    ]
    with boot(ClusterSpec(engine, 1, 0)) as cluster:
        creations = (Creation(words[1], words) for words in commands)
        assert not loading.load_keys(cluster, creations, total=len(commands), message="")
        found = family_memory.weigh(cluster)
    by_kind = {(each.type, each.encoding): each for each in found.encodings}
    assert {kind: each.keys for kind, each in by_kind.items()} == {
        ("string", "int"): 30,
        ("string", "raw"): 20,
        ("hash", "hashtable"): 1,
        ("set", "intset"): 1,
    }
    assert all(each.sampled == each.keys for each in found.encodings)
    assert sum(each.bytes for each in found.encodings) == sum(each.bytes for each in found.families)
    assert found.deviation_bytes is not None and found.deviation_bytes > 0
