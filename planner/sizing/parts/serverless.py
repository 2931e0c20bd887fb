"""ElastiCache Serverless: the data it holds on average and the processing units its commands take.

A simple command takes a unit per started KB it moves; another one the larger of that and of its CPU time against a simple
command's, as measured (FACTS, ElastiCache). Without measured commands every operation is taken as a simple one.
"""

from __future__ import annotations

from planner.pricing import money
from planner.sizing.parts.demand import Demand, Part, gb

MOST_GIB, MOST_SLOT_ECPU, GIB = 5_000, 30_000, 2**30


def serverless(demand: Demand) -> Part:
    """Data and units; refused beyond the service's limits."""
    needs = demand.needs
    held = needs.memory_bytes * demand.held
    if held > MOST_GIB * GIB:
        return Part(reason=f"{held / GIB:,.0f} GiB are more than the {MOST_GIB:,} GiB a serverless cache may hold.")
    peak = needs.ecpu_per_s * demand.peak_to_average
    hottest = peak * (needs.hottest_slot_share or 0.0)
    if hottest > MOST_SLOT_ECPU:
        return Part(reason=f"One hash slot would take {hottest:,.0f} ECPU/s of the {MOST_SLOT_ECPU:,} allowed.")
    fills = demand.items.reads_per_s * demand.missed if demand.joined else 0.0
    backup = {} if demand.joined else {"backup_gb": gb(needs.snapshot_bytes * demand.answers.snapshot_retention_days)}
    return Part({"data_gb": gb(held), "ecpu_per_s": money.quantity(needs.ecpu_per_s + fills, decimals=2), **backup})
