"""What the two DynamoDB designs share: the unit rules, storage, backups, streams, and the tables' promise.

A read unit is a started 4 KB (half of one when eventually consistent, two when transactional); a write unit is a started KB
(two when transactional). Failed conditions and reads of what is missing are billed like others (FACTS). The 25 GB a month
that are free belong to an account, not to a table, so they are not taken off; the line says so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from decimal import ROUND_CEILING, Decimal

from planner.pricing import money
from planner.pricing.catalogue import DYNAMODB
from planner.pricing.designs.base import VENDOR_DOCS, Context, Design, Q, line
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine, Durability

EVENTUAL, STRONG, TRANSACTIONAL = "eventual", "strong", "transactional"
STANDARD, INFREQUENT = "standard", "standard-ia"
READ_FACTORS = {EVENTUAL: Decimal("0.5"), STRONG: Decimal(1), TRANSACTIONAL: Decimal(2)}
WRITE_FACTORS = {EVENTUAL: Decimal(1), STRONG: Decimal(1), TRANSACTIONAL: Decimal(2)}
READ_UNIT_KB, WRITE_UNIT_KB = Decimal(4), Decimal(1)
# Items of the price list by table class: write, read, replicated write.
UnitItems = Mapping[str, tuple[str, str, str]]
_NO_FREE_TIER = "the account's 25 free GB are not taken off"

_DURABILITY = Durability(
    acknowledged_after="the item is stored in several availability zones",
    loss_window="none for an acknowledged write",
    failover_s="none to wait for: the service moves requests by itself",
    consistency="strong or eventual, chosen per read",
    source=f"assumed, after {VENDOR_DOCS}",
)
_LATENCY_US = {"p50": "single-digit ms", "tag": "assumed", "source": VENDOR_DOCS}


@value
class Kept:
    """GB a month of what a table keeps. `table_class`: `standard`, or `standard-ia` for what is seldom read.

    `reads` and `writes` a month of items of `read_kb` and `write_kb` KB (1,024 bytes) are counted in units by the rules;
    `consistency`: `eventual`, `strong` or `transactional`. `change_records` go to a Kinesis stream.
    """

    storage_gb: Decimal = Decimal(0)
    pitr_gb: Decimal = Decimal(0)
    backup_gb: Decimal = Decimal(0)
    restore_gb: Decimal = Decimal(0)
    stream_read_units: Decimal = Decimal(0)
    change_records: Decimal = Decimal(0)
    export_gb: Decimal = Decimal(0)
    table_class: str = field(default=STANDARD, metadata={"choices": (STANDARD, INFREQUENT)})


def read_units(kb: Decimal, consistency: str = EVENTUAL) -> Decimal:
    """Units of one read of an item of `kb` KB; one that finds nothing takes as many as 4 KB."""
    started = max(Decimal(1), (kb / READ_UNIT_KB).to_integral_value(ROUND_CEILING))
    return started * READ_FACTORS[consistency]


def write_units(kb: Decimal, consistency: str = STRONG) -> Decimal:
    """Units of one write of an item of `kb` KB: of an update, the larger of before and after."""
    started = max(Decimal(1), (kb / WRITE_UNIT_KB).to_integral_value(ROUND_CEILING))
    return started * WRITE_FACTORS[consistency]


def kept_lines(spec: Kept, context: Context) -> Iterator[CostLine]:
    """Storage, backups and streams, each where there is any."""
    infrequent = spec.table_class == INFREQUENT
    stored = "table storage Standard-IA" if infrequent else "table storage Standard (first 25 GB/month free)"
    # name, quantity, unit, item of the price list, note
    wanted = (
        ("Storage", spec.storage_gb, "GB-month", stored, "" if infrequent else _NO_FREE_TIER),
        ("Point-in-time recovery", spec.pitr_gb, "GB-month", "continuous backup PITR", ""),
        ("On-demand backup", spec.backup_gb, "GB-month", "on-demand backup storage", ""),
        ("Restore", spec.restore_gb, "GB", "restore", ""),
        ("Export to object storage", spec.export_gb, "GB", "export to S3 (full)", ""),
        ("Stream read units", money.millions(spec.stream_read_units), "million", "Streams read request units", ""),
        (
            "Change records to a stream",
            money.millions(spec.change_records),
            "million",
            "change data capture for Kinesis",
            "",
        ),
    )
    for name, quantity, unit, item, note in wanted:
        if quantity:
            yield line(name, quantity, unit, context.catalogue.price(DYNAMODB, "", item), note=note)


def design(
    design_id: str, title: str, quantities: type[Q], lines: Callable[[Q, Context], tuple[CostLine, ...]]
) -> Design[Q]:
    """A table as one way of paying for its units has it."""
    return Design(
        id=design_id,
        title=title,
        role="database",
        durable=True,
        quantities=quantities,
        lines=lines,
        durability=_DURABILITY,
        read_latency_us=_LATENCY_US,
        write_latency_us=_LATENCY_US,
        price_files=("dynamodb_prices.csv",),
    )
