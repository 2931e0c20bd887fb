"""ElastiCache for Valkey on nodes: node hours and backups. Alone it may lose data; it is made to stand before a
database.

Sources disagree about a free backup; none is taken off unless the spec gives `free_backup_gb`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal

from engine.errors import InputError
from planner.pricing import money
from planner.pricing.catalogue import ELASTICACHE, node_types
from planner.pricing.designs.base import PAPER, VENDOR_DOCS, Context, Design, free_line, line, nodes
from planner.sizing.model import CostLine, Durability

# The same thing, as two price lists name it.
_BACKUP_ITEMS = ("BackupUsage (snapshot storage)", "Storage Snapshot EU-ElastiCache:BackupUsage")


@dataclass(frozen=True, slots=True)
class Quantities:
    """`backup_gb`: GB of backups kept through the month; `free_backup_gb` of them are not charged."""

    node_type: str
    shards: int = field(default=1, metadata={"low": 1, "high": 500})
    replicas: int = field(default=0, metadata={"low": 0, "high": 5})
    backup_gb: Decimal = Decimal(0)
    free_backup_gb: Decimal = Decimal(0)


def _lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
    if spec.node_type not in node_types(ELASTICACHE):
        expected = "one such as cache.r7g.large."
        raise InputError(
            f"{spec.node_type!r} is not a node type of ElastiCache.", source="node_type", expected=expected
        )
    price = context.catalogue.price(ELASTICACHE, "Valkey", spec.node_type)
    hours = money.product(Decimal(spec.shards * (1 + spec.replicas)), context.hours)
    node_line = line(f"Nodes: {spec.node_type}, {nodes(spec.shards, spec.replicas)}", hours, "node-hour", price)
    return (node_line, *_backup(spec, context))


def _backup(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
    found: list[CostLine] = []
    free = min(spec.backup_gb, spec.free_backup_gb)
    if free:
        found.append(free_line("Backup storage", free, "GB-month", source="the spec", as_of="", provenance="assumed"))
    if spec.backup_gb > free:
        prices = (context.catalogue.price(ELASTICACHE, "all", item) for item in _BACKUP_ITEMS)
        price = next((found_price for found_price in prices if found_price), None)
        found.append(line("Backup storage", money.minus(spec.backup_gb, free), "GB-month", price))
    return tuple(found)


DESIGN = Design(
    id="elasticache-valkey",
    title="ElastiCache for Valkey",
    role="cache",
    durable=False,
    quantities=Quantities,
    lines=_lines,
    durability=Durability(
        acknowledged_after="the primary has it in memory",
        loss_window="recent writes on failover (replication is asynchronous); everything if all nodes are lost",
        failover_s="a few seconds, to the replica with the least lag",
        consistency="reads from a replica may be stale",
        source=f"published: {VENDOR_DOCS}",
    ),
    read_latency_us={"p50": "<1000", "p99": "<2000", "tag": "published", "source": PAPER},
    write_latency_us={"p50": "<1000", "p99": "<=3000", "tag": "published", "source": PAPER},
    price_files=("elasticache_nodes.csv", "elasticache_serverless_backup.csv"),
    service=ELASTICACHE,
    engine="Valkey",
)
