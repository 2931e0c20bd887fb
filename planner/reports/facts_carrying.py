"""What the tables of node types say: how much of this workload one node of each type carries, and what binds first. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from planner.reports.document import EstimateDocument
from planner.reports.facts import Facts
from planner.reports.wording import rate, share, significant, size
from planner.sizing.model.clusters import CarriedNode
from planner.sizing.nodes import BURSTABLE_FAMILY, SERVICES

COLUMNS = (
    "Node type", "Published reads, writes/s", "Carried reads, writes/s", "Mix by CPU", "Mix by network", "Binds first",
    "Peak needs",
)  # fmt: skip
SHOWN_FAMILIES = (BURSTABLE_FAMILY, "r7g")  # besides those of the plans; the JSON has every type


def carrying_facts(document: EstimateDocument) -> tuple[Facts, ...]:
    """One table for each service of the chosen designs."""
    nodes = document.result.carrying
    families = {
        *SHOWN_FAMILIES,
        *(_family(plan.node_type) for design in document.result.designs if (plan := design.plan)),
    }
    return tuple(
        _facts([node for node in nodes if node.service == name and node.node_type.split(".")[1] in families], name)
        for name in dict.fromkeys(node.service for node in nodes)
    )


def _family(node_type: str) -> str:
    """`r7g` of `cache.r7g.large`; nothing of another vendor's tier."""
    return node_type.split(".")[1] if node_type.count(".") == 2 else ""


def assumption(document: EstimateDocument) -> str:
    """What the tables rest on, in words."""
    if not document.result.carrying:
        return "The recording holds no operations, so nothing is carried to node types."
    cpu, one = document.measurement.cpu, document.result.carrying[0]
    measured = ", ".join(
        f"{name} {significant(us)} µs against {significant(yardstick)} µs"
        for name, us, yardstick in (
            ("reads", cpu.us_per_op.get("read"), cpu.calibration.get_us),
            ("writes", cpu.us_per_op.get("write"), cpu.calibration.set_us),
        )
        if us
    )
    return (
        "Operations a second = published rate x calibration cost / workload cost. Measured in this run: "
        f"{measured or 'nothing'} for GET or SET of 100 bytes, taken as {significant(one.read_ratio)} for reads and "
        f"{significant(one.write_ratio)} for writes (steps of a quarter, as repeated runs differ). It is assumed that a "
        "node's rate falls as the cost of an operation rises, whatever its clock, and that writes of nodes below 2xlarge "
        "fall with size as reads do. Figures are of a whole node; a plan uses only the share allowed at peak."
    )


def _facts(nodes: Sequence[CarriedNode], service: str) -> Facts:
    title = f"What one {SERVICES[service].title} node carries of this workload"
    if not nodes:
        return Facts(title, "No node type of the families shown.")
    one = nodes[0]
    summary = (
        f"An operation moves {size(one.bytes_out_per_operation)} out to clients and, with requests and replication, "
        f"{size(one.bytes_moved_per_operation)} in all; the latter is held against the baseline a node type has for ever."
    )
    return Facts(title, summary, COLUMNS, tuple(_row(node) for node in nodes))


def _row(node: CarriedNode) -> tuple[str, ...]:
    return (
        node.node_type,
        f"{significant(node.published_reads_per_s)}, {significant(node.published_writes_per_s)}",
        f"{significant(node.reads_per_s)}, {significant(node.writes_per_s)}",
        rate(node.cpu_operations_per_s),
        rate(node.network_operations_per_s),
        "CPU" if node.binds == "cpu" else node.binds,
        share(node.used_at_peak),
    )
