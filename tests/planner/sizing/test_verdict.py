"""The rule of the recommendation, on bills made up to stand on either side of it."""

from __future__ import annotations

from decimal import Decimal

from planner.pricing.quote import Quote
from planner.sizing.bill import Sized
from planner.sizing.verdict import recommend

JOIN = "elasticache-valkey+dynamodb-on-demand"


def costing(design_id: str, dollars: str, missing: tuple[str, ...] = ()) -> Sized:
    return Sized(design_id, None, Quote(Decimal(dollars), (), missing))


def test_the_cheapest_durable_design_is_recommended_with_the_difference() -> None:
    found = recommend([costing("memorydb-redis", "138.41"), costing("memorydb-valkey", "49.06"), costing(JOIN, "500")])
    assert found.id == "memorydb-valkey"
    assert "costs $49.06 a month, $89.35 less than MemoryDB for Redis OSS ($138.41)" in found.why
    assert "$450.94 less than ElastiCache for Valkey + DynamoDB on demand ($500.00)" in found.why
    assert "acknowledged only once it is safe in several zones" in found.why


def test_a_cache_alone_is_never_recommended_however_cheap() -> None:
    assert recommend([costing("elasticache-valkey", "1"), costing("memorydb-valkey", "100")]).id == "memorydb-valkey"


def test_a_cache_and_database_25_percent_cheaper_is_recommended_with_what_it_costs_elsewhere() -> None:
    found = recommend([costing("memorydb-valkey", "100"), costing(JOIN, "75")])
    assert found.id == JOIN
    assert "$25.00 less than MemoryDB for Valkey ($100.00)" in found.why
    assert "keeps two systems in step" in found.why


def test_a_cache_and_database_a_little_cheaper_is_named_but_not_recommended() -> None:
    found = recommend([costing("memorydb-valkey", "100"), costing(JOIN, "75.01")])
    assert found.id == "memorydb-valkey"
    assert "would be $24.99 cheaper ($75.01), less than the 25 %" in found.why


def test_a_bill_without_missing_prices_is_preferred() -> None:
    found = recommend([costing("memorydb-valkey", "1", missing=("Nodes",)), costing("memorydb-redis", "100")])
    assert found.id == "memorydb-redis"


def test_a_bill_with_missing_prices_says_at_least() -> None:
    assert "costs at least $1.00" in recommend([costing("memorydb-valkey", "1", missing=("Nodes",))]).why


def test_nothing_durable_chosen_recommends_nothing_and_says_what_to_do() -> None:
    found = recommend([costing("elasticache-valkey", "1")])
    assert found.id is None
    assert "choose a durable one" in found.why


def test_nothing_that_fits_recommends_nothing_and_says_why() -> None:
    found = recommend([Sized("memorydb-valkey", None, None, "One key is too hot.")])
    assert found.id is None
    assert "MemoryDB for Valkey: One key is too hot." in found.why


def test_the_sentence_is_one_sentence() -> None:
    assert recommend([costing("memorydb-valkey", "49.06")]).why.count(". ") == 0
