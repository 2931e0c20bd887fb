"""Plan changes and limits: by hand for one cluster, and that more growth never reaches a limit later."""

from __future__ import annotations

from decimal import Decimal
from math import log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planner.pricing.money import cents
from planner.sizing.bill import Sized
from planner.sizing.changes import plan_changes
from planner.sizing.growth import Growth, path
from planner.sizing.limits import limits_of
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import Needs
from planner.sizing.needs import needs_of
from planner.sizing.outlook import LimitHit
from planner.sizing.search import months
from planner.sizing.shape import in_words
from planner.sizing.utilisation import later_utilisation
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

ANSWERS = Answers(traffic_share=0.01)
VALKEY = "memorydb-valkey"
NOW = needs_of(make_measurement(), make_items(), make_curve(), ANSWERS)


def later(growth: Growth, last: int = 60) -> tuple[Needs, ...]:
    return path(NOW, growth, ANSWERS, last, 1)


def sized(needs: tuple[Needs, ...], design_id: str = VALKEY) -> tuple[Sized, ...]:
    return months((design_id,), needs, ANSWERS)[design_id]


def limits(growth: Growth, design_id: str = VALKEY) -> dict[str, LimitHit]:
    needs = later(growth)
    return {one.constraint: one for one in limits_of(sized(needs[:1], design_id), needs, ANSWERS)}


def test_without_growth_nothing_changes_and_no_limit_is_hit() -> None:
    needs = later(Growth(0.0, 0.0))
    assert plan_changes(sized(needs), needs, ANSWERS) == ()
    assert all(one.month is None for one in limits(Growth(0.0, 0.0)).values())


def test_a_change_says_when_what_and_at_what_price() -> None:
    needs = later(Growth(0.05, 0.05), 24)
    found = sized(needs)
    first = plan_changes(found, needs, ANSWERS)[0]
    month = next(month for month, one in enumerate(found) if in_words(one) != in_words(found[0]))
    assert first.month == month
    assert (first.before, first.after) == ("2 shards x (1 + 1) db.r7g.large", "3 shards x (1 + 1) db.r7g.large")
    before, then = found[month - 1].total, found[month].total
    assert before is not None
    assert then is not None
    assert first.monthly_usd == cents(then)
    assert first.step_usd == cents(then) - cents(before)
    assert first.because == "cpu"


def test_where_nothing_fits_any_more_the_reason_stands() -> None:
    needs = later(Growth(1.0, 1.0), 24)
    last = plan_changes(sized(needs), needs, ANSWERS)[-1]
    assert (last.after, last.monthly_usd) == ("", None)
    assert last.because.startswith("No cluster of up to 500 nodes")


def test_the_month_of_the_cpu_limit_is_the_logarithm_of_the_room_left() -> None:
    plan = sized(later(Growth(0.0, 0.0))[:1])[0].plan
    assert plan is not None
    found = limits(Growth(0.0, 0.05))["cpu"]
    assert found.month == int(log(1 / plan.utilisation["cpu"]) / log(1.05)) + 1
    assert found.now == pytest.approx(plan.utilisation["cpu"])
    assert found.value > found.ceiling


def test_memory_is_told_in_bytes_of_a_shard_and_network_in_bytes_a_second() -> None:
    found = limits(Growth(0.05, 0.05))
    assert found["memory"].now == pytest.approx(NOW.memory_bytes / 2 + NOW.shard_overhead_bytes)
    assert found["memory"].ceiling == pytest.approx(14037181030 * 0.8)  # db.r7g.large less 20 % kept free
    assert found["network"].ceiling == pytest.approx(0.937e9 / 8 * 0.7)
    assert found["replication"].ceiling == pytest.approx(70e6)


def test_data_alone_never_hits_a_limit_of_traffic() -> None:
    found = limits(Growth(0.2, 0.0))
    assert found["memory"].month is not None
    assert found["cpu"].month is found["network"].month is found["replication"].month is None


def test_today_s_cluster_is_as_full_in_a_later_month_as_sizing_it_for_then_would_find() -> None:
    one, needs = sized(later(Growth(0.0, 0.0))[:1])[0], later(Growth(0.02, 0.03))
    used = later_utilisation(one, needs[0], needs[5], ANSWERS)
    assert one.plan is not None
    assert used["cpu"] == pytest.approx(one.plan.utilisation["cpu"] * 1.03**5)
    assert used["hottest slot"] == pytest.approx(one.plan.utilisation["hottest slot"] * 1.03**5)


def test_the_nodes_of_later_clusters_are_held_against_the_quota() -> None:
    needs = later(Growth(0.0, 0.2), 36)
    found = {one.constraint: one for one in limits_of(sized(needs), needs, ANSWERS)}
    assert found["nodes by default"].ceiling == 90
    assert found["nodes at most"].ceiling == 500
    first, last = found["nodes by default"].month, found["nodes at most"].month
    assert first is not None
    assert last is None or last >= first


def test_a_serverless_cache_has_limits_of_its_own() -> None:
    found = limits(Growth(0.3, 0.3), "elasticache-serverless-valkey")
    assert found["data"].ceiling == 5_000 * 2**30
    assert found["hottest slot"].ceiling == 30_000


RATES = st.floats(0.0, 0.3)


@settings(max_examples=40)
@given(data=RATES, traffic=RATES, more=st.floats(0.0, 0.2))
def test_more_growth_never_reaches_a_limit_later(data: float, traffic: float, more: float) -> None:
    slow, fast = limits(Growth(data, traffic)), limits(Growth(data + more, traffic + more))
    for name, one in slow.items():
        month = fast[name].month
        assert one.month is None or (month is not None and month <= one.month)


def test_steps_of_the_bill_add_up_to_more_than_the_plan_alone() -> None:
    needs = later(Growth(0.05, 0.05), 36)
    found = plan_changes(sized(needs), needs, ANSWERS)
    assert all(one.step_usd is not None and one.step_usd > Decimal(0) for one in found)
