"""MemoryDB: nodes of both engines, data written with Valkey's tiers, snapshots.

No real file of this service has been seen: families and usage types are those of second-hand copies and of the vendor's
documents. Reserved records carry no engine; they are Redis OSS prices, which Valkey nodes use by size flexibility.
"""

from __future__ import annotations

import re

from planner.pricing.offers.product import Product
from planner.pricing.offers.target import LAST, NODE_HOUR, VALKEY_WRITTEN, Service, Target, node_type, size_of

_CODE = "AmazonMemoryDB"
_NODE = re.compile(r"NodeUsage:(?P<type>db\.[a-z0-9.-]+)(?P<engine>:[A-Za-z]+)?")
_WRITTEN = re.compile(r"DataWritten(?:-?Bytes)?(?P<engine>:[A-Za-z]+)?")
_SNAPSHOT = re.compile(r"(?:SnapshotUsage|BackupUsage)(?::[A-Za-z]+)?")
_TYPE = re.compile(r"db\.[a-z0-9-]+\.[a-z0-9]+")
_RESERVED = "Redis (also applied to Valkey by size-flex)"
_ENGINES = ("Redis", "Valkey")


def _engine(product: Product, suffix: str | None) -> str:
    found = (suffix or "").lstrip(":") or product.get("engine") or "Redis"
    for engine in _ENGINES:
        if found.lower() in (engine.lower(), f"{engine.lower()} oss"):
            return engine
    raise product.fault(f"is of an engine that is not known ({found[:40]!r}).", expected="Redis or Valkey.")


def _target(product: Product) -> Target | None:
    usage = product.usage
    if found := _NODE.fullmatch(usage):
        engine = _engine(product, found["engine"])
        item = node_type(product, _TYPE, found["type"])
        reserved = _RESERVED if engine == "Redis" else "Valkey"
        size = size_of(product)
        return Target(_CODE, product.region(), engine, item, NODE_HOUR, reserved_engine=reserved, **size)  # type: ignore[arg-type]
    if found := _WRITTEN.fullmatch(usage):
        engine = _engine(product, found["engine"])
        tiers = VALKEY_WRITTEN if engine == "Valkey" else LAST
        return Target(_CODE, product.region(), engine, "DataWritten", "USD/GB", tiers=tiers)
    if _SNAPSHOT.fullmatch(usage):
        return Target(_CODE, product.region(), "all", "SnapshotUsage", "USD/GB-month")
    return None


SERVICE = Service(
    code=_CODE,
    title="MemoryDB",
    families=frozenset(
        ("Amazon MemoryDB", "MemoryDB", "MemoryDB Node", "ReservedNode", "Storage Snapshot", "Data Transfer")
    ),
    rule=_target,
)
