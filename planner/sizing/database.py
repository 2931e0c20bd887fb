"""What the database of a design is charged for, from the items of the trace. One function per database, by design ID.

DynamoDB (FACTS): a write unit per started KB, a read unit per started 4 KB, half when eventual; each item is stored
with 100 bytes more than its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from planner.pricing import money
from planner.sizing.model import Answers, ItemLoad

ITEM_OVERHEAD_BYTES = 100
EVENTUAL = 0.5


def spec_of_database(design_id: str, items: ItemLoad, missed: float, answers: Answers) -> Mapping[str, object]:
    """Keys of the quote's spec for a database that gets all writes and the share `missed` of reads."""
    return _SPECS[design_id](items, missed, answers)


def _dynamodb_on_demand(items: ItemLoad, missed: float, answers: Answers) -> Mapping[str, object]:
    seconds = float(money.SECONDS_PER_MONTH)
    consistency = EVENTUAL if answers.read_consistency == "eventual" else 1.0
    writes = items.writes_per_s * float(items.write_units_per_write) * seconds
    reads = items.reads_per_s * missed * float(items.read_units_per_read) * consistency * seconds
    stored = items.items * (items.item_bytes + ITEM_OVERHEAD_BYTES)
    return {
        "write_request_units": money.quantity(writes, decimals=0),
        "read_request_units": money.quantity(reads, decimals=0),
        "storage_gb": money.quantity(stored / money.BYTES_PER_GB),
    }


_SPECS: Mapping[str, Callable[[ItemLoad, float, Answers], Mapping[str, object]]] = {
    "dynamodb-on-demand": _dynamodb_on_demand,
}
