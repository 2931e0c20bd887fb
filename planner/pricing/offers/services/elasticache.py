"""ElastiCache: nodes of three engines, Serverless of Valkey and Redis OSS, backups."""

from __future__ import annotations

import re

from planner.pricing.offers.product import Product
from planner.pricing.offers.target import MILLION, NODE_HOUR, Service, Target, node_type, size_of

_CODE = "AmazonElastiCache"
_NODE = re.compile(r"NodeUsage:(?P<type>cache\.[a-z0-9.-]+)(?P<engine>:[A-Za-z]+)?")
_DATA = re.compile(r"CachedData(?P<engine>:[A-Za-z]+)?")
_UNITS = re.compile(r"ElastiCacheProcessingUnits(?P<engine>:[A-Za-z]+)?")
_BACKUP = re.compile(r"(?:ElastiCache:)?BackupUsage")
_TYPE = re.compile(r"cache\.[a-z0-9-]+\.[a-z0-9]+")
_ENGINES = ("Redis", "Valkey", "Memcached")
_SERVERLESS = {
    "Valkey": "Valkey Serverless",
    "Redis": "Redis/Memcached Serverless",
}  # Memcached costs what Redis OSS does


def _engine(product: Product, suffix: str | None) -> str:
    operation = product.get("operation").partition(":")[2]
    given = (suffix or "").lstrip(":") or product.get("cacheengine") or operation
    for engine in _ENGINES:
        if given.lower() in (engine.lower(), f"{engine.lower()} oss"):
            return engine
    raise product.fault(f"is of an engine that is not known ({given[:40]!r}).", expected=f"{', '.join(_ENGINES)}.")


def _serverless(product: Product, suffix: str | None, item: str) -> Target | None:
    name = _SERVERLESS.get(_engine(product, suffix))
    if name is None:
        return None
    if item == "ECPU":
        return Target(_CODE, product.region(), name, item, "USD/million ECPU", MILLION)
    return Target(_CODE, product.region(), name, item, "USD/GB-hour")


def _target(product: Product) -> Target | None:
    usage = product.usage
    if found := _NODE.fullmatch(usage):
        engine = _engine(product, found["engine"])
        item = node_type(product, _TYPE, found["type"])
        size = size_of(product)
        return Target(_CODE, product.region(), engine, item, NODE_HOUR, reserved_engine=engine, **size)  # type: ignore[arg-type]
    if found := _DATA.fullmatch(usage):
        return _serverless(product, found["engine"], "CachedData")
    if found := _UNITS.fullmatch(usage):
        return _serverless(product, found["engine"], "ECPU")
    if _BACKUP.fullmatch(usage) and "Serverless" not in product.get("operation"):
        return Target(_CODE, product.region(), "all", "BackupUsage (snapshot storage)", "USD/GB-month")
    return None


SERVICE = Service(
    code=_CODE,
    title="ElastiCache",
    families=frozenset(
        (
            "Cache Instance",
            "ElastiCache Serverless",
            "Storage Snapshot",
            "ElastiCache Global Datastore",
            "Amazon ElastiCache Global Datastore",
            "Data Transfer",
        )
    ),
    rule=_target,
)
