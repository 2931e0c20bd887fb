"""Aurora and RDS: an instance for the CPU and memory the reads and writes take, storage, and I/O.

What a read and a write cost a relational database is not measured here: the figures below are stated assumptions, shown to
the reader as such, and replaced once a real PostgreSQL has been measured.
"""

from __future__ import annotations

import math
from decimal import Decimal

from planner.pricing import money
from planner.pricing.catalogue import AURORA, RDS, Catalogue, NodeSpec, node_specs
from planner.pricing.value import value
from planner.sizing.memo import per_catalogue
from planner.sizing.model.clusters import Plan
from planner.sizing.parts.demand import Demand, Part, gb, per_month
from planner.sizing.words import percent

READ_CPU_US, WRITE_CPU_US = 100.0, 300.0  # of a vCPU, by primary key
ROW_OVERHEAD_BYTES, INDEX_AND_BLOAT = 40, 1.3
HOT_SHARE = 0.25  # of what is stored should be in the instance's memory
BUFFER_SHARE = 0.75  # of an instance's memory holds data
IOS_PER_WRITE = 2.0
ACU_VCPU, ACU_BYTES, LEAST_ACU, MOST_ACU = 0.25, 2 * 2**30, 0.5, 256.0
READERS = 1  # an Aurora reader in another zone, to fail over to
GIB = 2**30
_FAMILIES = ("t4g", "m6g", "m7g", "r6g", "r7g", "r8g")
_BURSTABLE_VCPU = 0.2
_GP3_LARGE_GB, _GP3_IOPS = 400, {False: 3_000, True: 12_000}


@value
class Wanted:
    """At peak: vCPU in use, bytes of memory for data; `stored_bytes`; reads and writes a second that reach the volume."""

    vcpu: float
    hot_bytes: float
    stored_bytes: float


def aurora_standard(demand: Demand) -> Part:
    """Writer, reader, storage and I/O requests."""
    return _on_instances(demand, AURORA, _AURORA_STANDARD, 1 + READERS, io=True)


def aurora_io_optimized(demand: Demand) -> Part:
    """Writer, reader and storage; I/O is not charged."""
    return _on_instances(demand, AURORA, _AURORA_OPTIMIZED, 1 + READERS, io=True)


def aurora_serverless(demand: Demand) -> Part:
    """Capacity in use on average, of the writer and of a reader that follows it."""
    wanted = wanted_of(demand)
    average = wanted.vcpu / demand.peak_to_average / demand.answers.target_utilisation
    acu = max(LEAST_ACU, average / ACU_VCPU, wanted.hot_bytes / BUFFER_SHARE / ACU_BYTES)
    if acu > MOST_ACU:
        return Part(reason=f"{acu:,.0f} ACU are more than the {MOST_ACU:g} an instance may take.")
    both = money.quantity(acu * (1 + READERS), decimals=2)
    return Part(
        {"acu": both, "storage_gb": gb(wanted.stored_bytes), "io_millions": _io(demand, wanted, acu * ACU_BYTES)}
    )


def rds_single(demand: Demand) -> Part:
    """One instance on gp3."""
    return _on_instances(demand, RDS, ("PostgreSQL Single-AZ",), 1, io=False)


def rds_multi(demand: Demand) -> Part:
    """One instance with its standby on gp3."""
    return _on_instances(demand, RDS, ("PostgreSQL Multi-AZ (1 standby)",), 1, io=False)


_AURORA_STANDARD = ("Aurora PostgreSQL Standard", "Aurora MySQL/PostgreSQL Standard")
_AURORA_OPTIMIZED = ("Aurora PostgreSQL I/O-Optimized", "Aurora MySQL/PostgreSQL I/O-Optimized", *_AURORA_STANDARD)


def wanted_of(demand: Demand) -> Wanted:
    """What the database is asked for, by the assumptions above."""
    peak = demand.peak_to_average
    busy_us = demand.reads_per_s * READ_CPU_US + demand.items.writes_per_s * WRITE_CPU_US
    stored = demand.items.items * (demand.items.item_bytes + ROW_OVERHEAD_BYTES) * INDEX_AND_BLOAT
    return Wanted(vcpu=busy_us * peak / 1e6, hot_bytes=stored * HOT_SHARE, stored_bytes=stored)


def _on_instances(demand: Demand, service: str, engines: tuple[str, ...], instances: int, *, io: bool) -> Part:
    wanted = wanted_of(demand)
    spec = _first_that_fits(_offered(demand.catalogue, service, engines), wanted, demand.answers.target_utilisation)
    if spec is None:
        return Part(
            reason=f"No instance with {wanted.vcpu:,.1f} busy vCPU at peak is in the price lists of the region."
        )
    keys: dict[str, object] = {
        "instance_type": spec.node_type,
        "instances": instances,
        "storage_gb": gb(wanted.stored_bytes),
    }
    memory = float(spec.memory_gib) * GIB
    keys |= {"io_millions": _io(demand, wanted, memory)} if io else _gp3(demand, wanted, memory)
    return Part(keys, None if demand.joined else _plan(spec, wanted, demand, instances))


@per_catalogue
def _offered(catalogue: Catalogue, service: str, engines: tuple[str, ...]) -> tuple[tuple[NodeSpec, float, float], ...]:
    """Instances with a price in the region and their `_room`, the cheapest first."""
    known = (spec for (name, item), spec in node_specs().items() if name == service and item.split(".")[1] in _FAMILIES)
    found = ((catalogue.first(service, engines, (spec.node_type,)), spec) for spec in known)
    priced = sorted((price.usd, spec.node_type, spec) for price, spec in found if price is not None)
    return tuple((spec, *_room(spec)) for _, _, spec in priced)


def _room(spec: NodeSpec) -> tuple[float, float]:
    """vCPU that may be used for ever, and bytes of memory that hold data."""
    burstable = spec.node_type.split(".")[1].startswith("t")
    return spec.vcpu * (_BURSTABLE_VCPU if burstable else 1.0), float(spec.memory_gib) * GIB * BUFFER_SHARE


def _first_that_fits(
    offered: tuple[tuple[NodeSpec, float, float], ...], wanted: Wanted, target: float
) -> NodeSpec | None:
    for spec, vcpu, memory in offered:
        if wanted.vcpu / (vcpu * target) <= 1 and wanted.hot_bytes / memory <= 1:
            return spec
    return None


def _used(spec: NodeSpec, wanted: Wanted, demand: Demand) -> dict[str, float]:
    """Used / allowed per constraint (1.0 = full)."""
    vcpu, memory = _room(spec)
    return {
        "cpu": wanted.vcpu / (vcpu * demand.answers.target_utilisation),
        "memory": wanted.hot_bytes / memory,
    }


def _plan(spec: NodeSpec, wanted: Wanted, demand: Demand, instances: int) -> Plan:
    used = _used(spec, wanted, demand)
    return Plan(
        node_type=spec.node_type,
        shards=1,
        replicas=instances - 1,
        binding=max(used, key=lambda name: used[name]),
        utilisation=used,
        limits={
            "cpu": f"{wanted.vcpu:.2f} busy vCPU at peak of {spec.vcpu} at {percent(demand.answers.target_utilisation)}",
            "memory": f"{wanted.hot_bytes / GIB:.2f} GiB of hot data in {spec.memory_gib} GiB",
        },
    )


def _volume_ios_per_s(demand: Demand, wanted: Wanted, memory_bytes: float) -> float:
    """Reads that miss the instance's memory, and what each write puts on the volume."""
    cached = min(1.0, memory_bytes * BUFFER_SHARE / wanted.stored_bytes) if wanted.stored_bytes else 1.0
    return demand.reads_per_s * (1 - cached) + demand.items.writes_per_s * IOS_PER_WRITE


def _io(demand: Demand, wanted: Wanted, memory_bytes: float) -> object:
    ios = per_month(_volume_ios_per_s(demand, wanted, memory_bytes), demand.answers)
    return money.quantity(ios / 1e6, decimals=3)


def _gp3(demand: Demand, wanted: Wanted, memory_bytes: float) -> dict[str, object]:
    """IOPS at peak, where they go beyond what the volume includes."""
    wanted_iops = _volume_ios_per_s(demand, wanted, memory_bytes) * demand.peak_to_average
    large = wanted.stored_bytes / money.BYTES_PER_GB >= _GP3_LARGE_GB
    return {"iops": Decimal(math.ceil(wanted_iops))} if wanted_iops > _GP3_IOPS[large] else {}
