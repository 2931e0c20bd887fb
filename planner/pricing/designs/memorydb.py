"""What the two MemoryDB designs share: node hours, data written, snapshots above the free allowance.

Nothing is charged per GB held in memory. Sources disagree about the free snapshots, so the rule is a key of the spec.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from engine.errors import InputError
from planner.pricing import money
from planner.pricing.catalogue import MEMORYDB, node_specs, node_types
from planner.pricing.designs.base import PAPER, VENDOR_DOCS, Context, free_line, line, nodes
from planner.sizing.model import CostLine, Durability

CLUSTER_STORAGE, ONE_SNAPSHOT = "cluster-storage", "one-snapshot"
_RULES = {
    CLUSTER_STORAGE: ("up to 100 % of cluster storage", "vendor's pricing page", "2026-10-01"),
    ONE_SNAPSHOT: ("one snapshot of the cluster", "vendor's developer guide, older wording", "undated"),
}

DURABILITY = Durability(
    acknowledged_after="the change is committed to a transaction log in several availability zones",
    loss_window="none: an acknowledged write survives the loss of every node",
    failover_s="typically a few seconds; one documented sample took 27 s",
    consistency="primary linearizable, one replica sequential, several replicas eventual",
    source=f"published: {PAPER}; {VENDOR_DOCS}",
)
READ_LATENCY_US: Mapping[str, str] = {"p50": "<1000", "p99": "<2000", "tag": "published", "source": PAPER}
WRITE_LATENCY_US: Mapping[str, str] = {"p50": "3000", "p99": "<=6000", "tag": "published", "source": PAPER}


@dataclass(frozen=True, slots=True)
class Quantities:
    """GB a month, decimal. `snapshot_gb` is all snapshots kept, `snapshot_count` how many they are.

    `free_snapshot`: `cluster-storage` (memory of all nodes is free) or `one-snapshot` (one of `snapshot_count` is).
    """

    node_type: str
    shards: int = field(default=1, metadata={"low": 1, "high": 500})
    replicas: int = field(default=0, metadata={"low": 0, "high": 5})
    data_written_gb: Decimal = Decimal(0)
    snapshot_gb: Decimal = Decimal(0)
    snapshot_count: int = field(default=1, metadata={"low": 1, "high": 10_000})
    free_snapshot: str = field(default=CLUSTER_STORAGE, metadata={"choices": tuple(_RULES)})


def node_lines(spec: Quantities, context: Context, engine: str) -> tuple[CostLine, ...]:
    """One line for all nodes. Raises InputError when no region has the node type."""
    if spec.node_type not in node_types(MEMORYDB):
        expected = f"one of {', '.join(sorted(node_types(MEMORYDB)))}."
        raise InputError(f"{spec.node_type!r} is not a node type of MemoryDB.", source="node_type", expected=expected)
    price = context.catalogue.price(MEMORYDB, engine, spec.node_type)
    hours = money.product(Decimal(spec.shards * (1 + spec.replicas)), context.hours)
    return (line(f"Nodes: {spec.node_type}, {nodes(spec.shards, spec.replicas)}", hours, "node-hour", price),)


def snapshot_lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
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
    """Cluster storage is taken as the memory of all nodes, its GiB counted as GB, which is the cautious way round."""
    if spec.free_snapshot == ONE_SNAPSHOT:
        return Decimal(f"{spec.snapshot_gb / spec.snapshot_count:.6f}")
    known = node_specs().get((MEMORYDB, spec.node_type))
    return known.memory_gib * spec.shards * (1 + spec.replicas) if known else Decimal(0)
