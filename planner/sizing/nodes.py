"""Node types as sizing sees them: usable memory, operations and network a node carries, with where each figure is from.

Rates are the MemoryDB paper's (1000 connections, 100-byte values, no pipelining); memory is the vendor's table of
maxmemory. What no source gives is assumed here, once, and tagged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from planner.pricing import lists
from planner.pricing.catalogue import ELASTICACHE, MEMORYDB, NodeSpec, node_specs

GIB = 2**30
SMALL_SIZES = ("micro", "small", "medium", "large", "xlarge")  # below 2xlarge

# maxmemory in bytes by family and size [doc].
_R = {
    "large": 14037181030,
    "xlarge": 28261849702,
    "2xlarge": 56711183565,
    "4xlarge": 113609865216,
    "8xlarge": 225000375228,
    "12xlarge": 341206346547,
    "16xlarge": 450000750456,
}
MAXMEMORY: Mapping[str, Mapping[str, int]] = {
    "t4g": {"micro": 536870912, "small": 1471026299, "medium": 3317862236},
    "r6g": _R,
    "r6gd": _R,
    "r7g": _R,
    "r8g": {
        "large": 15222495510,
        "xlarge": 31866224640,
        "2xlarge": 65856864256,
        "4xlarge": 133838143488,
        "8xlarge": 269800701952,
        "12xlarge": 405763260416,
        "16xlarge": 541725818880,
    },
    "m7g": {"large": 6854542746, "xlarge": 13891921715, "2xlarge": 27966669210, "4xlarge": 56116178125},
}
# Share of one vCPU a burstable node may use for ever [memory].
BASELINE_CPU: Mapping[str, float] = {"micro": 0.1, "small": 0.2, "medium": 0.2}
BURSTABLE_FAMILY = "t4g"
DURABLE = "elasticache-durable"  # how the designs begin that keep their writes
DURABLE_BYTES_PER_S = 100 * 2**20  # written to a primary with durability [doc]
CONNECTIONS = 65_000  # a node takes [doc]
TIERED_FAMILY, TIERED_RESERVE = "r6gd", 0.19  # data tiering: share of DRAM the service keeps for itself [doc]
BURSTABLE_SHARDS = 1  # a judgement: a load that needs several burstable shards belongs on steady nodes


@dataclass(frozen=True, slots=True)
class Service:
    """What a service allows and a node of it carries.

    Rates are operations a second of GET or SET of 100 bytes: below 2xlarge, and from 2xlarge up. `reserve`: share of
    maxmemory the service keeps back. `replication_cap`: bytes a second per shard, None where none is published.
    `to_log`: a primary sends each write once, to the log, instead of once per replica. `engine_line`: memory layout,
    `7` or `newer`.
    """

    name: str
    title: str
    families: tuple[str, ...]
    reads_small: float
    reads_large: float
    writes_small: float
    writes_large: float
    reserve: float
    replication_cap: int | None
    to_log: bool
    engine_line: str
    nodes_by_default: int = 90
    nodes_at_most: int = 500


@dataclass(frozen=True, slots=True)
class NodeType:
    """One node type of a service. Rates as in `Service`; `baseline_bytes_per_s`: the network rate it holds for ever.
    `ssd_bytes`: for values that leave memory, 0 without data tiering. `reserve`: share of maxmemory kept back on it."""

    name: str
    maxmemory_bytes: int
    reads_per_s: float
    writes_per_s: float
    baseline_bytes_per_s: float
    burstable: bool
    ssd_bytes: float
    reserve: float


# Writes below 2xlarge: no source separates them, so they are taken to fall as reads do (200/500 and 200/330).
SERVICES: Mapping[str, Service] = {
    MEMORYDB: Service(
        name=MEMORYDB,
        title="MemoryDB",
        families=("t4g", "r6g", "r7g"),
        reads_small=200_000,
        reads_large=500_000,
        writes_small=185_000 * 200 / 500,
        writes_large=185_000,
        reserve=0.0,
        replication_cap=100_000_000,
        to_log=True,
        engine_line="7",
    ),
    ELASTICACHE: Service(
        name=ELASTICACHE,
        title="ElastiCache",
        families=("t4g", "m6g", "m7g", "m8g", "r6g", "r7g", "r8g", "c7gn", "c8gn"),
        reads_small=200_000,
        reads_large=330_000,
        writes_small=300_000 * 200 / 330,
        writes_large=300_000,
        reserve=0.25,
        replication_cap=None,
        to_log=False,
        engine_line="newer",
    ),
}


DURABLE_ELASTICACHE = replace(SERVICES[ELASTICACHE], replication_cap=DURABLE_BYTES_PER_S)


def service_of(design_id: str, name: str) -> Service:
    """The service called `name` as this design uses it: a durable primary of ElastiCache takes a published rate of writes."""
    return DURABLE_ELASTICACHE if design_id.startswith(DURABLE) else SERVICES[name]


def node_types(service_name: str, *, data_tiering: bool = False) -> tuple[NodeType, ...]:
    """The service's node types that sizing considers, by name; old generations are left out, and without `data_tiering`
    nodes with SSD."""
    return _node_types(service_name, data_tiering, lists.active())


@lru_cache(maxsize=32)
def _node_types(service_name: str, data_tiering: bool, selection: lists.Selection) -> tuple[NodeType, ...]:
    """`selection` is what `node_specs` reads from."""
    service = SERVICES[service_name]
    specs = (spec for (name, _), spec in node_specs().items() if name == service_name)
    known = (spec for spec in specs if spec.baseline_gbps is not None and _is_wanted(spec, service, data_tiering))
    return tuple(sorted((_node(spec, service) for spec in known), key=_by_name))


def _is_wanted(spec: NodeSpec, service: Service, data_tiering: bool) -> bool:
    if _family(spec) == TIERED_FAMILY:
        return data_tiering and _ssd_gib(spec) > 0  # a size whose SSD no list gives cannot be filled
    return _family(spec) in service.families


def _ssd_gib(spec: NodeSpec) -> float:
    """Of the same size of MemoryDB's nodes, which run on the same instances, where a list does not say it."""
    twin = node_specs().get((MEMORYDB, f"db.{spec.node_type.split('.', 1)[1]}"))
    return float(spec.ssd_gib or (twin.ssd_gib if twin else 0))


def _node(spec: NodeSpec, service: Service) -> NodeType:
    _, family, size = spec.node_type.split(".")
    small = size in SMALL_SIZES
    cpu = BASELINE_CPU[size] if family == BURSTABLE_FAMILY else 1.0
    tiered = family == TIERED_FAMILY
    return NodeType(
        name=spec.node_type,
        maxmemory_bytes=MAXMEMORY.get(family, {}).get(size) or int(spec.memory_gib * GIB),
        reads_per_s=(service.reads_small if small else service.reads_large) * cpu,
        writes_per_s=(service.writes_small if small else service.writes_large) * cpu,
        baseline_bytes_per_s=float(spec.baseline_gbps or 0) * 1e9 / 8,
        burstable=family == BURSTABLE_FAMILY,
        ssd_bytes=_ssd_gib(spec) * GIB if tiered else 0.0,
        reserve=max(service.reserve, TIERED_RESERVE) if tiered else service.reserve,
    )


def _family(spec: NodeSpec) -> str:
    return spec.node_type.split(".")[1]


def _by_name(node: NodeType) -> str:
    return node.name
