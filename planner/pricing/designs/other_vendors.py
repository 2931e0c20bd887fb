"""What the caches of other vendors share: asynchronous replication in memory, their latencies, one price list."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from planner.pricing.designs.base import VENDOR_DOCS, Context, Design, Q
from planner.sizing.model.bills import CostLine, Durability


@dataclass(frozen=True, slots=True)
class Vendor:
    """`regions`: with prices, the first is the default. `failover_s` and `consistency` as in `Durability`."""

    name: str
    regions: tuple[str, ...]
    failover_s: str
    consistency: str

    @property
    def documents(self) -> str:
        """Where the vendor's promises are read."""
        return f"{VENDOR_DOCS} ({self.name})"


def design(
    vendor: Vendor,
    design_id: str,
    title: str,
    quantities: type[Q],
    lines: Callable[[Q, Context], tuple[CostLine, ...]],
) -> Design[Q]:
    """One of the vendor's caches, sold by the node or by capacity."""
    latency = {"p50": "<1000", "tag": "assumed", "source": vendor.documents}
    return Design(
        id=design_id,
        title=title,
        role="cache",
        durable=False,
        quantities=quantities,
        lines=lines,
        durability=_durability(vendor),
        read_latency_us=latency,
        write_latency_us=latency,
        price_files=("gcp_azure_redis.csv",),
        regions=vendor.regions,
    )


def _durability(vendor: Vendor) -> Durability:
    return Durability(
        acknowledged_after="the primary has it in memory",
        loss_window="recent writes on failover (replication is asynchronous); everything if all nodes are lost",
        failover_s=vendor.failover_s,
        consistency=vendor.consistency,
        source=f"assumed, after {vendor.documents}",
    )
