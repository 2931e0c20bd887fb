"""What the two MemoryDB designs share: node hours, data written, snapshots above the free allowance, other Regions.

Nothing is charged per GB held in memory. Sources disagree about the free snapshots, so the rule is a key of the spec.
Multi-Region pays for the nodes of every Region, for the data written locally in each, and for what crosses between them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field, replace
from decimal import Decimal

from engine.errors import InputError
from planner.pricing import money
from planner.pricing.catalogue import MEMORYDB, catalogue, node_specs
from planner.pricing.designs.base import PAPER, VENDOR_DOCS, Context, free_line, line, nodes
from planner.pricing.designs.node_hours import NodeHours, node_lines, require_type
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine, Durability

CLUSTER_STORAGE, ONE_SNAPSHOT = "cluster-storage", "one-snapshot"
_RULES = {
    CLUSTER_STORAGE: ("up to 100 % of cluster storage", "vendor's pricing page", "2026-10-01"),
    ONE_SNAPSHOT: ("one snapshot of the cluster", "vendor's developer guide, older wording", "undated"),
}
_MULTI_REGION_FAMILY, _TOO_SMALL = "r7g", "db.r7g.large"
MOST_NODES = 500

DURABILITY = Durability(
    acknowledged_after="the change is committed to a transaction log in several availability zones",
    loss_window="none: an acknowledged write survives the loss of every node",
    failover_s="typically a few seconds; one documented sample took 27 s",
    consistency="primary linearizable, one replica sequential, several replicas eventual",
    source=f"published: {PAPER}; {VENDOR_DOCS}",
)
READ_LATENCY_US: Mapping[str, str] = {"p50": "<1000", "p99": "<2000", "tag": "published", "source": PAPER}
WRITE_LATENCY_US: Mapping[str, str] = {"p50": "3000", "p99": "<=6000", "tag": "published", "source": PAPER}


@value
class Quantities:
    """GB a month, decimal. `snapshot_gb` is all snapshots kept, `snapshot_count` how many they are.

    `free_snapshot`: `cluster-storage` (memory of all nodes is free) or `one-snapshot` (one of `snapshot_count` is).
    `other_regions`: further Regions of a multi-Region cluster, separated by commas, each with the same nodes and
    `other_regions_written_gb` written locally. `reserved_nodes` (-1: all) of `reserved_node_type` are on the term.
    """

    node_type: str = ""
    shards: int = field(default=1, metadata={"low": 1, "high": 500})
    replicas: int = field(default=0, metadata={"low": 0, "high": 5})
    data_written_gb: Decimal = Decimal(0)
    snapshot_gb: Decimal = Decimal(0)
    snapshot_count: int = field(default=1, metadata={"low": 1, "high": 10_000})
    free_snapshot: str = field(default=CLUSTER_STORAGE, metadata={"choices": tuple(_RULES)})
    other_regions: str = ""
    other_regions_written_gb: Decimal = Decimal(0)
    reserved_nodes: int = field(default=-1, metadata={"low": -1, "high": 1000})
    reserved_node_type: str = ""


Written = Callable[[Decimal, Context], tuple[CostLine, ...]]


def cluster_lines(spec: Quantities, context: Context, engine: str, written: Written) -> tuple[CostLine, ...]:
    """Every line of a cluster: nodes, data written by `written`, snapshots, and the same in each further Region."""
    if not spec.node_type:
        return ()
    _require_limits(spec, engine)
    here = (
        *_node_lines(spec, context, engine),
        *written(spec.data_written_gb, context),
        *_snapshot_lines(spec, context),
    )
    return (*here, *_elsewhere(spec, context, engine, written))


def _require_limits(spec: Quantities, engine: str) -> None:
    require_type(MEMORYDB, "MemoryDB", spec.node_type)
    if spec.reserved_node_type:
        require_type(MEMORYDB, "MemoryDB", spec.reserved_node_type, "reserved_node_type")
    count = spec.shards * (1 + spec.replicas)
    if count > MOST_NODES:
        raise InputError(
            f"{count} nodes are more than a cluster may have.", source="shards", expected=f"at most {MOST_NODES} nodes."
        )
    if not spec.other_regions:
        return
    if f".{_MULTI_REGION_FAMILY}." not in spec.node_type or spec.node_type == _TOO_SMALL:
        raise InputError(
            f"{spec.node_type} cannot be multi-Region.", source="node_type", expected="db.r7g.xlarge or larger."
        )
    if engine != "Valkey":
        raise InputError(
            "multi-Region needs Valkey 7.3 or newer.", source="other_regions", expected="the design memorydb-valkey."
        )


def _elsewhere(spec: Quantities, context: Context, engine: str, written: Written) -> Iterator[CostLine]:
    for region in (name.strip() for name in spec.other_regions.split(",") if name.strip()):
        there = replace(context, catalogue=catalogue(region))
        lines = (*_node_lines(spec, there, engine), *written(spec.other_regions_written_gb, there))
        for one in lines:
            yield replace(one, name=f"{region}: {one.name}")


def _node_lines(spec: Quantities, context: Context, engine: str) -> tuple[CostLine, ...]:
    wanted = NodeHours(
        service=MEMORYDB,
        engines=(engine,),
        node_type=spec.node_type,
        count=spec.shards * (1 + spec.replicas),
        name=f"Nodes: {spec.node_type}, {nodes(spec.shards, spec.replicas)}",
        reserved_nodes=None if spec.reserved_nodes < 0 else spec.reserved_nodes,
        reserved_type=spec.reserved_node_type,
    )
    return node_lines(wanted, context)


def _snapshot_lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
    """The free part and the rest, each where there is any."""
    if not spec.snapshot_gb:
        return ()
    words, source, as_of = _RULES[spec.free_snapshot]
    free = min(spec.snapshot_gb, _free_snapshot_gb(spec))
    found = [free_line(f"Snapshot storage, {words}", free, "GB-month", source=source, as_of=as_of, provenance="read")]
    if spec.snapshot_gb > free:
        price = context.catalogue.price(MEMORYDB, "all", "SnapshotUsage")
        found.append(
            line("Snapshot storage above the free allowance", money.minus(spec.snapshot_gb, free), "GB-month", price)
        )
    return tuple(found)


def _free_snapshot_gb(spec: Quantities) -> Decimal:
    """Cluster storage is taken as the memory (and SSD) of all nodes, its GiB counted as GB, which is the cautious way."""
    if spec.free_snapshot == ONE_SNAPSHOT:
        return Decimal(f"{spec.snapshot_gb / spec.snapshot_count:.6f}")
    known = node_specs().get((MEMORYDB, spec.node_type))
    return (known.memory_gib + known.ssd_gib) * spec.shards * (1 + spec.replicas) if known else Decimal(0)
