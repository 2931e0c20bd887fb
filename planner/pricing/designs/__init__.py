"""The designs that can be priced now, by ID. A new one is a file here and a name in `_ALL`.

An ID is one design, or a cache and a database joined by `+` (`elasticache-valkey+dynamodb-on-demand`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.errors import InputError
from planner.pricing.designs import (
    aurora,
    aurora_serverless,
    azure,
    dynamodb_on_demand,
    dynamodb_provisioned,
    ec2_redis,
    elasticache_durable,
    elasticache_redis,
    elasticache_serverless,
    elasticache_valkey,
    memorydb_redis,
    memorydb_valkey,
    memorystore,
    rds,
)
from planner.pricing.designs.base import Design
from planner.sizing.model.bills import Durability

_ALL: tuple[Design[Any], ...] = (
    memorydb_valkey.DESIGN,
    memorydb_redis.DESIGN,
    elasticache_valkey.DESIGN,
    elasticache_redis.DESIGN,
    elasticache_serverless.VALKEY,
    elasticache_serverless.REDIS,
    elasticache_durable.SYNC,
    elasticache_durable.ASYNC,
    dynamodb_on_demand.DESIGN,
    dynamodb_provisioned.DESIGN,
    aurora.AURORA_STANDARD,
    aurora.AURORA_IO_OPTIMIZED,
    aurora_serverless.DESIGN,
    rds.RDS_SINGLE,
    rds.RDS_MULTI,
    ec2_redis.DESIGN,
    memorystore.REDIS,
    memorystore.CLUSTER,
    azure.MANAGED,
    azure.CACHE,
)
BY_ID: Mapping[str, Design[Any]] = {design.id: design for design in _ALL}


def available() -> tuple[str, ...]:
    """Every ID that can be priced now, joins included."""
    caches = [design.id for design in _ALL if design.role == "cache" and not design.regions]  # beside AWS databases
    databases = [design.id for design in _ALL if design.role == "database"]
    return (*BY_ID, *(f"{cache}+{database}" for cache in caches for database in databases))


def find(design_id: str) -> tuple[Design[Any], ...]:
    """The parts of a design: one, or a cache and its database. Raises InputError naming what there is."""
    if design_id not in available():
        raise InputError(
            f"no design called {str(design_id)[:80]!r}.",
            source="design",
            expected=f"one of {', '.join(BY_ID)}, or a cache and a database joined by +.",
        )
    return tuple(BY_ID[part] for part in design_id.split("+"))


def title(design_id: str) -> str:
    """The design in words."""
    return " + ".join(part.title for part in find(design_id))


def is_durable(design_id: str) -> bool:
    """Whether an acknowledged write survives the loss of any node: the last part holds the truth."""
    return find(design_id)[-1].durable


def durability(design_id: str) -> Durability:
    """The design's promise. Behind a cache the database's promise holds, and the two can disagree for a while."""
    *caches, store = find(design_id)
    if not caches:
        return store.durability
    cache = caches[0]
    return Durability(
        acknowledged_after=f"{store.title}: {store.durability.acknowledged_after}; the cache is changed beside it",
        loss_window=f"{store.durability.loss_window}; the cache can be lost and refills from the database",
        failover_s=f"cache: {cache.durability.failover_s}; database: {store.durability.failover_s}",
        consistency="cache and database can disagree: stale fills and double writes are the application's to handle",
        source=f"{store.durability.source}; {cache.durability.source}",
    )


def read_latency_us(design_id: str) -> Mapping[str, str]:
    """Read latency as text by quantile; behind a cache, a hit's, with a miss's beside it."""
    *caches, store = find(design_id)
    if not caches:
        return store.read_latency_us
    hit = caches[0].read_latency_us
    return {**hit, "miss": f"{store.read_latency_us['p50']} [{store.read_latency_us['tag']}]"}


def write_latency_us(design_id: str) -> Mapping[str, str]:
    """Write latency as text by quantile; behind a cache the database's, since the write is safe only there."""
    return find(design_id)[-1].write_latency_us
