"""Measurements and item counts made by hand, with round figures that a test can compute from. Every field can be
overridden.

The plain recording: 100 s, 60,000 reads and 40,000 writes (600 and 400 a second), 100,000 keys in 20 MB, 13 MB
replicated.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from engine.measurement import (
    AllocatorCorrection,
    Calibration,
    Cpu,
    DataWritten,
    EngineIdentity,
    Latency,
    Measurement,
    Memory,
    Network,
    Operations,
    Quantiles,
    Series,
    ShardDataWritten,
    ShardMemory,
    SlotLoad,
    Snapshot,
    Topology,
    Validity,
)
from engine.traces.hit_rate import HitRatePoint
from engine.traces.items import ItemStatistics

SECONDS = 100
READS, WRITES = 60_000, 40_000
KEYSPACE_BYTES = 20_000_000
EMPTY_SHARD_BYTES = 3_000_000
REPLICATED_BYTES = 13_000_000


def make_measurement(**overrides: Any) -> Measurement:
    """A run of the plain recording at speed 1 on Redis 7.2.4, 2 shards x (1 + 1), allocator factor 1."""
    return replace(_plain(), **overrides)


def make_items(**overrides: Any) -> ItemStatistics:
    """One write unit a write and one read unit a read; 100,000 items of 150 bytes."""
    plain = ItemStatistics(
        writes=WRITES,
        reads=READS,
        write_units=WRITES,
        read_units=READS,
        items=100_000,
        item_bytes=150,
        duration_us=SECONDS * 1_000_000,
    )
    return replace(plain, **overrides)


def make_curve() -> tuple[HitRatePoint, ...]:
    """10 % of the data answers 60 % of reads, half 90 %, all of it every one."""
    return (
        HitRatePoint(cache_bytes=2_000_000, cache_share=0.1, hit_rate=0.6),
        HitRatePoint(cache_bytes=10_000_000, cache_share=0.5, hit_rate=0.9),
        HitRatePoint(cache_bytes=20_000_000, cache_share=1.0, hit_rate=1.0),
    )


def make_memory(**overrides: Any) -> Memory:
    """20 MB of keys over two shards, each of which used 3 MB when empty."""
    half = KEYSPACE_BYTES // 2
    used = half + EMPTY_SHARD_BYTES
    shards = tuple(
        ShardMemory(index, used, half, EMPTY_SHARD_BYTES, used, used, half, 50_000, 200.0) for index in (0, 1)
    )
    plain = Memory(
        used_bytes=2 * used,
        dataset_bytes=KEYSPACE_BYTES,
        overhead_bytes=2 * EMPTY_SHARD_BYTES,
        rss_bytes=2 * used,
        peak_bytes=2 * used,
        keyspace_bytes=KEYSPACE_BYTES,
        keys=100_000,
        bytes_per_key=200.0,
        shards=shards,
        families=(),
        allocator_correction=AllocatorCorrection(1.0, 0.9, 1.1, "derived", "size classes of the allocators"),
    )
    return replace(plain, **overrides)


def make_data_written(**overrides: Any) -> DataWritten:
    """130,000 bytes in each of 100 seconds."""
    half = ShardDataWritten(0, REPLICATED_BYTES // 2, 500, REPLICATED_BYTES // 2 + 500)
    plain = DataWritten(
        bytes=REPLICATED_BYTES,
        protocol_bytes=1_000,
        offset_growth_bytes=REPLICATED_BYTES + 1_000,
        commands=WRITES,
        bytes_per_s_mean=REPLICATED_BYTES / SECONDS,
        bytes_per_s_peak=REPLICATED_BYTES / SECONDS,
        by_command={"SET": REPLICATED_BYTES},
        by_family={"user:{id}": REPLICATED_BYTES},
        protocol_by_command={"PING": 1_000},
        per_second=(REPLICATED_BYTES // SECONDS,) * SECONDS,
        shards=(half, replace(half, shard=1)),
    )
    return replace(plain, **overrides)


def _plain() -> Measurement:
    quantiles = Quantiles(100.0, 200.0, 400.0, 900.0, 1_500.0, 2_000.0, READS + WRITES)
    latency = Latency(quantiles, quantiles)
    return Measurement(
        engine=EngineIdentity("redis", "7.2.4", "jemalloc-5.3.0"),
        topology=Topology(2, 1),
        mode="cache",
        speed=1.0,
        operations=Operations(READS + WRITES, READS + WRITES, READS + WRITES, {}, {}, 0, 0, 0),
        valid_for_latency=Validity(True, ""),
        latency_us={"all": latency, "read": latency, "write": latency},
        memory=make_memory(),
        data_written=make_data_written(),
        cpu=Cpu({"all": 10.0, "read": 8.0, "write": 12.0}, 10.0, Calibration(8.0, 12.0, 2.0, 100_000), 20.0),
        network=Network(bytes_in=10_000_000, bytes_out=15_000_000),
        snapshot=Snapshot(15_000_000, 0.1, "replica"),
        duration_s=float(SECONDS),
        trace_sha256="0" * 64,
        trace_format="monitor",
        operations_by_class={"read": READS, "write": WRITES},
        slot_load=SlotLoad(0.002, 0.001, 42),
        series=Series(operations=((READS + WRITES) // SECONDS,) * SECONDS),
    )
