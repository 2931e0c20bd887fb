"""Redis or Valkey that one runs oneself on EC2: instances, volumes for the append-only file, and hours of somebody's work.

No list here has the price of a volume and none can have that of an hour of work: both are the spec's, with a default that is
tagged assumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from decimal import Decimal

from planner.pricing.catalogue import EC2
from planner.pricing.designs.base import Context, Design, stated_line
from planner.pricing.designs.node_hours import NodeHours, node_lines, require_type
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine, Durability

EBS_USD_PER_GB_MONTH = Decimal("0.08")  # gp3 in us-east-1 [memory]
OPERATIONS_USD_PER_HOUR = Decimal(100)
_ASSUMED = "assumed; set it in the spec"


@value
class Quantities:
    """`instances` of one type, replicas included. `ebs_gb`: volumes of all of them together, at `ebs_usd_per_gb_month`.
    `operations_hours` a month at `operations_usd_per_hour`. `usd_per_instance_hour`: a price of one's own."""

    instance_type: str = ""
    instances: int = field(default=1, metadata={"low": 0, "high": 1000})
    ebs_gb: Decimal = Decimal(0)
    ebs_usd_per_gb_month: Decimal = EBS_USD_PER_GB_MONTH
    operations_hours: Decimal = Decimal(0)
    operations_usd_per_hour: Decimal = OPERATIONS_USD_PER_HOUR
    usd_per_instance_hour: Decimal = Decimal(0)


def _lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
    return (*_instances(spec, context), *_others(spec))


def _instances(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
    if not spec.instances or not spec.instance_type:
        return ()
    require_type(EC2, "EC2", spec.instance_type, "instance_type")
    wanted = NodeHours(
        service=EC2,
        engines=("Linux shared tenancy",),
        node_type=spec.instance_type,
        count=spec.instances,
        name=f"Instances: {spec.instances} x {spec.instance_type}",
        unit="instance-hour",
        usd_per_hour=spec.usd_per_instance_hour,
    )
    return node_lines(wanted, context)


def _others(spec: Quantities) -> Iterator[CostLine]:
    if spec.ebs_gb:
        yield stated_line("Volumes (gp3)", spec.ebs_gb, "GB-month", spec.ebs_usd_per_gb_month, source=_ASSUMED)
    if spec.operations_hours:
        usd = spec.operations_usd_per_hour
        yield stated_line(
            "Operations: upgrades, failures, backups", spec.operations_hours, "hour", usd, source=_ASSUMED
        )


DESIGN = Design(
    id="ec2-redis",
    title="Redis or Valkey on EC2, self-managed",
    role="cache",
    durable=False,
    quantities=Quantities,
    lines=_lines,
    durability=Durability(
        acknowledged_after="the primary has it in memory; on its disk too where every write is flushed",
        loss_window="up to a second of writes with the usual flush each second, and what replicas had not received",
        failover_s="seconds to minutes, as it was set up",
        consistency="reads from a replica may be stale",
        source="assumed: depends on how it is set up",
    ),
    read_latency_us={"p50": "<1000", "tag": "assumed", "source": "the same engine on the same network"},
    write_latency_us={"p50": "<1000", "tag": "assumed", "source": "the same engine on the same network"},
    price_files=("ec2_prices.csv",),
    service=EC2,
    engine="Linux shared tenancy",
)
