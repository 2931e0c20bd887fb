"""MemoryDB for Redis OSS: data written is charged from the first GB."""

from __future__ import annotations

from decimal import Decimal

from planner.pricing.catalogue import MEMORYDB
from planner.pricing.designs import memorydb
from planner.pricing.designs.base import Context, Design, line
from planner.sizing.model.bills import CostLine


def _lines(spec: memorydb.Quantities, context: Context) -> tuple[CostLine, ...]:
    return memorydb.cluster_lines(spec, context, "Redis", _data_written)


def _data_written(quantity: Decimal, context: Context) -> tuple[CostLine, ...]:
    if not quantity:
        return ()
    return (line("Data written", quantity, "GB", context.catalogue.price(MEMORYDB, "Redis", "DataWritten")),)


DESIGN = Design(
    id="memorydb-redis",
    title="MemoryDB for Redis OSS",
    role="store",
    durable=True,
    quantities=memorydb.Quantities,
    lines=_lines,
    durability=memorydb.DURABILITY,
    read_latency_us=memorydb.READ_LATENCY_US,
    write_latency_us=memorydb.WRITE_LATENCY_US,
    price_files=("memorydb_prices.csv",),
    service=MEMORYDB,
    engine="Redis",
)
