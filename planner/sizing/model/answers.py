"""What the person says about the real workload, and what is taken where nothing is said."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from planner.pricing.money import HOURS_PER_MONTH

DEFAULT_DESIGNS = (
    "memorydb-valkey",
    "memorydb-redis",
    "elasticache-valkey+dynamodb-on-demand",
    "elasticache-valkey+aurora-standard",
    "elasticache-serverless-valkey",
    "elasticache-durable-sync",
    "dynamodb-on-demand",
    "ec2-redis",
)


@dataclass(frozen=True, slots=True)
class Vectors:
    """A vector index: `count` vectors of `dimensions` 4-byte numbers, `m` links a vector (HNSW)."""

    count: int
    dimensions: int
    m: int = 16


@dataclass(frozen=True, slots=True)
class Answers:
    """What the person says about the real workload behind the recording (wizard steps Scale and Compare).

    `recording_is`: `peak` or `average`. `peak_to_average`: peak rate / average rate (>= 1). `traffic_share`: share of
    the real traffic and keys the recording holds (0 < x <= 1). `growth_per_month`: 0.05 = 5 %. `target_utilisation`:
    share of CPU, network and replication bandwidth a shard may use at peak. `memory_headroom`: share of usable memory
    kept free. `cache_share`: share of the data the cache of a cache + database design holds. `replicas`: the least a
    shard has; more are searched. `survive`: what may be lost with every ceiling still held: `none`, `node`, `zone`, or
    `auto` (a node where there are replicas). `stale_reads`: replicas may serve reads. `data_tiering`: nodes that keep
    part of the values on SSD may be chosen. `vectors`: an index to hold beside the data.

    Settings where the vendors' own documents disagree, or only the person knows: `term` of the nodes; `free_tb` of
    Valkey's 10 TB; `free_snapshot` rule of MemoryDB; `free_backup_gb` of ElastiCache; `zone_replication` of ElastiCache
    free or charged; `hours_per_month`; hours of work on EC2 and what one costs; `savings_plan_percent` off Aurora
    instances; shares of the clients' traffic that crosses zones or leaves for the internet.

    `growth_data_per_month`, `growth_traffic_per_month`: where the two differ; None is `growth_per_month`.
    `growth_spread_per_month`: how far growth may lie below and above what was stated. `season_peak`, `season_mean`: the peak
    and mean of each calendar month, January first, against the mean of the year; empty without a season. `season_source`: the
    name of the file they were read from.
    """

    region: str = "us-east-1"
    recording_is: str = "peak"
    peak_to_average: float = 2.0
    traffic_share: float = 1.0
    growth_per_month: float = 0.0
    growth_data_per_month: float | None = None
    growth_traffic_per_month: float | None = None
    growth_spread_per_month: float = 0.02
    season_peak: tuple[float, ...] = ()
    season_mean: tuple[float, ...] = ()
    season_source: str = ""
    horizon_months: int = 12
    replicas: int = 1
    target_utilisation: float = 0.7
    memory_headroom: float = 0.2
    cache_share: float = 1.0
    snapshot_retention_days: int = 1
    read_consistency: str = "eventual"  # DynamoDB reads: eventual or strong
    survive: str = "auto"
    stale_reads: bool = False
    data_tiering: bool = False
    vectors: Vectors | None = None
    designs: tuple[str, ...] = DEFAULT_DESIGNS
    term: str = "on-demand"
    free_tb: str = "decimal"  # 10 TB of 1,000 or of 1,024 GB: decimal or binary
    free_snapshot: str = "cluster-storage"  # or one-snapshot
    free_backup_gb: Decimal = Decimal(0)
    zone_replication: str = "free"  # or charged
    hours_per_month: int = int(HOURS_PER_MONTH)
    operations_hours: Decimal = Decimal(8)
    operations_usd_per_hour: Decimal = Decimal(100)
    savings_plan_percent: Decimal = Decimal(0)
    clients_other_zone: float = 0.0
    clients_internet: float = 0.0
