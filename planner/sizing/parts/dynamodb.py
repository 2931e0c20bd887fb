"""What DynamoDB is charged for, from the items of the trace.

A write unit per started KB, a read unit per started 4 KB, half when eventual; each item is stored with 100 bytes more than
its own (FACTS). Provisioned capacity that scales itself stands at the target utilisation of what each window's peak needs.
"""

from __future__ import annotations

from planner.pricing import money
from planner.sizing.parts.demand import Demand, Part, gb, per_month

ITEM_OVERHEAD_BYTES = 100
EVENTUAL = 0.5
SCALING_TARGET = 0.7  # the vendor's default for auto scaling


def on_demand(demand: Demand) -> Part:
    """Request units of a month and storage."""
    writes, reads = _units_per_s(demand)
    return Part(
        {
            "write_request_units": money.quantity(per_month(writes, demand.answers), decimals=0),
            "read_request_units": money.quantity(per_month(reads, demand.answers), decimals=0),
            "storage_gb": _stored(demand),
        }
    )


def provisioned(demand: Demand) -> Part:
    """Capacity that stands on average, and storage. At least one unit of each."""
    writes, reads = _units_per_s(demand)
    factor = demand.needs.scaling_factor / SCALING_TARGET
    return Part(
        {
            "wcu": money.quantity(max(1.0, writes * factor), decimals=2),
            "rcu": money.quantity(max(1.0, reads * factor), decimals=2),
            "storage_gb": _stored(demand),
        }
    )


def _units_per_s(demand: Demand) -> tuple[float, float]:
    items = demand.items
    consistency = EVENTUAL if demand.answers.read_consistency == "eventual" else 1.0
    writes = items.writes_per_s * float(items.write_units_per_write)
    return writes, demand.reads_per_s * float(items.read_units_per_read) * consistency


def _stored(demand: Demand) -> object:
    return gb(demand.items.items * (demand.items.item_bytes + ITEM_OVERHEAD_BYTES))
