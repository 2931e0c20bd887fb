"""MemoryDB for Valkey: the first 10 TB written in a month are free, the rest is charged by the GB.

No source says whether that TB is decimal, so the spec may choose; decimal is the cautious reading.
"""

from __future__ import annotations

from decimal import Decimal

from planner.pricing import money
from planner.pricing.catalogue import MEMORYDB, catalogue
from planner.pricing.designs import memorydb
from planner.pricing.designs.base import Context, Design, free_line, line
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine

FREE_ITEM, PAID_ITEM = "DataWritten first 10 TB/month", "DataWritten above 10 TB/month"
_HOME = "us-east-1"


@value
class Quantities(memorydb.Quantities):
    """Adds `free_tier_tb_is_decimal`: 10 TB are 10,000 GB (true) or 10,240 GB (false)."""

    free_tier_tb_is_decimal: bool = True


def _lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
    allowance = Decimal(10_000 if spec.free_tier_tb_is_decimal else 10_240)

    def written(quantity: Decimal, where: Context) -> tuple[CostLine, ...]:
        return _data_written(quantity, allowance, where)

    return memorydb.cluster_lines(spec, context, "Valkey", written)


def _data_written(quantity: Decimal, allowance: Decimal, context: Context) -> tuple[CostLine, ...]:
    if not quantity:
        return ()
    free = min(quantity, allowance)
    found = [_free(free, context)]
    if quantity > free:
        price = context.catalogue.price(MEMORYDB, "Valkey", PAID_ITEM)
        found.append(line("Data written above 10 TB", money.minus(quantity, free), "GB", price))
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
