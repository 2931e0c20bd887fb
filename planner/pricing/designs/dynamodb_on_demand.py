"""DynamoDB on demand: request units, storage, and the backups one chooses.

The 25 GB a month that are free belong to an account, not to a table, so they are not taken off; the line says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from planner.pricing import money
from planner.pricing.catalogue import DYNAMODB
from planner.pricing.designs.base import VENDOR_DOCS, Context, Design, line
from planner.sizing.model import CostLine, Durability

_WRITE_ITEM, _READ_ITEM = "on-demand write request unit (WRU)", "on-demand read request unit (RRU)"
_NO_FREE_TIER = "the account's 25 free GB are not taken off"


@dataclass(frozen=True, slots=True)
class Quantities:
    """Units and GB a month. A write unit is a started KB written, a read unit a started 4 KB (half when eventual)."""

    write_request_units: Decimal = Decimal(0)
    read_request_units: Decimal = Decimal(0)
    storage_gb: Decimal = Decimal(0)
    pitr_gb: Decimal = Decimal(0)
    backup_gb: Decimal = Decimal(0)
    restore_gb: Decimal = Decimal(0)
    stream_read_units: Decimal = Decimal(0)


def _lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
    # name, quantity, unit, item of the price list, note
    wanted = (
        (
            "Write request units",
            money.millions(spec.write_request_units),
            "million",
            _WRITE_ITEM,
            "",
        ),
        ("Read request units", money.millions(spec.read_request_units), "million", _READ_ITEM, ""),
        ("Storage", spec.storage_gb, "GB-month", "table storage Standard (first 25 GB/month free)", _NO_FREE_TIER),
        ("Point-in-time recovery", spec.pitr_gb, "GB-month", "continuous backup PITR", ""),
        ("On-demand backup", spec.backup_gb, "GB-month", "on-demand backup storage", ""),
        ("Restore", spec.restore_gb, "GB", "restore", ""),
        ("Stream read units", money.millions(spec.stream_read_units), "million", "Streams read request units", ""),
    )
    return tuple(
        line(name, quantity, unit, context.catalogue.price(DYNAMODB, "", item), note=note)
        for name, quantity, unit, item, note in wanted
        if quantity
    )


DESIGN = Design(
    id="dynamodb-on-demand",
    title="DynamoDB on demand",
    role="database",
    durable=True,
    quantities=Quantities,
    lines=_lines,
    durability=Durability(
        acknowledged_after="the item is stored in several availability zones",
        loss_window="none for an acknowledged write",
        failover_s="none to wait for: the service moves requests by itself",
        consistency="strong or eventual, chosen per read",
        source=f"assumed, after {VENDOR_DOCS}",
    ),
    read_latency_us={"p50": "single-digit ms", "tag": "assumed", "source": VENDOR_DOCS},
    write_latency_us={"p50": "single-digit ms", "tag": "assumed", "source": VENDOR_DOCS},
    price_files=("dynamodb_prices.csv",),
)
