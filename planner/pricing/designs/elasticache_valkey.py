"""ElastiCache for Valkey on nodes. Alone it may lose data; it is made to stand before a database."""

from __future__ import annotations

from planner.pricing.catalogue import ELASTICACHE
from planner.pricing.designs import elasticache
from planner.pricing.designs.base import Context, Design
from planner.sizing.model import CostLine


def _lines(spec: elasticache.Quantities, context: Context) -> tuple[CostLine, ...]:
    return elasticache.cluster_lines(spec, context, "Valkey")


DESIGN = Design(
    id="elasticache-valkey",
    title="ElastiCache for Valkey",
    role="cache",
    durable=False,
    quantities=elasticache.Quantities,
    lines=_lines,
    durability=elasticache.DURABILITY,
    read_latency_us=elasticache.READ_LATENCY_US,
    write_latency_us=elasticache.WRITE_LATENCY_US,
    price_files=elasticache.PRICE_FILES,
    service=ELASTICACHE,
    engine="Valkey",
)
