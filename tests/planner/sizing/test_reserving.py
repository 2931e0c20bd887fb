"""Reserving: break-even by hand, the quote as a witness, and what holds for every offer."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.pricing.money import cents
from planner.pricing.quote import quote
from planner.sizing.bill import Sized, spec_of
from planner.sizing.growth import Growth, path
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import Needs
from planner.sizing.needs import needs_of
from planner.sizing.reserve import advise
from planner.sizing.reserving import Offer, Reservation, ReserveAdvice
from planner.sizing.search import months
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

ANSWERS = Answers(traffic_share=0.01, horizon_months=36)
STILL = Growth(0.0, 0.0)


def needs() -> Needs:
    return needs_of(make_measurement(), make_items(), make_curve(), ANSWERS)


def course(design_id: str, growth: Growth = STILL, answers: Answers = ANSWERS) -> tuple[Sized, ...]:
    return months((design_id,), path(needs(), growth, answers, 36, 1), answers)[design_id]


def advice(design_id: str, answers: Answers = ANSWERS, low: Growth = STILL, likely: Growth = STILL) -> ReserveAdvice:
    (found,) = advise(course(design_id, likely), course(design_id, low), answers)
    return found


def term(found: ReserveAdvice, name: str) -> Reservation:
    return next(one for one in found.reservations if one.term == name)


def test_an_upfront_fee_is_earned_back_in_the_month_worked_out_by_hand() -> None:
    # 3 nodes at 0.30 on demand cost 0.30 x 3 x 730 = 657 a month. Reserved: 1,000 each upfront and 0.10 an hour, 219 a month.
    offer = Offer(3, "x.large", Decimal(3), Decimal("0.30"), Decimal("0.10"), Decimal(1000), 8760)
    assert offer.covered_usd == 657
    assert offer.recurring_usd == 219
    assert offer.break_even_month == 7  # 3,000 / 438 = 6.85
    assert offer.term_usd == 3000 + 3 * Decimal("0.10") * 8760 == 5628
    assert offer.must_run_months == 9  # 5,628 / 657 = 8.57
    assert offer.saved_usd == 657 * 12 - 5628


def test_without_an_upfront_fee_the_first_month_is_cheaper_already() -> None:
    offer = Offer(1, "x.large", Decimal(1), Decimal("0.30"), Decimal("0.20"), Decimal(0), 8760)
    assert (offer.break_even_month, offer.must_run_months) == (1, 8)  # 0.20 x 8760 / (0.30 x 730)


def test_an_offer_dearer_by_the_hour_never_breaks_even() -> None:
    offer = Offer(1, "x.large", Decimal(1), Decimal("0.30"), Decimal("0.30"), Decimal(10), 8760)
    assert offer.break_even_month is None


MONEY = st.decimals("0.001", "100", places=4)


@given(
    nodes=st.integers(1, 500), demand=MONEY, hourly=st.decimals("0", "100", places=4),
    upfront=st.decimals("0", "100000", places=2), years=st.sampled_from((1, 3)),
)  # fmt: skip
def test_what_an_offer_costs_is_hourly_times_hours_plus_upfront(
    nodes: int, demand: Decimal, hourly: Decimal, upfront: Decimal, years: int
) -> None:
    offer = Offer(nodes, "x.large", Decimal(nodes), demand, hourly, upfront, years * 8760)
    assert offer.term_usd == nodes * (hourly * years * 8760 + upfront)
    even = offer.break_even_month
    if even is not None:
        assert offer.upfront_usd + offer.recurring_usd * even <= offer.covered_usd * even
        assert even == 1 or offer.upfront_usd + offer.recurring_usd * (even - 1) > offer.covered_usd * (even - 1)


def test_four_steady_nodes_of_redis_are_all_reserved_and_the_year_all_upfront_pays_from_month_8() -> None:
    found = advice("memorydb-redis")
    year = term(found, "1yr-all-upfront")
    # 4 x db.r7g.large at 0.309: 0.64 x 0.309 x 8760 = 1,732.3776 a node upfront; 0.64 x 12 = 7.68 months
    assert (year.nodes, year.node_type, year.in_use) == (4, "db.r7g.large", 4)
    assert year.covers == 4
    assert year.upfront_usd == 4 * Decimal("1732.3776")
    assert (year.break_even_month, year.must_run_months) == (8, 8)
    assert year.saved_usd == 4 * Decimal("0.309") * 730 * 12 - year.upfront_usd
    three = term(found, "3yr-all-upfront")
    assert three.break_even_month == 17  # 0.45 x 36 = 16.2
    assert found.best == "3yr-all-upfront"
    assert found.why.startswith(
        "Reserve 4 nodes of db.r7g.large for 3 years, all upfront: $17,865.14 less in 36 months"
    )


def test_a_valkey_node_takes_seven_tenths_of_a_reserved_one() -> None:
    found = term(advice("memorydb-valkey"), "1yr-no-upfront")
    # 4 nodes need 4 x 4 x 0.7 = 11.2 units; two reserved nodes have 8, which cover 8 / 2.8 nodes
    assert (found.nodes, found.covers) == (2, Decimal("2.857143"))


@pytest.mark.parametrize(
    "design_id", ["memorydb-valkey", "memorydb-redis", "elasticache-redis", "elasticache-durable-sync"]
)
def test_a_month_with_a_reservation_is_what_the_quote_says(design_id: str) -> None:
    spec = spec_of(design_id, needs(), ANSWERS)
    for one in advice(design_id).reservations:
        bought = {"term": one.term, "reserved_nodes": one.nodes, "reserved_node_type": one.node_type}
        assert quote({**spec, **bought}).monthly_usd == one.monthly_usd


@pytest.mark.parametrize("design_id", ["aurora-standard", "aurora-io-optimized", "rds-postgresql-multi-az"])
def test_a_month_with_all_instances_reserved_is_what_the_quote_says(design_id: str) -> None:
    spec = spec_of(design_id, needs(), ANSWERS)
    found = advice(design_id)
    assert found.what == "database instances"
    for one in found.reservations:
        assert one.covers == one.in_use
        assert quote({**spec, "term": one.term}).monthly_usd == one.monthly_usd


def test_a_cache_and_its_database_are_advised_apart() -> None:
    found = course("elasticache-redis+aurora-standard")
    both = advise(found, found, ANSWERS)
    assert [one.what for one in both] == ["nodes", "database instances"]


def test_only_what_low_growth_keeps_in_use_for_the_whole_term_is_reserved() -> None:
    shrinking = course("memorydb-redis", Growth(0.0, -0.05))
    (found,) = advise(course("memorydb-redis"), shrinking, ANSWERS)
    fewest = min(one.plan.shards * (1 + one.plan.replicas) for one in shrinking[1:13] if one.plan)
    assert fewest < 4
    assert term(found, "1yr-no-upfront").nodes == fewest
    assert term(found, "1yr-no-upfront").saved_usd < term(advice("memorydb-redis"), "1yr-no-upfront").saved_usd


def test_a_term_longer_than_the_horizon_is_shown_with_what_is_owed_and_not_advised() -> None:
    found = advice("memorydb-redis", replace(ANSWERS, horizon_months=12))
    three = term(found, "3yr-no-upfront")
    assert three.owed_usd == 4 * three.hourly_usd * 730 * 24
    assert found.best == "1yr-all-upfront"


def test_nodes_for_which_no_term_is_sold_are_not_reserved() -> None:
    small = replace(ANSWERS, traffic_share=1.0)
    now = months(("memorydb-valkey",), (needs_of(make_measurement(), make_items(), (), small),) * 37, small)
    (found,) = advise(now["memorydb-valkey"], now["memorydb-valkey"], small)
    assert (found.best, found.reservations) == ("", ())
    assert "no price of a term is known for db.t4g.small" in found.why


def test_the_total_to_the_horizon_is_the_demand_less_what_is_saved() -> None:
    found = advice("memorydb-valkey", likely=Growth(0.05, 0.05))
    bills = [cents(one.total) for one in course("memorydb-valkey", Growth(0.05, 0.05))[1:] if one.total]
    assert found.on_demand_total_usd == sum(bills)
    for one in found.reservations:
        assert one.total_usd == found.on_demand_total_usd - one.saved_usd
