"""When each limit is hit under likely growth: of today's cluster per shard, and of the service as a whole.

Today's cluster is looked at for five years, since that costs nothing; the service's limits as far as months were sized.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from planner.pricing import designs
from planner.pricing.designs.base import VENDOR_DOCS
from planner.sizing.bill import Sized
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import Needs
from planner.sizing.nodes import GIB, SERVICES, Service, node_types, service_of
from planner.sizing.outlook import LimitHit
from planner.sizing.utilisation import MEMORY, later_utilisation, shard_bytes

SERVERLESS_BYTES = 5_000 * GIB  # [doc]
SERVERLESS_SLOT_ECPU = 30_000.0  # a second and slot [doc]
_SHARE, _NODES, _ECPU = "share", "nodes", "ECPU/s"
_OVER = 1 + 1e-9  # full is not over
_SERVERLESS = "elasticache-serverless"


def limits_of(months: Sequence[Sized], needs: Sequence[Needs], answers: Answers) -> tuple[LimitHit, ...]:
    """Every limit of a design, the soonest first. `needs` may reach further than the months that were sized."""
    if not months or months[0].quote is None:
        return ()
    found = (*_of_cluster(months[0], needs, answers), *_of_service(months), *_of_serverless(months[0], needs))
    return tuple(sorted(found, key=_soonest))


def _soonest(hit: LimitHit) -> tuple[bool, int, float]:
    return hit.month is None, hit.month or 0, -hit.value / hit.ceiling


def _of_cluster(sized: Sized, needs: Sequence[Needs], answers: Answers) -> Iterator[LimitHit]:
    plan = sized.plan
    if plan is None:
        return
    used = [later_utilisation(sized, needs[0], then, answers) for then in needs]
    held = shard_bytes(sized, needs[0], answers)
    for name, now in plan.utilisation.items():
        if now > 0:
            ceiling, unit = _ceiling(sized, name, answers, held / now)
            source = f"each {plan.node_type}"
            yield _first(name, [one[name] * ceiling for one in used], ceiling, unit, source)


def _ceiling(sized: Sized, name: str, answers: Answers, memory: float) -> tuple[float, str]:
    """What 100 % of an allowance is; where no figure is known, a share."""
    service = _service(sized)
    if service is None or sized.plan is None:
        return 1.0, _SHARE
    node = next((one for one in node_types(service.name) if one.name == sized.plan.node_type), None)
    if name == MEMORY:
        return memory, "bytes"
    if name == "network" and node is not None:
        return node.baseline_bytes_per_s * answers.target_utilisation, "bytes/s"
    if name == "replication" and service.replication_cap:
        return service.replication_cap * answers.target_utilisation, "bytes/s"
    return 1.0, _SHARE


def _service(sized: Sized) -> Service | None:
    part = designs.find(sized.design_id)[0]
    return service_of(part.id, part.service) if part.service in SERVICES else None


def _of_service(months: Sequence[Sized]) -> Iterator[LimitHit]:
    """Nodes of the clusters that later months need, against the quota and what the service allows."""
    service = _service(months[0])
    if service is None:
        return
    nodes = [float(one.plan.shards * (1 + one.plan.replicas)) if one.plan else 0.0 for one in months]
    most = float(service.nodes_at_most)
    for month in range(1, len(nodes)):
        if months[month].quote is None:  # too few nodes, or a reason that no number of them mends
            nodes[month] = most + 1 if f"{service.nodes_at_most} nodes" in months[month].reason else nodes[month - 1]
    limits = (
        ("nodes by default", float(service.nodes_by_default), "a quota that can be raised"),
        ("nodes at most", most, VENDOR_DOCS),
    )
    for name, ceiling, source in limits:
        yield _first(name, nodes, ceiling, _NODES, source)


def _of_serverless(sized: Sized, needs: Sequence[Needs]) -> Iterator[LimitHit]:
    part = designs.find(sized.design_id)[0]
    if not part.id.startswith(_SERVERLESS):
        return
    yield _first("data", [float(one.memory_bytes) for one in needs], float(SERVERLESS_BYTES), "bytes", VENDOR_DOCS)
    share = needs[0].hottest_slot_share
    if share:
        slot = [_peak_ecpu(one) * share for one in needs]
        yield _first("hottest slot", slot, SERVERLESS_SLOT_ECPU, _ECPU, VENDOR_DOCS)


def _peak_ecpu(needs: Needs) -> float:
    average = needs.average_reads_per_s + needs.average_writes_per_s
    peak = needs.peak_reads_per_s + needs.peak_writes_per_s
    return needs.ecpu_per_s * (peak / average if average else 1.0)


def _first(name: str, values: Sequence[float], ceiling: float, unit: str, source: str) -> LimitHit:
    """The first value above the ceiling, else the highest."""
    month = next((month for month, value in enumerate(values) if value > ceiling * _OVER), None)
    value = max(values) if month is None else values[month]
    return LimitHit(name, month, value, ceiling, unit, values[0], len(values) - 1, source)
