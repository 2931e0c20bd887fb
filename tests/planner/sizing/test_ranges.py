"""Ranges: in order, composed of their causes, and each derived price with the spread of its kind."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from planner.pricing.money import cents
from planner.pricing.quote import quote
from planner.sizing.model.answers import Answers
from planner.sizing.model.bills import CostLine
from planner.sizing.needs import needs_of
from planner.sizing.price_spread import kind_of, swings, with_prices
from planner.sizing.prospects import statement_of
from planner.sizing.ranges import Courses, causes_of, courses_of, growth_range, month_range, total_range
from planner.sizing.uncertainty import Spread, Spreads
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

DESIGNS = ("memorydb-valkey", "memorydb-redis", "elasticache-valkey+dynamodb-on-demand")
CERTAIN = Spreads(Spread(1.0, 1.0, True), Spread(1.0, 1.0, True))
TENTH = Spreads(Spread(0.9, 1.1, True), Spread(0.9, 1.1, True))


def courses(answers: Answers, spreads: Spreads = TENTH) -> dict[str, Courses]:
    needs = needs_of(make_measurement(), make_items(), make_curve(), answers)
    return dict(courses_of(needs, answers, spreads, 8))


def line(provenance: str, derivation: str = "", source: str = "") -> CostLine:
    return CostLine("a", Decimal(1), "x", Decimal(100), Decimal(100), source, "", provenance, derivation)


@pytest.mark.parametrize(
    ("derivation", "spread"),
    [
        ("0.68 x on-demand 4.680; ratio: 2022 ElastiCache median .6825 (r6g)", "0.015"),
        ("0.64 x on demand 0.309, the ratio of reserved prices that were read", "0.015"),
        ("0.8 x Redis on-demand (20% lower; holds exactly for all 73 shared types)", "0.005"),
        ("1.5 x ElastiCache Redis on-demand 3.12 = 4.68", "0.10"),
        ("0.7 x MemoryDB Redis 4.680 (30% lower; fits all 4 known points)", "0.10"),
        ("equal to db.r6g.4xlarge of the region", "0.10"),
        ("golden monthly 1772.44 / 730 h", "0.005"),
        ("1.30 x the standard price 0.519", "0.02"),
        ("ASSUMED equal to us-east-1", "0.10"),
    ],
)
def test_a_derived_price_is_as_far_off_as_its_rule_may_be(derivation: str, spread: str) -> None:
    kind = kind_of(line("derived", derivation))
    assert kind is not None
    assert kind.spread == Decimal(spread)


def test_a_price_that_was_read_or_typed_has_no_spread() -> None:
    assert kind_of(line("read")) is None
    assert kind_of(line("assumed", source="the spec")) is None
    assert kind_of(line("assumed", source="an assumption")) is not None


def test_prices_that_were_not_read_move_and_the_others_stay() -> None:
    found = quote({"design": "memorydb-redis", "node_type": "db.t4g.small", "data_written_gb": 100})
    # nodes derived: 35.04; data written read: 20.00
    assert with_prices(found, 1) == Decimal("35.04") * Decimal("1.1") + 20
    assert with_prices(found, -1) == Decimal("35.04") * Decimal("0.9") + 20
    assert list(swings(found).values()) == [Decimal("3.504")]


def test_two_causes_add_up_as_the_root_of_the_sum_of_squares() -> None:
    course = courses(Answers(traffic_share=0.001, region="eu-west-1"))["memorydb-redis"]
    causes, found = causes_of(course, slice(0, 1)), month_range(course)
    assert found is not None
    assert len(causes) >= 2
    likely = course.likely[0].total
    assert likely is not None
    up = sum((one.up_usd**2 for one in causes), Decimal(0)).sqrt()
    down = sum((one.down_usd**2 for one in causes), Decimal(0)).sqrt()
    assert found.high == cents(likely) + cents(up)
    assert found.low == cents(likely) - cents(down)
    assert found.likely == likely


def test_a_range_is_narrower_than_all_causes_at_their_worst_together() -> None:
    course = courses(Answers(traffic_share=0.001, region="eu-west-1"))["memorydb-redis"]
    causes, found = causes_of(course, slice(0, 1)), month_range(course)
    assert found is not None
    assert found.high - found.likely < sum(one.up_usd for one in causes)


def test_the_year_is_the_sum_of_its_twelve_bills() -> None:
    course = courses(Answers(traffic_share=0.01, growth_per_month=0.03))["memorydb-valkey"]
    year = total_range(course, 12)
    assert year is not None
    assert year.likely == sum(cents(one.total) for one in course.likely[1:13] if one.total)


def test_without_any_uncertainty_the_month_is_one_figure() -> None:
    answers = Answers(designs=("dynamodb-on-demand",))  # prices read, no memory to size
    found = month_range(courses(answers, CERTAIN)["dynamodb-on-demand"])
    assert found is not None
    assert cents(found.low) == cents(found.likely) == cents(found.high)


def test_growth_moves_the_horizon_and_not_today() -> None:
    course = courses(Answers(traffic_share=0.01, growth_per_month=0.05, horizon_months=24), CERTAIN)["memorydb-redis"]
    assert "Growth" not in {one.name for one in causes_of(course, slice(0, 1))}
    assert "Growth" in {one.name for one in causes_of(course, slice(1, 25))}
    totals = growth_range(course, 24)
    assert totals is not None
    assert totals.low < totals.likely < totals.high


def test_low_growth_reaches_to_the_end_of_the_longest_term() -> None:
    assert len(courses(Answers(horizon_months=12))["memorydb-valkey"].low_growth) == 37


def test_a_design_nothing_fits_has_no_range() -> None:
    answers = Answers(region="us-gov-east-1", designs=("memorydb-valkey",))
    course = courses(answers)["memorydb-valkey"]
    assert (month_range(course), total_range(course, 12), statement_of(course, ())) == (None, None, None)


@settings(max_examples=15, phases=(Phase.explicit, Phase.reuse, Phase.generate))  # a course is dear to shrink
@given(
    share=st.floats(0.0005, 1.0), growth=st.floats(-0.1, 0.2), low=st.floats(0.5, 1.0), high=st.floats(1.0, 2.0),
    horizon=st.integers(1, 12),
)  # fmt: skip
def test_low_likely_and_high_are_in_order(share: float, growth: float, low: float, high: float, horizon: int) -> None:
    answers = Answers(traffic_share=share, growth_per_month=growth, horizon_months=horizon, designs=DESIGNS)
    spread = Spread(low, high, True)
    for course in courses(answers, Spreads(spread, spread)).values():
        for found in (month_range(course), total_range(course, 12), total_range(course, horizon)):
            assert found is None or Decimal(0) <= found.low <= found.likely <= found.high
