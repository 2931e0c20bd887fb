"""What the node-based ElastiCache designs share: node hours and backups.

Sources disagree about a free backup; none is taken off unless the spec gives `free_backup_gb`. Whether replication between
zones is charged is disputed too: `inter_az_gb` stays what the spec says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from decimal import Decimal

from planner.pricing import money
from planner.pricing.catalogue import ELASTICACHE, Price
from planner.pricing.designs.base import PAPER, VENDOR_DOCS, Context, Design, free_line, line, nodes
from planner.pricing.designs.node_hours import SPEC, NodeHours, node_lines, require_type
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine, Durability

# The same thing, as two price lists name it.
_BACKUP_ITEMS = ("BackupUsage (snapshot storage)", "Storage Snapshot EU-ElastiCache:BackupUsage")

DURABILITY = Durability(
    acknowledged_after="the primary has it in memory",
    loss_window="recent writes on failover (replication is asynchronous); everything if all nodes are lost",
    failover_s="a few seconds, to the replica with the least lag",
    consistency="reads from a replica may be stale",
    source=f"published: {VENDOR_DOCS}",
)
READ_LATENCY_US: Mapping[str, str] = {"p50": "<1000", "p99": "<2000", "tag": "published", "source": PAPER}
WRITE_LATENCY_US: Mapping[str, str] = {"p50": "<1000", "p99": "<=3000", "tag": "published", "source": PAPER}
PRICE_FILES = ("elasticache_nodes.csv", "elasticache_reserved.csv", "elasticache_serverless_backup.csv")


@value
class Quantities:
    """`backup_gb`: GB of backups kept through the month; `free_backup_gb` of them are not charged. `reserved_nodes` (-1: all)
    of `reserved_node_type` are on the term."""

    node_type: str = ""
    shards: int = field(default=1, metadata={"low": 1, "high": 500})
    replicas: int = field(default=0, metadata={"low": 0, "high": 5})
    backup_gb: Decimal = Decimal(0)
    free_backup_gb: Decimal = Decimal(0)
    reserved_nodes: int = field(default=-1, metadata={"low": -1, "high": 1000})
    reserved_node_type: str = ""


def on_nodes(design_id: str, title: str, engine: str) -> Design[Quantities]:
    """The design of one engine on nodes."""

    def lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
        return cluster_lines(spec, context, engine)

    return Design(
        id=design_id,
        title=title,
        role="cache",
        durable=False,
        quantities=Quantities,
        lines=lines,
        durability=DURABILITY,
        read_latency_us=READ_LATENCY_US,
        write_latency_us=WRITE_LATENCY_US,
        price_files=PRICE_FILES,
        service=ELASTICACHE,
        engine=engine,
    )


def cluster_lines(
    spec: Quantities, context: Context, engine: str, surcharge: Price | None = None
) -> tuple[CostLine, ...]:
    """Nodes of an engine and backups."""
    return (*_node_lines(spec, context, engine, surcharge), *backup_lines(spec.backup_gb, spec.free_backup_gb, context))


def _node_lines(spec: Quantities, context: Context, engine: str, surcharge: Price | None) -> tuple[CostLine, ...]:
    if not spec.node_type:
        return ()
    require_type(ELASTICACHE, "ElastiCache", spec.node_type)
    if spec.reserved_node_type:
        require_type(ELASTICACHE, "ElastiCache", spec.reserved_node_type, "reserved_node_type")
    wanted = NodeHours(
        service=ELASTICACHE,
        engines=(engine,),
        node_type=spec.node_type,
        count=spec.shards * (1 + spec.replicas),
        name=f"Nodes: {spec.node_type}, {nodes(spec.shards, spec.replicas)}",
        surcharge=surcharge,
        reserved_nodes=None if spec.reserved_nodes < 0 else spec.reserved_nodes,
        reserved_type=spec.reserved_node_type,
    )
    return node_lines(wanted, context)


def backup_lines(backup_gb: Decimal, free_backup_gb: Decimal, context: Context) -> tuple[CostLine, ...]:
    """The part the spec calls free and the rest, each where there is any."""
    found: list[CostLine] = []
    free = min(backup_gb, free_backup_gb)
    if free:
        found.append(free_line("Backup storage", free, "GB-month", source=SPEC, as_of="", provenance="assumed"))
    if backup_gb > free:
        price = context.catalogue.first(ELASTICACHE, ("all",), _BACKUP_ITEMS)
        found.append(line("Backup storage", money.minus(backup_gb, free), "GB-month", price))
    return tuple(found)
