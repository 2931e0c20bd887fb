"""ElastiCache Serverless: GB-hours of data with a minimum, and processing units (ECPU) by the vendor's rule.

A simple command takes one ECPU per kilobyte it moves, at least one; others the larger of that and of their vCPU time against
a simple command's (FACTS). At least 0.1 GB (Valkey) or 1 GB (Redis OSS) are billed.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from planner.pricing import money
from planner.pricing.catalogue import ELASTICACHE
from planner.pricing.designs import elasticache
from planner.pricing.designs.base import VENDOR_DOCS, Context, Design, line
from planner.pricing.value import value
from planner.sizing.model.bills import CostLine

SIMPLEST = Decimal(1)


@value
class Quantities:
    """`data_gb`: GB stored on average. `ecpu_per_s`: processing units a second on average; or `commands` a month of
    `kb_per_command` KB and `vcpu_time_ratio` times a simple command's vCPU time each, from which they are counted.
    `backup_gb`: GB of snapshots kept, `free_backup_gb` of them free."""

    data_gb: Decimal = Decimal(0)
    ecpu_per_s: Decimal = Decimal(0)
    commands: Decimal = Decimal(0)
    kb_per_command: Decimal = Decimal(0)
    vcpu_time_ratio: Decimal = SIMPLEST
    backup_gb: Decimal = Decimal(0)
    free_backup_gb: Decimal = Decimal(0)


def ecpu_of(kb: Decimal, vcpu_time_ratio: Decimal = SIMPLEST) -> Decimal:
    """ECPU of one command that moves `kb` KB (1,024 bytes) and takes `vcpu_time_ratio` times a simple command's time."""
    return max(SIMPLEST, kb, vcpu_time_ratio)


def _lines_of(engines: tuple[str, ...], least_gb: Decimal) -> Callable[[Quantities, Context], tuple[CostLine, ...]]:
    def lines(spec: Quantities, context: Context) -> tuple[CostLine, ...]:
        stored = context.catalogue.first(ELASTICACHE, engines, ("CachedData",))
        units = context.catalogue.first(ELASTICACHE, engines, ("ECPU",))
        billed = max(spec.data_gb, least_gb)
        note = f"at least {money.plain(least_gb)} GB are billed" if spec.data_gb < least_gb else ""
        used = _ecpu(spec, context)
        found = [line("Data stored", money.product(billed, context.hours), "GB-hour", stored, note=note)]
        if used:
            found.append(line("Processing units (ECPU)", money.millions(used), "million", units))
        return (*found, *elasticache.backup_lines(spec.backup_gb, spec.free_backup_gb, context))

    return lines


def _ecpu(spec: Quantities, context: Context) -> Decimal:
    steady = money.product(money.product(spec.ecpu_per_s, Decimal(3600)), context.hours)
    return steady + money.product(spec.commands, ecpu_of(spec.kb_per_command, spec.vcpu_time_ratio))


def _design(design_id: str, title: str, engines: tuple[str, ...], least_gb: str) -> Design[Quantities]:
    return Design(
        id=design_id,
        title=title,
        role="cache",
        durable=False,
        quantities=Quantities,
        lines=_lines_of(engines, Decimal(least_gb)),
        durability=elasticache.DURABILITY,
        read_latency_us={"p50": "<1000", "tag": "published", "source": VENDOR_DOCS},
        write_latency_us={"p50": "<1000", "tag": "published", "source": VENDOR_DOCS},
        price_files=("elasticache_serverless_backup.csv",),
    )


VALKEY = _design("elasticache-serverless-valkey", "ElastiCache Serverless for Valkey", ("Valkey Serverless",), "0.1")
REDIS = _design(
    "elasticache-serverless-redis",
    "ElastiCache Serverless for Redis OSS",
    ("Redis/Memcached Serverless", "Redis Serverless"),
    "1",
)
