"""What one node of each type would carry of this very workload: published rates carried over by the CPU ratio, and the
network's baseline.

operations/s by CPU = published rate x (calibration cost / workload cost), for reads and for writes, mixed as at peak. This
machine's clock is in both costs and so in neither. operations/s by network = baseline / bytes that one operation moves.
"""

from __future__ import annotations

from collections.abc import Iterator

from planner.sizing.bill import load_of
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import CarriedNode
from planner.sizing.model.needs import Needs
from planner.sizing.nodes import NodeType, Service, node_types

CPU, NETWORK = "cpu", "network"


def carried(needs: Needs, service: Service, answers: Answers) -> tuple[CarriedNode, ...]:
    """Every node type of a service that sizing considers, the weakest first; none for a workload without operations."""
    if needs.peak_reads_per_s + needs.peak_writes_per_s <= 0:
        return ()
    return tuple(sorted(_all(needs, service, answers), key=_by_strength))


def _by_strength(node: CarriedNode) -> tuple[float, float, str]:
    return node.operations_per_s, node.network_operations_per_s, node.node_type


def _all(needs: Needs, service: Service, answers: Answers) -> Iterator[CarriedNode]:
    for node in node_types(service.name):
        yield carried_by(node, needs, service, answers.replicas)


def carried_by(node: NodeType, needs: Needs, service: Service, replicas: int) -> CarriedNode:
    """One node type. Without a ceiling: a plan uses only the share of it that was asked for."""
    peak = needs.peak_reads_per_s + needs.peak_writes_per_s
    reads, writes = node.reads_per_s / needs.cpu_read_ratio, node.writes_per_s / needs.cpu_write_ratio
    by_cpu = peak / (needs.peak_reads_per_s / reads + needs.peak_writes_per_s / writes)
    by_network = node.baseline_bytes_per_s / (moved_bytes_per_s(needs, service, replicas) / peak or 1e-9)
    least = min(by_cpu, by_network)
    return CarriedNode(
        service=service.name,
        node_type=node.name,
        published_reads_per_s=node.reads_per_s,
        published_writes_per_s=node.writes_per_s,
        read_ratio=1 / needs.cpu_read_ratio,
        write_ratio=1 / needs.cpu_write_ratio,
        reads_per_s=reads,
        writes_per_s=writes,
        cpu_operations_per_s=by_cpu,
        network_operations_per_s=by_network,
        baseline_bytes_per_s=node.baseline_bytes_per_s,
        bytes_out_per_operation=needs.bytes_out_per_s_peak / peak,
        bytes_moved_per_operation=moved_bytes_per_s(needs, service, replicas) / peak,
        operations_per_s=least,
        binds=CPU if by_cpu <= by_network else NETWORK,
        used_at_peak=peak / least,
        burstable=node.burstable,
    )


def moved_bytes_per_s(needs: Needs, service: Service, replicas: int) -> float:
    """What a primary's network carries at peak, both directions: clients, and each write to the log or to every replica."""
    load = load_of(needs, service)
    return load.client_bytes_per_s + load.replicated_bytes_per_s * (1 if service.to_log else replicas)
