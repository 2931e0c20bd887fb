"""What the real workload needs, whatever carries it."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from planner.pricing.value import value


@dataclass(frozen=True, slots=True)
class HitPoint:
    """Hit rate of reads (0..1) in a cache of `cache_bytes`, by simulation of this trace."""

    cache_bytes: int
    cache_share: float
    hit_rate: float


@value
class ItemLoad:
    """What the database under a cache sees per month at the average rate, before the cache absorbs reads.

    Unit counts follow DynamoDB's rules (FACTS): a write unit per started KB, a read unit per started 4 KB (half when
    eventual).
    """

    writes_per_s: float
    reads_per_s: float
    write_units_per_write: Decimal
    read_units_per_read: Decimal
    items: int
    item_bytes: int


@dataclass(frozen=True, slots=True)
class RecordedWrites:
    """The replication stream of the real system by its own metrics, bytes a second over all its shards: what the bill is
    nearest to. `peak_bytes_per_s` is of the busiest period given (None: not known). `tag` as in `TAGS`."""

    average_bytes_per_s: float
    peak_bytes_per_s: float | None
    tag: str
    source: str


@value
class Needs:
    """What the real workload needs, scaled from a measurement by the person's answers, now (month 0).

    Memory is for one copy of the data over all shards, corrected for the allocator. `cpu_*_ratio`: CPU per operation
    against the calibration's (1 = as dear as GET or SET of 100 bytes). Hottest shares are of all operations, 0..1.
    `replicated_bytes_per_s_peak` is the busiest second at peak, since the vendor's cap is felt in bursts.
    `ecpu_per_s`: processing units of a serverless cache at the average rate. `scaling_factor`: capacity that scales itself
    against the mean rate, from the curve of the trace.
    `shard_overhead_bytes`: what a shard uses before it holds a key. `older_layout_*_bytes`: what the same keys take in
    addition on engines of the 7.x line, when a newer one was measured (likely and high). `replicated_burst_bytes`: the most
    that all keys write within 10 ms. `connections`: clients at peak, None
    where the recording does not tell them apart.
    """

    memory_bytes: int
    memory_low_bytes: int
    memory_high_bytes: int
    keys: int
    peak_reads_per_s: float
    peak_writes_per_s: float
    average_reads_per_s: float
    average_writes_per_s: float
    cpu_read_ratio: float
    cpu_write_ratio: float
    bytes_in_per_s_peak: float
    bytes_out_per_s_peak: float
    replicated_bytes_per_s_peak: float
    replicated_bytes_per_s_average: float
    snapshot_bytes: int
    hottest_slot_share: float | None
    hottest_key_share: float | None
    items: ItemLoad
    hit_curve: tuple[HitPoint, ...] = ()
    shard_overhead_bytes: int = 0
    ecpu_per_s: float = 0.0
    scaling_factor: float = 1.0
    older_layout_bytes: int = 0
    older_layout_high_bytes: int = 0
    replicated_burst_bytes: int | None = None
    connections: int | None = None
