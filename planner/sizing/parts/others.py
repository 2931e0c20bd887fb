"""Clusters outside the two services: Redis on EC2, GCP Memorystore, Azure.

Their sizes are not in the price lists; those below are unsourced and shown as assumptions. A region of another vendor is
chosen by continent; prices of other regions are not known here.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from planner.pricing import money
from planner.pricing.catalogue import EC2, ELASTICACHE, Catalogue, NodeSpec, catalogue, node_specs
from planner.pricing.value import value
from planner.sizing.memo import per_catalogue
from planner.sizing.model.clusters import Plan
from planner.sizing.parts.demand import Demand, Part, gb

GIB = 2**30
USABLE = 0.8  # of a managed node's memory
EC2_USABLE = 0.65  # of an instance's: room for the fork of a rewrite, buffers and the system
OPERATIONS_HOURS = Decimal(8)  # a month, of somebody's work
AOF_COPIES = 2  # the file and the one it is rewritten into
_FAMILIES = ("r6g", "r7g", "r8g", "m6g", "m7g")
_OPS_PER_NODE = 100_000.0  # of any node below, at most

# Memory of a node in GiB [memory].
CLUSTER_GIB: Mapping[str, float] = {
    "shared-core-nano": 1.4,
    "standard-small": 6.5,
    "highmem-medium": 13.0,
    "highmem-xlarge": 58.0,
}
MANAGED_GIB: Mapping[str, float] = {
    "Balanced_B3": 3.0,
    "MemoryOptimized_M10": 12.0,
    "ComputeOptimized_X10": 12.0,
    "FlashOptimized_A700": 720.0,
}
CACHE_GIB: Mapping[str, float] = {"Premium P1": 6.0, "Premium P2": 13.0, "Premium P3": 26.0}
MOST_INSTANCE_GB = 300
MOST_INSTANCES = 1000  # of a quote, and of nodes of other vendors


@value
class _Cluster:
    kind: str
    shards: int
    nodes: int
    used: float
    usd: Decimal


def ec2(demand: Demand) -> Part:
    """Primaries and replicas on the cheapest instance types, a volume for each, and hours of work."""
    wanted, copies = _wanted_bytes(demand), 1 + demand.answers.replicas
    found = _on_ec2(demand, wanted, copies)
    if found is None:
        return Part(reason="No instance type of the price lists in this region can carry it.")
    volume = demand.needs.snapshot_bytes * demand.held * AOF_COPIES * copies
    keys = {
        "instance_type": found.kind,
        "instances": found.nodes,
        "ebs_gb": gb(max(volume, GIB * found.nodes)),
        "operations_hours": OPERATIONS_HOURS,
    }
    return Part(keys, _plan(found, demand))


def memorystore_instance(demand: Demand) -> Part:
    """One instance, which cannot be sharded, with its replica."""
    capacity = math.ceil(_wanted_bytes(demand) / USABLE / GIB)
    if capacity > MOST_INSTANCE_GB:
        return Part(reason=f"{capacity:,} GB are more than the {MOST_INSTANCE_GB} an instance may have.")
    if _peak(demand) > _OPS_PER_NODE:
        return Part(reason=f"{_peak(demand):,.0f} operations/s are too many for one instance.")
    return Part({"capacity_gb": Decimal(max(1, capacity)), "tier": "standard" if demand.answers.replicas else "basic"})


def memorystore_cluster(demand: Demand) -> Part:
    """Shards of the cheapest node type."""
    region = other_region("gcp", demand.answers.region)
    found = _cheapest_managed(demand, CLUSTER_GIB, region, _gcp_price)
    if found is None:
        return Part(reason="No node type of the price list can carry it.")
    return Part({"node_type": found.kind, "nodes": found.nodes}, _plan(found, demand))


def azure_managed(demand: Demand) -> Part:
    """Caches of the cheapest tier; with replicas each is two nodes."""
    found = _cheapest_managed(demand, MANAGED_GIB, "eastus", _azure_price)
    if found is None:
        return Part(reason="No tier of the price list can carry it.")
    return Part({"tier": found.kind, "nodes": found.nodes}, _plan(found, demand))


def azure_cache(demand: Demand) -> Part:
    """Premium shards, each with the replica its price includes."""
    wanted = _wanted_bytes(demand)
    prices = catalogue("eastus")
    options = []
    for kind, size in CACHE_GIB.items():
        shards = _shards(wanted, size * GIB * USABLE, demand)
        price = prices.price("Azure Cache for Redis", "", kind)
        if price is not None and shards <= MOST_INSTANCES:
            options.append(_Cluster(kind, shards, shards, wanted / (shards * size * GIB * USABLE), price.usd * shards))
    best = min(options, key=lambda one: (one.usd, one.nodes), default=None)
    if best is None:
        return Part(reason="No tier of the price list can carry it.")
    return Part({"tier": best.kind, "nodes": best.nodes}, _plan(best, demand))


def other_region(vendor: str, region: str) -> str:
    """The region of another vendor whose prices stand in for an AWS region: the same continent where there is one."""
    if vendor == "gcp":
        return "asia-northeast3" if region.startswith("ap-") else "us-central1"
    return "eastus"


def _wanted_bytes(demand: Demand) -> float:
    return demand.needs.memory_bytes * demand.held / (1 - demand.answers.memory_headroom)


def _peak(demand: Demand) -> float:
    needs = demand.needs
    return needs.peak_reads_per_s * needs.cpu_read_ratio + needs.peak_writes_per_s * needs.cpu_write_ratio


def _shards(wanted: float, usable_bytes: float, demand: Demand) -> int:
    by_cpu = _peak(demand) / (_OPS_PER_NODE * demand.answers.target_utilisation)
    return max(1, math.ceil(wanted / usable_bytes - 1e-9), math.ceil(by_cpu - 1e-9))


def _on_ec2(demand: Demand, wanted: float, copies: int) -> _Cluster | None:
    """The cheapest cluster, of types that would not take more instances than a spec may have; then fewer instances."""
    offer, needs = _instances(demand.catalogue), demand.needs
    moved = needs.bytes_in_per_s_peak + needs.bytes_out_per_s_peak
    moved += needs.replicated_bytes_per_s_peak * demand.answers.replicas
    by_network = moved / (offer.baseline * demand.answers.target_utilisation)
    shards = np.maximum(np.ceil(np.maximum(wanted / offer.usable, by_network) - 1e-9), _shards(0.0, 1.0, demand))
    whole = np.minimum(shards, MOST_INSTANCES + 1).astype(np.int64)
    cost = np.where(whole * copies <= MOST_INSTANCES, offer.price * whole, np.iinfo(np.int64).max)
    least = cost.min(initial=np.iinfo(np.int64).max)
    ties = np.flatnonzero((cost == least) & (whole * copies <= MOST_INSTANCES)).tolist()
    if not ties:
        return None
    best = min(ties, key=lambda place: (int(whole[place]), offer.kinds[place]))
    count, usable = int(whole[best]), float(offer.usable[best])
    return _Cluster(
        offer.kinds[best], count, count * copies, wanted / (count * usable), offer.usd[best] * count * copies
    )


@dataclass(frozen=True, slots=True)
class _Instances:
    """Instance types on offer: dollars and picodollars an hour, bytes for data, baseline bytes a second (infinite: not
    known)."""

    kinds: tuple[str, ...]
    usd: tuple[Decimal, ...]
    price: NDArray[np.int64]
    usable: NDArray[np.float64]
    baseline: NDArray[np.float64]


@per_catalogue
def _instances(catalogue: Catalogue) -> _Instances:
    found = []
    for (service, item), spec in node_specs().items():
        if service != EC2 or item.split(".")[0] not in _FAMILIES or spec.vcpu < 2:  # the engine and the system
            continue
        price = catalogue.price(EC2, "Linux shared tenancy", item)
        if price is not None:
            gbps = _baseline_gbps(item, spec)
            baseline = math.inf if gbps is None else float(gbps) * 1e9 / 8
            found.append((item, price.usd, float(spec.memory_gib) * GIB * EC2_USABLE, baseline))
    return _Instances(
        kinds=tuple(item for item, *_ in found),
        usd=tuple(usd for _, usd, *_ in found),
        price=np.array([money.picodollars(usd) for _, usd, *_ in found], dtype=np.int64),
        usable=np.array([usable for _, _, usable, _ in found]),
        baseline=np.array([baseline for *_, baseline in found]),
    )


def _baseline_gbps(item: str, spec: NodeSpec) -> Decimal | None:
    """Of the same size of ElastiCache's nodes, which run on these instances, where a list does not say it."""
    twin = node_specs().get((ELASTICACHE, f"cache.{item}"))
    return spec.baseline_gbps or (twin.baseline_gbps if twin else None)


def _gcp_price(kind: str, region: str) -> Decimal | None:
    items = (f"node {kind.replace('-', ' ')}", f"Valkey/Redis Cluster {kind}")
    found = (catalogue(region).first(service, ("",), items) for service in _GCP_SERVICES)
    return next((price.usd for price in found if price is not None), None)


_GCP_SERVICES = ("Memorystore for Redis Cluster", "Memorystore")


def _azure_price(kind: str, region: str) -> Decimal | None:
    price = catalogue(region).price("Azure Managed Redis", "", kind)
    return price.usd if price else None


def _cheapest_managed(
    demand: Demand, sizes: Mapping[str, float], region: str, price_of: Callable[[str, str], Decimal | None]
) -> _Cluster | None:
    wanted, copies = _wanted_bytes(demand), 1 + demand.answers.replicas
    options = []
    for kind, size in sizes.items():
        usd = price_of(kind, region)
        if usd is not None:
            usable = size * GIB * USABLE
            shards = _shards(wanted, usable, demand)
            if shards * copies > MOST_INSTANCES:
                continue
            options.append(_Cluster(kind, shards, shards * copies, wanted / (shards * usable), usd * shards * copies))
    return min(options, key=lambda one: (one.usd, one.nodes), default=None)


def _plan(found: _Cluster, demand: Demand) -> Plan:
    cpu = _peak(demand) / (found.shards * _OPS_PER_NODE * demand.answers.target_utilisation)
    used = {"memory": found.used, "cpu": cpu}
    return Plan(
        node_type=found.kind,
        shards=found.shards,
        replicas=demand.answers.replicas,
        binding=max(used, key=lambda name: used[name]),
        utilisation=used,
    )
