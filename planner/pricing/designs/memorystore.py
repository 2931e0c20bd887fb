"""GCP Memorystore: Redis instances by the GB-hour of their capacity, and clusters by the node-hour.

Basic instances have no replica; Standard ones have one, which their price includes. Tiers M1 to M5 go by capacity.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from engine.errors import InputError
from planner.pricing import money
from planner.pricing.catalogue import MEMORYSTORE, MEMORYSTORE_CLUSTER, MEMORYSTORE_SEOUL, Price
from planner.pricing.designs.base import Context, line
from planner.pricing.designs.other_vendors import Vendor, design
from planner.sizing.model.bills import CostLine

NODE_TYPES = ("shared-core-nano", "standard-small", "highmem-medium", "highmem-xlarge")
_TIER = re.compile(r"(basic|standard)(?:_ha)?(?:[ _-]?(m[1-5]))?")
_CAPACITY = ((4, "M1"), (10, "M2"), (35, "M3"), (100, "M4"), (300, "M5"))  # GB up to, capacity tier
_CLUSTER_ITEMS = {
    "shared-core-nano": ("node shared core nano", "Valkey/Redis Cluster shared-core-nano"),
    "standard-small": ("node standard small", "Valkey/Redis Cluster standard-small"),
    "highmem-medium": ("node highmem medium",),
    "highmem-xlarge": ("node highmem xlarge",),
}
_VENDOR = Vendor(
    "GCP",
    ("us-central1", "asia-northeast3"),
    failover_s="about half a minute",
    consistency="reads from a replica may be stale",
)


@dataclass(frozen=True, slots=True)
class Instance:
    """`capacity_gb` of a `tier` (`basic`, `standard`; `Standard M3` names the step of its capacity too). `backup_gb`: exports
    kept, priced as cluster backups."""

    capacity_gb: Decimal = Decimal(0)
    tier: str = "standard"
    backup_gb: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class Cluster:
    """`nodes` of one type, replicas included. `aof_gb`: data kept in an append-only file; `backup_gb`: backups kept."""

    node_type: str = field(default="highmem-medium", metadata={"choices": NODE_TYPES})
    nodes: int = field(default=1, metadata={"low": 1, "high": 1000})
    aof_gb: Decimal = Decimal(0)
    backup_gb: Decimal = Decimal(0)


def _instance_lines(spec: Instance, context: Context) -> tuple[CostLine, ...]:
    kind = _kind(spec)
    here = context.catalogue.price(MEMORYSTORE, "", kind)
    price = here or context.catalogue.price(MEMORYSTORE_SEOUL, "", f"Redis {kind}")
    hours = money.product(spec.capacity_gb, context.hours)
    return (
        line(f"Capacity: {money.plain(spec.capacity_gb)} GB, {kind}", hours, "GB-hour", price),
        *_backup(spec, context),
    )


def _kind(spec: Instance) -> str:
    """`Standard M3` of a tier and a capacity. Raises InputError when they do not go together."""
    named = _TIER.fullmatch(spec.tier.strip().lower())
    if named is None:
        raise InputError(f"{spec.tier!r} is not a tier.", source="tier", expected="basic or standard.")
    step = next((name for most, name in _CAPACITY if 1 <= spec.capacity_gb <= most), None)
    if step is None:
        raise InputError(f"{spec.capacity_gb} GB is not a capacity.", source="capacity_gb", expected="1 to 300 GB.")
    if named[2] and named[2].upper() != step:
        raise InputError(
            f"{spec.capacity_gb} GB belongs to the step {step}.", source="tier", expected=f"{named[1]} {step}."
        )
    return f"{named[1].capitalize()} {step}"


def _cluster_lines(spec: Cluster, context: Context) -> tuple[CostLine, ...]:
    hours = money.product(Decimal(spec.nodes), context.hours)
    found = [line(f"Nodes: {spec.nodes} x {spec.node_type}", hours, "node-hour", _cluster_price(spec, context))]
    if spec.aof_gb:
        price = context.catalogue.price(MEMORYSTORE_CLUSTER, "", "AOF persistence")
        found.append(line("Append-only file", money.product(spec.aof_gb, context.hours), "GB-hour", price))
    return (*found, *_backup(spec, context))


def _cluster_price(spec: Cluster, context: Context) -> Price | None:
    items = _CLUSTER_ITEMS[spec.node_type]
    found = (context.catalogue.first(service, ("",), items) for service in (MEMORYSTORE_CLUSTER, MEMORYSTORE_SEOUL))
    return next((price for price in found if price is not None), None)


def _backup(spec: Instance | Cluster, context: Context) -> Iterator[CostLine]:
    if spec.backup_gb:
        price = context.catalogue.price(MEMORYSTORE_CLUSTER, "", "backups")
        yield line("Backup storage", spec.backup_gb, "GB-month", price)


REDIS = design(_VENDOR, "gcp-memorystore-redis", "GCP Memorystore for Redis", Instance, _instance_lines)
CLUSTER = design(_VENDOR, "gcp-memorystore-cluster", "GCP Memorystore for Redis Cluster", Cluster, _cluster_lines)
