"""Aurora PostgreSQL on instances: standard (storage and I/O charged) and I/O-Optimized (dearer instances and storage, no I/O),
and what Serverless v2 shares with them.

Where no list has the I/O-Optimized instance, it is 1.30 x the standard one (FACTS). A savings plan takes a percentage off
instances or capacity; the percentage is the spec's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field, replace
from decimal import Decimal

from planner.pricing import money
from planner.pricing.catalogue import AURORA, RDS, Catalogue, Price
from planner.pricing.designs.base import VENDOR_DOCS, Context, Design, free_line, line
from planner.pricing.designs.node_hours import NodeHours, node_lines, require_type
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine, Durability

IO_PREMIUM = Decimal("1.30")
POSTGRESQL, MYSQL = "postgresql", "mysql"
_NAMES = {POSTGRESQL: "PostgreSQL", MYSQL: "MySQL"}
STANDARD, OPTIMIZED = "Standard", "I/O-Optimized"
PRICE_FILES = ("aurora_nodes.csv", "aurora_rds_storage.csv", "rds_reserved.csv")

DURABILITY = Durability(
    acknowledged_after="four of six copies in three zones have the log record",
    loss_window="none for an acknowledged write",
    failover_s="under 60 s, often under 30 s",
    consistency="strong on the writer; a reader instance lags by milliseconds",
    source=f"published: {VENDOR_DOCS}",
)
LATENCY_US = {"p50": "single-digit ms", "tag": "assumed", "source": VENDOR_DOCS}


@value
class Stored:
    """A month of storage: `storage_gb`, `io_millions` of I/O requests, `backup_gb` beyond the free size of the cluster.
    `savings_plan_percent`: off instances or capacity."""

    storage_gb: Decimal = Decimal(0)
    io_millions: Decimal = Decimal(0)
    backup_gb: Decimal = Decimal(0)
    savings_plan_percent: Decimal = field(default=Decimal(0), metadata={"low": 0, "high": 100})


@value
class Quantities(Stored):
    """`instances` of one type, writer and readers; none without a type. `usd_per_instance_hour`: a price of one's own instead
    of the list's."""

    instance_type: str = ""
    instances: int = field(default=1, metadata={"low": 0, "high": 16})
    database_engine: str = field(default=POSTGRESQL, metadata={"choices": (POSTGRESQL, MYSQL)})
    usd_per_instance_hour: Decimal = Decimal(0)


def _lines_of(kind: str) -> Callable[[Quantities, Context], tuple[CostLine, ...]]:
    def lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
        return (*_instances(spec, context, kind), *storage_lines(spec, context, kind))

    return lines


def _instances(spec: Quantities, context: Context, kind: str) -> Iterator[CostLine]:
    if not spec.instances or not spec.instance_type:
        return
    require_type(AURORA, "Aurora", spec.instance_type, "instance_type")
    engine = _NAMES[spec.database_engine]
    names = tuple(f"{name} {kind}" for name in (f"Aurora {engine}", "Aurora MySQL/PostgreSQL"))
    where = with_premium(context, engine, spec.instance_type) if kind == OPTIMIZED else context
    wanted = NodeHours(
        service=AURORA,
        engines=names,
        node_type=spec.instance_type,
        count=spec.instances,
        name=f"Instances: {spec.instances} x {spec.instance_type} ({engine}, {kind})",
        unit="instance-hour",
        usd_per_hour=spec.usd_per_instance_hour,
    )
    yield from with_savings(node_lines(wanted, where), spec.savings_plan_percent)


def with_premium(context: Context, engine: str, item: str) -> Context:
    """The prices with an I/O-Optimized one added where only the standard one is listed."""
    prices = context.catalogue
    optimized = tuple(f"{name} {OPTIMIZED}" for name in (f"Aurora {engine}", "Aurora MySQL/PostgreSQL"))
    standard = tuple(f"{name} {STANDARD}" for name in ("Aurora MySQL/PostgreSQL", f"Aurora {engine}"))
    base = prices.first(AURORA, standard, (item,))
    if base is None or prices.first(AURORA, optimized, (item,)) is not None:
        return context
    note = f"{IO_PREMIUM} x the standard price {money.plain(base.usd)}"
    dearer = replace(base, usd=money.product(base.usd, IO_PREMIUM), provenance="derived", derivation=note)
    added = {(AURORA, optimized[0], item, base.term): (dearer,)}
    return replace(context, catalogue=Catalogue(prices.region, {**prices.prices, **added}))


def with_savings(lines: tuple[CostLine, ...], percent: Decimal) -> Iterator[CostLine]:
    """The lines, and after them what the savings plan takes off."""
    yield from lines
    total = money.total(one.amount for one in lines if one.amount is not None)
    if percent and total:
        note = "the percentage is the spec's"
        off = money.product(total, percent / 100)
        yield CostLine("Savings plan", percent, "percent", -total / 100, -off, "the spec", "", "assumed", note)


def storage_lines(spec: Stored, context: Context, kind: str) -> Iterator[CostLine]:
    """Storage, I/O (free when I/O-Optimized) and backups."""
    prices = context.catalogue
    optimized = kind == OPTIMIZED
    storage = "Aurora I/O-Optimized storage" if optimized else "Aurora Standard storage"
    if spec.storage_gb:
        yield line("Storage", spec.storage_gb, "GB-month", _price(prices, storage))
    if spec.io_millions and optimized:
        yield free_line("I/O requests", spec.io_millions, "million", source=VENDOR_DOCS, as_of="", provenance="read")
    elif spec.io_millions:
        yield line("I/O requests", spec.io_millions, "million", _price(prices, "Aurora Standard I/O"))
    if spec.backup_gb:
        note = "beyond the size of the cluster, which is free"
        yield line("Backup storage", spec.backup_gb, "GB-month", _price(prices, "Aurora backup storage"), note=note)


def _price(prices: Catalogue, item: str) -> Price | None:
    return prices.price(RDS, "Aurora", item)


def _design(design_id: str, title: str, kind: str) -> Design[Quantities]:
    return Design(
        id=design_id,
        title=title,
        role="database",
        durable=True,
        quantities=Quantities,
        lines=_lines_of(kind),
        durability=DURABILITY,
        read_latency_us=LATENCY_US,
        write_latency_us=LATENCY_US,
        price_files=PRICE_FILES,
    )


AURORA_STANDARD = _design("aurora-standard", "Aurora PostgreSQL (standard)", STANDARD)
AURORA_IO_OPTIMIZED = _design("aurora-io-optimized", "Aurora PostgreSQL (I/O-Optimized)", OPTIMIZED)
