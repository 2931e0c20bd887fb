"""RDS for PostgreSQL (or MySQL) on instances, in one zone or with a standby in another.

gp3 includes 3,000 IOPS and 125 MB/s, and 12,000 and 500 from 400 GB (FACTS); what goes beyond is charged. Backups are free up
to the size of the database; `backup_gb` is what goes beyond.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import field
from decimal import Decimal

from planner.pricing import money
from planner.pricing.catalogue import RDS, Price
from planner.pricing.designs.aurora import MYSQL, POSTGRESQL
from planner.pricing.designs.base import VENDOR_DOCS, Context, Design, free_line, line
from planner.pricing.designs.node_hours import NodeHours, node_lines, require_type
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine, Durability

_NAMES = {POSTGRESQL: "PostgreSQL", MYSQL: "MySQL"}
_LARGE_GP3_GB = 400
_INCLUDED = {False: (3_000, 125), True: (12_000, 500)}  # IOPS and MB/s, by whether the volume is large
SINGLE, MULTI = "Single-AZ", "Multi-AZ"
_NODES = {SINGLE: "Single-AZ", MULTI: "Multi-AZ (1 standby)"}
LATENCY_US = {"p50": "single-digit ms", "tag": "assumed", "source": VENDOR_DOCS}


@value
class Quantities:
    """`instances` of one type (a Multi-AZ instance includes its standby). `iops` and `throughput_mb_s` are what is wanted in
    all; `io1` charges all IOPS, gp3 those beyond the included. `usd_per_instance_hour`: a price of one's own."""

    instance_type: str = ""
    instances: int = field(default=1, metadata={"low": 0, "high": 16})
    database_engine: str = field(default=POSTGRESQL, metadata={"choices": (POSTGRESQL, MYSQL)})
    storage_type: str = field(default="gp3", metadata={"choices": ("gp2", "gp3", "io1")})
    storage_gb: Decimal = Decimal(0)
    iops: Decimal = Decimal(0)
    throughput_mb_s: Decimal = Decimal(0)
    backup_gb: Decimal = Decimal(0)
    usd_per_instance_hour: Decimal = Decimal(0)


def _lines_of(zones: str) -> Callable[[Quantities, Context], tuple[CostLine, ...]]:
    def lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
        return (*_instances(spec, context, zones), *_storage(spec, context, zones))

    return lines


def _instances(spec: Quantities, context: Context, zones: str) -> tuple[CostLine, ...]:
    if not spec.instances or not spec.instance_type:
        return ()
    require_type(RDS, "RDS", spec.instance_type, "instance_type")
    engine = _NAMES[spec.database_engine]
    wanted = NodeHours(
        service=RDS,
        engines=(f"{engine} {_NODES[zones]}",),
        node_type=spec.instance_type,
        count=spec.instances,
        name=f"Instances: {spec.instances} x {spec.instance_type} ({engine}, {zones})",
        unit="instance-hour",
        usd_per_hour=spec.usd_per_instance_hour,
    )
    return node_lines(wanted, context)


def _storage(spec: Quantities, context: Context, zones: str) -> Iterator[CostLine]:
    def price(item: str) -> Price | None:
        return context.catalogue.price(RDS, "MySQL/PostgreSQL", item)

    if spec.storage_gb:
        yield line(
            f"Storage ({spec.storage_type})", spec.storage_gb, "GB-month", price(f"storage {spec.storage_type} {zones}")
        )
    if spec.storage_type == "io1" and spec.iops:
        yield line("Provisioned IOPS", spec.iops, "IOPS-month", price(f"io1 provisioned IOPS {zones}"))
    if spec.storage_type == "gp3":
        iops, mb_s = _INCLUDED[spec.storage_gb >= _LARGE_GP3_GB]
        yield from _beyond("IOPS", "IOPS-month", spec.iops, iops, price(f"gp3 IOPS above baseline {zones}"))
        throughput = price(f"gp3 throughput above baseline {zones}")
        yield from _beyond("Throughput", "MBps-month", spec.throughput_mb_s, mb_s, throughput)
    if spec.backup_gb:
        yield line(
            "Backup storage beyond the free size", spec.backup_gb, "GB-month", price("backup storage beyond free")
        )


def _beyond(name: str, unit: str, wanted: Decimal, included: int, price: Price | None) -> Iterator[CostLine]:
    if not wanted:
        return
    free = min(wanted, Decimal(included))
    yield free_line(f"{name} included with gp3", free, unit, source=VENDOR_DOCS, as_of="", provenance="read")
    if wanted > free:
        yield line(f"{name} above the included", money.minus(wanted, free), unit, price)


def _design(design_id: str, title: str, zones: str, durability: Durability, *, durable: bool) -> Design[Quantities]:
    return Design(
        id=design_id,
        title=title,
        role="database",
        durable=durable,
        quantities=Quantities,
        lines=_lines_of(zones),
        durability=durability,
        read_latency_us=LATENCY_US,
        write_latency_us=LATENCY_US,
        price_files=("rds_nodes.csv", "rds_reserved.csv", "aurora_rds_storage.csv"),
    )


RDS_SINGLE = _design(
    "rds-postgresql",
    "RDS for PostgreSQL (one zone)",
    SINGLE,
    Durability(
        acknowledged_after="the write is in the log on the volume, in one zone",
        loss_window="none while the volume lives; since the last backup or log copy (about 5 minutes) if it does not",
        failover_s="minutes: the instance is restarted or restored, there is no standby",
        consistency="strong",
        source=f"assumed, after {VENDOR_DOCS}",
    ),
    durable=False,
)
RDS_MULTI = _design(
    "rds-postgresql-multi-az",
    "RDS for PostgreSQL (Multi-AZ)",
    MULTI,
    Durability(
        acknowledged_after="the volume of the standby in another zone has the write too",
        loss_window="none for an acknowledged write",
        failover_s="60 to 120 s with one standby; under 35 s with two readable ones",
        consistency="strong",
        source=f"published: {VENDOR_DOCS}",
    ),
    durable=True,
)
