"""What more room costs: the frontier begins with the plan itself, and every further point is dearer and roomier."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.sizing.bill import size
from planner.sizing.frontier import DEAREST, MOST_POINTS, frontier
from planner.sizing.growth import scaled, scaled_data
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import Needs
from planner.sizing.needs import needs_of
from tests.planner.sizing.factories import make_curve, make_items, make_measurement


def needs() -> Needs:
    return needs_of(make_measurement(), make_items(), make_curve(), Answers())


def test_a_small_load_begins_on_the_smallest_node_and_ends_within_four_times_its_price() -> None:
    points = frontier("memorydb-redis", needs(), Answers())
    assert (points[0].node_type, points[0].shards, points[0].replicas) == ("db.t4g.small", 1, 1)
    assert points[0].nodes_usd == Decimal("70.08")
    assert points[-1].nodes_usd <= DEAREST * points[0].nodes_usd


def test_durable_nodes_are_shown_with_their_surcharge() -> None:
    cheap = frontier("elasticache-durable-async", needs(), Answers())
    sync = frontier("elasticache-durable-sync", needs(), Answers())
    assert sync[0].node_type == cheap[0].node_type
    assert sync[0].nodes_usd == cheap[0].nodes_usd * Decimal("1.18")


def test_a_design_without_nodes_or_without_a_plan_has_none() -> None:
    assert frontier("dynamodb-on-demand", needs(), Answers()) == ()
    assert frontier("memorydb-valkey", replace(needs(), memory_bytes=10**18), Answers()) == ()


@settings(max_examples=25, deadline=None)
@given(
    data=st.floats(0.1, 1e5),
    operations=st.floats(0.1, 5e3),
    stale=st.booleans(),
    design_id=st.sampled_from(["memorydb-valkey", "elasticache-redis", "elasticache-valkey+dynamodb-on-demand"]),
)
def test_every_point_is_dearer_and_roomier_than_the_one_before(
    data: float, operations: float, stale: bool, design_id: str
) -> None:
    answers = Answers(stale_reads=stale)
    load = scaled(scaled_data(needs(), data), operations=operations, written=operations)
    points, plan = frontier(design_id, load, answers), size(design_id, load, answers).plan
    assert len(points) <= MOST_POINTS
    if plan is None:
        assert points == ()
        return
    assert [one.nodes_usd for one in points] == sorted({one.nodes_usd for one in points})
    assert [one.headroom for one in points] == sorted({one.headroom for one in points})
    # As cheap as the plan; of clusters of the same price the roomiest.
    assert points[0].nodes_usd == pytest.approx(_nodes_usd(design_id, load, answers))
    assert points[0].headroom >= max(0.0, 1 - max(plan.utilisation.values())) - 1e-9
    assert all(0 <= one.headroom <= 1 for one in points)


def _nodes_usd(design_id: str, load: Needs, answers: Answers) -> Decimal:
    quote = size(design_id, load, answers).quote
    assert quote is not None
    return next(line.amount for line in quote.lines if line.name.startswith("Nodes:") and line.amount is not None)
