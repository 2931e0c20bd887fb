"""Aurora PostgreSQL Serverless v2: capacity units (ACU, about 2 GiB of memory each) by the hour; storage and I/O as usual."""

from __future__ import annotations

from dataclasses import field
from decimal import Decimal

from planner.pricing import money
from planner.pricing.catalogue import RDS
from planner.pricing.designs import aurora
from planner.pricing.designs.base import Context, Design, line
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine


@value
class Quantities(aurora.Stored):
    """`acu`: capacity units in use on average, of all instances together. `storage_type`: `standard` or `io-optimized`."""

    acu: Decimal = Decimal(0)
    storage_type: str = field(default="standard", metadata={"choices": ("standard", "io-optimized")})


def _lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
    kind = aurora.OPTIMIZED if spec.storage_type == "io-optimized" else aurora.STANDARD
    price = context.catalogue.price(RDS, "Aurora", f"Aurora Serverless v2 {kind}")
    hours = money.product(spec.acu, context.hours)
    capacity = (
        (line(f"Capacity: {money.plain(spec.acu)} ACU on average", hours, "ACU-hour", price),) if spec.acu else ()
    )
    return (
        *aurora.with_savings(capacity, spec.savings_plan_percent),
        *aurora.storage_lines(spec, context, kind),
    )


DESIGN = Design(
    id="aurora-serverless-v2",
    title="Aurora PostgreSQL Serverless v2",
    role="database",
    durable=True,
    quantities=Quantities,
    lines=_lines,
    durability=aurora.DURABILITY,
    read_latency_us=aurora.LATENCY_US,
    write_latency_us=aurora.LATENCY_US,
    price_files=aurora.PRICE_FILES,
)
