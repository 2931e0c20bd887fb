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
from planner.pricing.designs.base import Context, line
from planner.pricing.designs.other_vendors import Vendor, design
from planner.sizing.model.bills import CostLine

MANAGED_TIERS = ("Balanced_B3", "MemoryOptimized_M10", "ComputeOptimized_X10", "FlashOptimized_A700")
CACHE_TIERS = ("Basic C4", "Standard C3", "Premium P1", "Premium P2", "Premium P3")
_VENDOR = Vendor("Azure", ("eastus",), failover_s="seconds to a minute", consistency="reads go to the primary")


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


MANAGED = design(_VENDOR, "azure-managed-redis", "Azure Managed Redis", Managed, _lines_of(AZURE_MANAGED))
CACHE = design(_VENDOR, "azure-cache-redis", "Azure Cache for Redis", Cache, _lines_of(AZURE_CACHE))
