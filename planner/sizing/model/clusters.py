"""Which cluster carries it: the one that was found, those with more room, and what a single node carries."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from planner.pricing.value import value


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
