"""Azure: Managed Redis and Cache for Redis, both by the node-hour.

Managed Redis with high availability runs two nodes; a Premium shard or a Standard cache of Cache for Redis includes its own
replica.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal

from planner.pricing import money
from planner.pricing.catalogue import AZURE_CACHE, AZURE_MANAGED
from planner.pricing.designs.base import Context, Design, line
from planner.sizing.model import CostLine, Durability

VENDOR = "vendor documentation (Azure)"
MANAGED_TIERS = ("Balanced_B3", "MemoryOptimized_M10", "ComputeOptimized_X10", "FlashOptimized_A700")
CACHE_TIERS = ("Basic C4", "Standard C3", "Premium P1", "Premium P2", "Premium P3")
REGIONS = ("eastus",)
_DURABILITY = Durability(
    acknowledged_after="the primary has it in memory",
    loss_window="recent writes on failover (replication is asynchronous); everything if all nodes are lost",
    failover_s="seconds to a minute",
    consistency="reads go to the primary",
    source=f"assumed, after {VENDOR}",
)
_LATENCY = {"p50": "<1000", "tag": "assumed", "source": VENDOR}


@dataclass(frozen=True, slots=True)
class Managed:
    """`nodes` of a `tier` (or `node_type`, which means the same): 2 with high availability, 1 without."""

    tier: str = field(default="", metadata={"choices": ("", *MANAGED_TIERS)})
    node_type: str = field(default="", metadata={"choices": ("", *MANAGED_TIERS)})
    nodes: int = field(default=2, metadata={"low": 1, "high": 1000})


@dataclass(frozen=True, slots=True)
class Cache:
    """`nodes`: caches, or shards of a Premium one; each includes its replica where the tier has one."""

    tier: str = field(default="", metadata={"choices": ("", *CACHE_TIERS)})
    node_type: str = field(default="", metadata={"choices": ("", *CACHE_TIERS)})
    nodes: int = field(default=1, metadata={"low": 1, "high": 1000})


def _lines_of(service: str) -> Callable[[Managed | Cache, Context], tuple[CostLine, ...]]:
    def lines(spec: Managed | Cache, context: Context) -> tuple[CostLine, ...]:
        tier = spec.tier or spec.node_type
        if not tier:
            return ()
        hours = money.product(Decimal(spec.nodes), context.hours)
        price = context.catalogue.price(service, "", tier)
        return (line(f"Nodes: {spec.nodes} x {tier}", hours, "node-hour", price),)

    return lines


def _design(design_id: str, title: str, service: str, quantities: type) -> Design[object]:
    return Design(
        id=design_id,
        title=title,
        role="cache",
        durable=False,
        quantities=quantities,
        lines=_lines_of(service),  # type: ignore[arg-type]  # each takes its own quantities
        durability=_DURABILITY,
        read_latency_us=_LATENCY,
        write_latency_us=_LATENCY,
        price_files=("gcp_azure_redis.csv",),
        regions=REGIONS,
    )


MANAGED = _design("azure-managed-redis", "Azure Managed Redis", AZURE_MANAGED, Managed)
CACHE = _design("azure-cache-redis", "Azure Cache for Redis", AZURE_CACHE, Cache)
