"""The memory part of a measurement, from what INFO and the samples said. Needs no server."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.cluster.binaries import Engine
from engine.measurement import (
    AllocatorCorrection,
    EncodingMemory,
    FamilyMemory,
    Memory,
    MemoryFit,
    MemoryLines,
    Plateau,
    ShardMemory,
    ShardTables,
)
from engine.memory.correction import Corrected
from engine.memory.fitting import bytes_per_key
from engine.memory.layout import layout_of
from engine.memory.tables import expected_tables
from engine.replay.collecting_allocator import derived_correction
from engine.replay.probe import MemoryState
from engine.slots import SLOTS

_OPENING = 2  # seconds in which clients connect and the first command of each kind gets its statistics


def allocator_correction(engine: Engine) -> AllocatorCorrection:
    """Where no key was weighed: to a production build's jemalloc with its 8-byte quantum, as published figures have it."""
    if engine.allocator.startswith("jemalloc"):
        return AllocatorCorrection(
            0.94,
            0.92,
            1.0,
            "assumed",
            "Distributions link jemalloc with a 16-byte quantum: the same keys took 66.4 MB there and 62.3 MB with the "
            "8-byte quantum of production builds. High end: this build already has the 8-byte quantum.",
        )
    return AllocatorCorrection(
        1.0,
        0.97,
        1.10,
        "assumed",
        "libc malloc rounds to 16 bytes less 8; jemalloc's size classes lie closer for small and wider for large values. "
        "No correction is made; the range covers both.",
    )


def collect_memory(live: Mapping[str, Any], engine: Engine, plateau: Plateau | None = None) -> Memory:
    """From what the live part of a run left; `plateau` comes from the recording."""
    corrected = Corrected(**live.get("corrected", {}))
    empty = [MemoryState(**state) for state in live["empty"]]
    full = [MemoryState(**state) for state in live["memory"]]
    tables = tuple(ShardTables(**each) for each in live.get("tables", ()))
    return memory_of(
        empty,
        full,
        engine,
        tables=tables,
        families=tuple(FamilyMemory(**each) for each in live["families"]),
        encodings=tuple(EncodingMemory(**each) for each in live.get("encodings", ())),
        deviation=live.get("key_bytes_deviation"),
        replicas_used=live.get("replicas_used_bytes"),
        fit=_fit(live.get("keyspace_series", ()), tables, engine),
        plateau=plateau,
        correction=derived_correction(engine, corrected, tables),
    )


def memory_of(
    empty: Sequence[MemoryState],
    full: Sequence[MemoryState],
    engine: Engine,
    *,
    tables: tuple[ShardTables, ...] = (),
    families: tuple[FamilyMemory, ...] = (),
    encodings: tuple[EncodingMemory, ...] = (),
    deviation: float | None = None,
    replicas_used: int | None = None,
    fit: MemoryFit | None = None,
    plateau: Plateau | None = None,
    correction: AllocatorCorrection | None = None,
) -> Memory:
    """Memory of the keys of every primary, from its INFO with keys and without."""
    shards = tuple(_shard(number, *pair) for number, pair in enumerate(zip(empty, full, strict=True)))
    keys = sum(shard.keys for shard in shards)
    keyspace = sum(shard.keyspace_bytes for shard in shards)
    return Memory(
        used_bytes=sum(shard.used_bytes for shard in shards),
        dataset_bytes=sum(shard.dataset_bytes for shard in shards),
        overhead_bytes=sum(shard.overhead_bytes for shard in shards),
        rss_bytes=sum(shard.rss_bytes for shard in shards),
        peak_bytes=sum(shard.peak_bytes for shard in shards),
        keyspace_bytes=keyspace,
        keys=keys,
        bytes_per_key=keyspace / keys if keys else None,
        shards=shards,
        families=families,
        allocator_correction=correction or allocator_correction(engine),
        tables=tables,
        key_bytes_deviation=deviation,
        encodings=encodings,
        lines=_lines(full, replicas_used),
        fit=fit,
        plateau=plateau,
    )


def _shard(number: int, empty: MemoryState, full: MemoryState) -> ShardMemory:
    keyspace = max(full.settled - empty.settled, 0)
    return ShardMemory(
        shard=number,
        used_bytes=full.used,
        dataset_bytes=full.dataset,
        overhead_bytes=full.overhead,
        rss_bytes=full.rss,
        peak_bytes=full.peak,
        keyspace_bytes=keyspace,
        keys=full.keys,
        bytes_per_key=keyspace / full.keys if full.keys else None,
    )


def _lines(full: Sequence[MemoryState], replicas_used: int | None) -> MemoryLines:
    used, rss = sum(each.used for each in full), sum(each.rss for each in full)
    return MemoryLines(
        client_bytes=sum(each.clients for each in full),
        backlog_bytes=sum(each.backlog for each in full),
        replica_buffer_bytes=sum(each.replica_buffers for each in full),
        cluster_link_bytes=sum(each.cluster_links for each in full),
        fragmentation_bytes=rss - used,
        fragmentation_ratio=rss / used if used else 1.0,
        replicas_used_bytes=replicas_used,
    )


def _fit(series: Sequence[Sequence[int]], tables: Sequence[ShardTables], engine: Engine) -> MemoryFit | None:
    """Through the seconds of the replay: (keys, bytes without buffers) summed over the shards. Hash tables are taken off:
    their steps are no property of a key."""
    settled = series[_OPENING:]
    keys = [point[0] for point in settled]
    last = sum(each.keys for each in tables)
    timed = sum(each.expires for each in tables) / last if last else 0.0
    shards = max(len(tables), 1)
    excess = sum(each.dispersion - 1 for each in tables) / shards
    layout = layout_of(engine.name, engine.version)

    def of_tables(count: int) -> float:
        each, slots = count / shards, SLOTS // shards
        crowding = excess * count / max(last, 1)
        found = expected_tables(each, slots, layout, engine.allocator, 1 + crowding)
        return shards * (found + expected_tables(each * timed, slots, layout, engine.allocator, 1 + crowding * timed))

    return bytes_per_key(keys, [point[1] - of_tables(point[0]) for point in settled])
