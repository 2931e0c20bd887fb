"""Reserved terms: what is paid in the end, what a reservation covers, and where no price is known."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from planner.pricing.catalogue import ELASTICACHE, MEMORYDB, catalogue
from planner.pricing.quote import Quote, quote
from planner.pricing.terms import TERMS, normalised_units, reserved

RESERVED = [term for term in TERMS.values() if term.years]


def nodes(term: str, **more: object) -> Quote:
    return quote({"design": "memorydb-valkey", "node_type": "db.r7g.xlarge", "term": term, "replicas": 1, **more})


@pytest.mark.parametrize("term", RESERVED, ids=lambda term: str(term.id))
def test_the_effective_hour_times_the_hours_of_the_term_is_all_that_is_paid(term: object) -> None:
    known = next(one for one in RESERVED if one is term)
    prices = catalogue("us-east-1")
    found = reserved(prices, ELASTICACHE, "Valkey", "cache.c7gn.large", known, None)
    assert found is not None
    paid = found.hourly * known.hours + found.upfront
    assert abs(found.effective * known.hours - paid) < Decimal("0.000001")


def test_a_reserved_price_that_was_read_is_taken_to_the_digit() -> None:
    spec = {"design": "elasticache-valkey", "node_type": "cache.c7gn.large", "hours": 8760}
    assert quote({**spec, "term": "1yr-all-upfront"}).monthly_usd == Decimal("1143.7056")
    partly = quote({**spec, "term": "1yr-partial-upfront"})
    assert partly.monthly_usd == Decimal("580.788") + Decimal("0.0664") * 8760


def test_a_valkey_node_takes_seven_tenths_of_a_reserved_node_of_redis() -> None:
    redis = quote({"design": "memorydb-redis", "node_type": "db.r7g.xlarge", "term": "1yr-no-upfront"}).monthly_usd
    valkey = quote({"design": "memorydb-valkey", "node_type": "db.r7g.xlarge", "term": "1yr-no-upfront"}).monthly_usd
    assert valkey == redis * Decimal("0.7")


def test_longer_terms_and_more_upfront_cost_less() -> None:
    bills = [nodes(term.id).monthly_usd for term in TERMS.values()]
    assert bills == sorted(bills, reverse=True)


def test_partly_paid_upfront_shows_both_fees() -> None:
    lines = nodes("3yr-partial-upfront").lines
    assert ["upfront" in one.name.split("reserved", 1)[1].partition(":")[2] for one in lines] == [False, True]
    assert "26,280 hours" in lines[1].derivation


def test_burstable_nodes_of_memorydb_cannot_be_reserved_and_the_total_says_at_least() -> None:
    found = quote({"design": "memorydb-valkey", "node_type": "db.t4g.small", "term": "1yr-no-upfront"})
    assert found.missing
    assert found.monthly_usd == 0


def test_a_reservation_covers_other_sizes_by_normalised_units() -> None:
    assert normalised_units(MEMORYDB, "Redis", "db.r7g.4xlarge") == 32
    assert normalised_units(MEMORYDB, "Valkey", "db.r7g.4xlarge") == Decimal("22.4")
    found = quote(
        {
            "design": "memorydb-redis",
            "node_type": "db.r7g.xlarge",
            "shards": 3,
            "term": "1yr-no-upfront",
            "reserved_nodes": 1,
            "reserved_node_type": "db.r7g.2xlarge",
        }
    )
    uncovered = next(one for one in found.lines if "not covered" in one.name)
    assert uncovered.quantity == 730  # 3 x 8 units wanted, 16 held: one node of 8 is left


def test_a_reservation_of_another_family_is_refused() -> None:
    with pytest.raises(InputError, match="reserved_node_type"):
        nodes("1yr-no-upfront", reserved_nodes=1, reserved_node_type="db.r6g.xlarge")


@given(bought=st.integers(0, 6), count=st.integers(1, 6))
def test_reserving_no_more_than_is_used_never_costs_more(bought: int, count: int) -> None:
    def bill(reserved_nodes: int) -> Decimal:
        spec = {"design": "memorydb-redis", "node_type": "db.r7g.large", "shards": count, "term": "1yr-all-upfront"}
        return quote({**spec, "reserved_nodes": reserved_nodes}).monthly_usd

    used = min(bought, count)
    assert bill(used) <= bill(0)
