"""A durable primary of ElastiCache takes 100 MiB/s of writes: clusters are sized for it, plain ElastiCache is not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planner.sizing import search
from planner.sizing.bill import size
from planner.sizing.frontier import frontier
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import Plan
from planner.sizing.model.needs import Needs
from planner.sizing.needs import needs_of
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

DURABLE = ("elasticache-durable-sync", "elasticache-durable-async")
ALLOWED = 100 * 2**20 * 0.7  # at the usual target utilisation


def writing(bytes_per_s: float, hot: float = 0.0) -> Needs:
    plain = needs_of(make_measurement(), make_items(), make_curve(), Answers())
    return replace(plain, replicated_bytes_per_s_peak=bytes_per_s, hottest_slot_share=hot)


def plan(design_id: str, needs: Needs) -> Plan:
    found = size(design_id, needs, Answers()).plan
    assert found is not None
    return found


@pytest.mark.parametrize("design_id", DURABLE)
def test_writes_beyond_a_primary_need_another_shard(design_id: str) -> None:
    found = plan(design_id, writing(210e6))
    assert found.shards >= 3  # 210 MB/s on primaries of 73.4 each
    assert found.utilisation["replication"] == pytest.approx(210e6 / found.shards / ALLOWED)
    assert found.limits["replication"].endswith("of 73")
    assert "replication" not in plan("elasticache-valkey", writing(210e6)).utilisation


def test_both_searches_agree_beside_plain_elasticache_of_the_same_replicas() -> None:
    ids, needs = ("elasticache-valkey", *DURABLE), writing(600e6)
    found = search.months(ids, [needs], Answers())
    for design_id in ids:
        assert found[design_id] == (size(design_id, needs, Answers()),)


@pytest.mark.parametrize("design_id", DURABLE)
def test_writes_to_one_slot_that_fill_a_primary_fit_nowhere(design_id: str) -> None:
    sized = size(design_id, writing(105e6, hot=1.0), Answers())
    assert sized.plan is None
    assert "(replication)" in sized.reason


def test_the_frontier_holds_the_ceiling_too() -> None:
    points = frontier(DURABLE[0], writing(210e6), Answers())
    assert points
    assert all(1 - point.headroom >= 210e6 / point.shards / ALLOWED - 1e-9 for point in points)
