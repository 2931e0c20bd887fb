"""EC2: Linux instances of shared tenancy, nothing installed, in use and bought on demand. All else is left out."""

from __future__ import annotations

import re

from planner.pricing.offers.product import Product
from planner.pricing.offers.target import INSTANCE_HOUR, Service, Target, node_type, size_of

_CODE, _ENGINE = "AmazonEC2", "Linux shared tenancy"
_USAGE = re.compile(r"BoxUsage(?::(?P<type>[a-z0-9.-]+))?")
_TYPE = re.compile(r"[a-z0-9-]+\.[a-z0-9-]+")
_WANTED = {
    "operatingsystem": ("Linux",),
    "tenancy": ("Shared",),
    "capacitystatus": ("Used", ""),
    "preinstalledsw": ("NA", ""),
    "marketoption": ("OnDemand", ""),
}


def _target(product: Product) -> Target | None:
    found = _USAGE.fullmatch(product.usage)
    if found is None or not all(product.get(name) in values for name, values in _WANTED.items()):
        return None
    item = node_type(product, _TYPE, found["type"] or "")
    size = size_of(product)
    return Target(_CODE, product.region(), _ENGINE, item, INSTANCE_HOUR, reserved_engine=_ENGINE, **size)  # type: ignore[arg-type]


SERVICE = Service(
    code=_CODE,
    title="EC2",
    families=frozenset(
        (
            "Compute Instance",
            "Compute Instance (bare metal)",
            "CPU Credits",
            "Capacity Block",
            "Data Transfer",
            "Dedicated Host",
            "EBS direct API Requests",
            "Elastic Graphics",
            "Fast Snapshot Restore",
            "Fee",
            "IP Address",
            "Load Balancer",
            "Load Balancer-Application",
            "Load Balancer-Gateway",
            "Load Balancer-Network",
            "NAT Gateway",
            "Provisioned Throughput",
            "Storage",
            "Storage Snapshot",
            "System Operation",
        )
    ),
    rule=_target,
)
