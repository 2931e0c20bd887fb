"""The frozen types that cross the seams of sizing and pricing (DESIGN §5). Pure: no Django.

Bytes are int, money is Decimal, rates are operations or bytes per second as float. None means not known, never zero.
Tags say where a figure comes from: `measured`, `recorded`, `assumed`, `published`, `derived`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from planner.pricing.money import HOURS_PER_MONTH
from planner.pricing.value import value
from planner.sizing.outlook import Outlook, RangeStatement
from planner.sizing.reserving import ReserveAdvice

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
TAGS = ("measured", "recorded", "assumed", "published", "derived")


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


@dataclass(frozen=True, slots=True)
class Assumption:
    """A figure that was not measured, or a choice that moves the result; shown to the user with its tag."""

    name: str
    value: str
    tag: str
    source: str = ""


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


@value
class Plan:
    """One cluster of a design. `binding` names the constraint with the least room; `utilisation` maps each constraint
    (`memory`, `cpu`, `network`, `replication`, `hottest slot`, `connections`) to used/allowed per shard (1.0 = full), the
    worse of with all nodes and after the loss asked about. `limits` says the same in figures with units.
    `next_smaller`: one sentence on why the next smaller cluster would not do."""

    node_type: str
    shards: int
    replicas: int
    binding: str
    utilisation: Mapping[str, float]
    limits: Mapping[str, str] = field(default_factory=dict)
    next_smaller: str = ""


@dataclass(frozen=True, slots=True)
class FrontierPoint:
    """A cluster with more room than any cheaper one. `nodes_usd`: its nodes a month; `headroom`: share left under the ceiling
    that binds (0..1)."""

    node_type: str
    shards: int
    replicas: int
    nodes_usd: Decimal
    headroom: float
    binding: str


@value
class CostLine:
    """quantity x unit_price = amount (USD a month). `amount` and `unit_price` None: no price known; the total is then
    "at least"."""

    name: str
    quantity: Decimal
    unit: str
    unit_price: Decimal | None
    amount: Decimal | None
    source: str
    as_of: str
    provenance: str
    derivation: str = ""


@dataclass(frozen=True, slots=True)
class Range:
    """US dollars."""

    low: Decimal
    likely: Decimal
    high: Decimal


@dataclass(frozen=True, slots=True)
class Durability:
    """When a write is acknowledged and what can be lost, with tag and source."""

    acknowledged_after: str
    loss_window: str
    failover_s: str
    consistency: str
    source: str


@dataclass(frozen=True, slots=True)
class DesignEstimate:
    """One design, sized and priced. `plan` None: nothing fits, and `flags` says why. `missing` names lines without a
    price. `frontier`: what more room costs, the cheapest first. `yearly_usd`, `horizon_usd`: the sums of the first
    twelve months and of all to the horizon, growth included (None: nothing fits, or a document made before they were)."""

    id: str
    title: str
    plan: Plan | None
    monthly_usd: Range | None
    lines: tuple[CostLine, ...]
    durability: Durability
    read_latency_us: Mapping[str, str]
    write_latency_us: Mapping[str, str]
    flags: tuple[str, ...]
    missing: tuple[str, ...]
    frontier: tuple[FrontierPoint, ...] = ()
    yearly_usd: Range | None = None
    horizon_usd: Range | None = None


@dataclass(frozen=True, slots=True)
class Recommendation:
    """`id` None: no design fits. `why` is one sentence for the reader."""

    id: str | None
    why: str


@dataclass(frozen=True, slots=True)
class GrowthPoint:
    """Monthly bill of each design in month `month` (0 = now); None where nothing fits any more."""

    month: int
    monthly_usd: Mapping[str, Decimal | None]


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """How far the recommended design's monthly total moves when one input moves between its low and high value."""

    name: str
    low_usd: Decimal
    high_usd: Decimal


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure of an answer, with its unit, and where it comes from."""

    name: str
    value: str
    tag: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question users really ask, and its answer in a sentence. `answer` None: not known, and `reason` says why."""

    id: str
    question: str
    answer: str | None
    figures: tuple[Figure, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class PriceListUse:
    """A price list an estimate used: its file, newest and oldest date, and its version (content hash)."""

    name: str
    version: str
    oldest: str
    newest: str


@dataclass(frozen=True, slots=True)
class CarriedNode:
    """What one node of a type carries of this workload, before any ceiling (`carrying.py`). Rates are a second.

    `published_*`: GET and SET of 100 bytes (a burstable node: what it may do for ever); `*_ratio`: calibration cost / cost of
    the workload's own reads and writes; `cpu_operations_per_s` and `network_operations_per_s`: of the workload's mix at
    peak; `operations_per_s`: the lesser, which `binds`. `used_at_peak`: the whole workload's peak against it (2 = two nodes).
    """

    service: str
    node_type: str
    published_reads_per_s: float
    published_writes_per_s: float
    read_ratio: float
    write_ratio: float
    reads_per_s: float
    writes_per_s: float
    cpu_operations_per_s: float
    network_operations_per_s: float
    baseline_bytes_per_s: float
    bytes_out_per_operation: float
    bytes_moved_per_operation: float
    operations_per_s: float
    binds: str
    used_at_peak: float
    burstable: bool


@dataclass(frozen=True, slots=True)
class EstimateResult:
    """The whole answer (DESIGN §8, `estimate`). `trace` and `measurement` are joined by the caller. `database_bills`: of each
    design with a cache before a database, the database's dollars a month at each point of the hit-rate curve. `outlooks`: of
    each design that fits; `reserves`: of each part that is bought by the node; `range`: of the recommended design."""

    answers: Answers
    needs: Needs
    designs: tuple[DesignEstimate, ...]
    recommended: Recommendation
    growth: tuple[GrowthPoint, ...]
    sensitivity: tuple[Sensitivity, ...]
    assumptions: tuple[Assumption, ...]
    price_lists: tuple[PriceListUse, ...]
    database_bills: Mapping[str, tuple[Decimal | None, ...]] = field(default_factory=dict)
    carrying: tuple[CarriedNode, ...] = ()
    outlooks: tuple[Outlook, ...] = ()
    reserves: tuple[ReserveAdvice, ...] = ()
    range: RangeStatement | None = None
    questions: tuple[Question, ...] = ()
