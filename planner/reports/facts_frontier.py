"""What more room costs, as a table: the clusters of a design's frontier, the one chosen marked. For the page and the PDF."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from planner.reports.facts import Facts
from planner.reports.wording import share, usd
from planner.sizing.model.clusters import FrontierPoint, Plan
from planner.sizing.model.result import DesignEstimate

TITLE = "What more room costs"
SUMMARY = (
    "Each carries the load and has more room under its fullest ceiling than any that costs less; nodes alone, in US "
    "dollars a month on the term chosen."
)
_UNMARKED = " The cluster chosen is not among them: one with more room costs no more."
COLUMNS = ("Cluster", "Nodes, USD a month", "Room left", "What binds")


@dataclass(frozen=True, slots=True)
class FrontierRow:
    """One cluster. `room`: share left under the ceiling that binds, 0..1. `chosen`: the design is sized and billed as it."""

    nodes: str
    node_type: str
    usd: Decimal
    room: float
    binds: str
    chosen: bool


def frontier_rows(design: DesignEstimate) -> tuple[FrontierRow, ...]:
    """The cheapest first. Empty for a design without nodes to choose and in a document made before there was one."""
    return tuple(_row(point, design.plan) for point in design.frontier)


def frontier_summary(design: DesignEstimate) -> str:
    """What the table says in one or two sentences; empty without a table."""
    rows = frontier_rows(design)
    if not rows:
        return ""
    return SUMMARY if any(row.chosen for row in rows) else SUMMARY + _UNMARKED


def frontier_facts(design: DesignEstimate) -> Facts:
    """The table as printed; no rows where there is nothing to choose."""
    rows = tuple(
        (f"{row.nodes} {row.node_type}{', chosen' if row.chosen else ''}", usd(row.usd), share(row.room), row.binds)
        for row in frontier_rows(design)
    )
    return Facts(TITLE, frontier_summary(design), COLUMNS, rows)


def _row(point: FrontierPoint, plan: Plan | None) -> FrontierRow:
    chosen = plan is not None and _cluster(point) == _cluster(plan)
    nodes = f"{point.shards} × (1 + {point.replicas})"
    binds = "CPU" if point.binding == "cpu" else point.binding
    return FrontierRow(nodes, point.node_type, point.nodes_usd, point.headroom, binds, chosen)


def _cluster(one: FrontierPoint | Plan) -> tuple[str, int, int]:
    return one.node_type, one.shards, one.replicas
