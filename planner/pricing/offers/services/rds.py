"""RDS and Aurora, for PostgreSQL and MySQL: instances, storage, I/O, backups, Serverless v2.

Aurora Standard and I/O-Optimized differ in nothing but the usage type. Storage is listed once for each engine at one price:
PostgreSQL's is taken.
"""

from __future__ import annotations

import re

from planner.pricing.offers.product import Product
from planner.pricing.offers.target import INSTANCE_HOUR, MILLION, ONE, Service, Target, node_type, size_of

_CODE, _AURORA = "AmazonRDS", "AmazonRDS (Aurora)"
_INSTANCE = re.compile(r"(?P<kind>InstanceUsage|InstanceUsageIOOptimized|Multi-AZUsage):(?P<type>db\.[a-z0-9.-]+)")
_TYPE = re.compile(r"db\.[a-z0-9-]+\.[a-z0-9-]+")
_OPTIMIZED = "InstanceUsageIOOptimized"
_ENGINES = ("PostgreSQL", "MySQL")
_AURORA_ENGINES = {"Aurora PostgreSQL": "Aurora PostgreSQL", "Aurora MySQL": "Aurora MySQL"}
_POSTGRESQL = ("PostgreSQL", "Aurora PostgreSQL", "Any", "")
_AURORA_ITEMS = {
    "Aurora:StorageUsage": ("Aurora Standard storage", "USD/GB-month", ONE),
    "Aurora:IO-OptimizedStorageUsage": ("Aurora I/O-Optimized storage", "USD/GB-month", ONE),
    "Aurora:StorageIOUsage": ("Aurora Standard I/O", "USD/million", MILLION),
    "Aurora:BackupUsage": ("Aurora backup storage", "USD/GB-month", ONE),
    "Aurora:ReplicatedWriteIO": ("Aurora Global Database replicated write I/O", "USD/million", MILLION),
    "Aurora:ServerlessV2Usage": ("Aurora Serverless v2 Standard", "USD/ACU-hour", ONE),
    "Aurora:ServerlessV2IOOptimizedUsage": ("Aurora Serverless v2 I/O-Optimized", "USD/ACU-hour", ONE),
}
_RDS_ITEMS = {
    "GP2-Storage": ("storage gp2 {}", "USD/GB-month"),
    "GP3-Storage": ("storage gp3 {}", "USD/GB-month"),
    "PIOPS-Storage": ("storage io1 {}", "USD/GB-month"),
    "PIOPS": ("io1 provisioned IOPS {}", "USD/IOPS-month"),
    "GP3-PIOPS": ("gp3 IOPS above baseline {}", "USD/IOPS-month"),
    "GP3-Throughput": ("gp3 throughput above baseline {}", "USD/MBps-month"),
}
_STORAGE = re.compile(r"RDS:(?P<zones>Multi-AZ-)?(?P<item>[A-Z0-9a-z-]+)")


def _target(product: Product) -> Target | None:
    usage = product.usage
    if found := _INSTANCE.fullmatch(usage):
        return _instance(product, found["kind"], found["type"])
    if product.get("databaseengine") not in _POSTGRESQL:
        return None
    if usage in _AURORA_ITEMS:
        item, unit, scale = _AURORA_ITEMS[usage]
        return Target(_CODE, product.region(), "Aurora", item, unit, scale)
    return _storage(product)


def _instance(product: Product, kind: str, from_usage: str) -> Target | None:
    engine, option = product.get("databaseengine"), product.get("deploymentoption")
    service, name = _CODE, ""
    if engine in _AURORA_ENGINES:
        service = _AURORA
        name = f"{engine} {'I/O-Optimized' if kind == _OPTIMIZED else 'Standard'}"
    elif engine in _ENGINES and option in ("", "Multi-AZ" if kind == "Multi-AZUsage" else "Single-AZ"):
        name = f"{engine} {'Multi-AZ (1 standby)' if kind == 'Multi-AZUsage' else 'Single-AZ'}"
    if not engine:
        raise product.fault("names no database engine.", expected="such as PostgreSQL.")
    if not name:
        return None
    item = node_type(product, _TYPE, from_usage)
    size = size_of(product)
    return Target(service, product.region(), name, item, INSTANCE_HOUR, reserved_engine=name, **size)  # type: ignore[arg-type]


def _storage(product: Product) -> Target | None:
    found = _STORAGE.fullmatch(product.usage)
    if found is None:
        return None
    if found["item"] == "ChargedBackupUsage":
        return Target(_CODE, product.region(), "MySQL/PostgreSQL", "backup storage beyond free", "USD/GB-month")
    if found["item"] not in _RDS_ITEMS:
        return None
    item, unit = _RDS_ITEMS[found["item"]]
    zones = "Multi-AZ" if found["zones"] else "Single-AZ"
    return Target(_CODE, product.region(), "MySQL/PostgreSQL", item.format(zones), unit)


SERVICE = Service(
    code=_CODE,
    title="RDS",
    families=frozenset(
        (
            "Database Instance",
            "Database Storage",
            "Provisioned IOPS",
            "Provisioned Throughput",
            "Storage Snapshot",
            "System Operation",
            "ServerlessV2",
            "Serverless",
            "Aurora Global Database",
            "CPU Credits",
            "Data Transfer",
            "Database Utilization",
            "Performance Insights",
            "RDSProxy",
        )
    ),
    rule=_target,
)
