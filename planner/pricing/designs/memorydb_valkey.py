"""MemoryDB for Valkey: the first 10 TB written in a month are free, the rest is charged by the GB.

No source says whether that TB is decimal, so the spec may choose; decimal is the cautious reading.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from planner.pricing import money
from planner.pricing.catalogue import MEMORYDB, catalogue
from planner.pricing.designs import memorydb
from planner.pricing.designs.base import Context, Design, free_line, line
from planner.sizing.model import CostLine

FREE_ITEM, PAID_ITEM = "DataWritten first 10 TB/month", "DataWritten above 10 TB/month"
_HOME = "us-east-1"


@dataclass(frozen=True, slots=True)
class Quantities(memorydb.Quantities):
    """Adds `free_tier_tb_is_decimal`: 10 TB are 10,000 GB (true) or 10,240 GB (false)."""

    free_tier_tb_is_decimal: bool = True


def _lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
    return (
        *memorydb.node_lines(spec, context, "Valkey"),
        *_data_written(spec, context),
        *memorydb.snapshot_lines(spec, context),
    )


def _data_written(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
    if not spec.data_written_gb:
        return ()
    allowance = Decimal(10_000 if spec.free_tier_tb_is_decimal else 10_240)
    free = min(spec.data_written_gb, allowance)
    found = [_free(free, context)]
    if spec.data_written_gb > free:
        price = context.catalogue.price(MEMORYDB, "Valkey", PAID_ITEM)
        found.append(line("Data written above 10 TB", money.minus(spec.data_written_gb, free), "GB", price))
    return tuple(found)


def _free(quantity: Decimal, context: Context) -> CostLine:
    """The allowance is a rule of the service: where a region's list does not repeat it, the home region's row does."""
    here = context.catalogue.price(MEMORYDB, "Valkey", FREE_ITEM)
    rule = here or catalogue(_HOME).price(MEMORYDB, "Valkey", FREE_ITEM)
    source, as_of = (rule.source, rule.as_of) if rule else ("", "")
    name = "Data written, first 10 TB a month"
    return free_line(name, quantity, "GB", source=source, as_of=as_of, provenance="read" if here else "derived")


DESIGN = Design(
    id="memorydb-valkey",
    title="MemoryDB for Valkey",
    role="store",
    durable=True,
    quantities=Quantities,
    lines=_lines,
    durability=memorydb.DURABILITY,
    read_latency_us=memorydb.READ_LATENCY_US,
    write_latency_us=memorydb.WRITE_LATENCY_US,
    price_files=("memorydb_prices.csv",),
    service=MEMORYDB,
    engine="Valkey",
)
