"""A design's bill from needs, each quantity computed by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from planner.pricing.catalogue import ELASTICACHE, MEMORYDB
from planner.sizing.bill import Sized, cache_load, load_of, size
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import Needs
from planner.sizing.needs import needs_of
from planner.sizing.nodes import SERVICES
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

JOIN = "elasticache-valkey+dynamodb-on-demand"


def needs(answers: Answers) -> Needs:
    return needs_of(make_measurement(), make_items(), make_curve(), answers)


def bill(design_id: str, answers: Answers | None = None) -> Sized:
    answers = answers or Answers()
    return size(design_id, needs(answers), answers)


def quantity(sized: Sized, start: str) -> Decimal:
    assert sized.quote is not None
    return next(line.quantity for line in sized.quote.lines if line.name.startswith(start))


def names(sized: Sized) -> str:
    assert sized.quote is not None
    return " ".join(line.name for line in sized.quote.lines)


def test_a_month_of_data_written_is_the_average_rate_times_730_hours() -> None:
    # 130,000 B/s at peak, half on average: 65,000 x 2,628,000 s
    assert quantity(bill("memorydb-redis"), "Data written") == Decimal("170.82")


def test_snapshots_are_kept_a_day_each() -> None:
    assert quantity(bill("memorydb-valkey", Answers(snapshot_retention_days=7)), "Snapshot") == Decimal("0.105")
    assert "Snapshot" not in names(bill("memorydb-valkey", Answers(snapshot_retention_days=0)))


def test_the_whole_bill_of_memorydb_for_redis() -> None:
    sized = bill("memorydb-redis")
    assert sized.total == Decimal("70.08") + Decimal("170.82") * Decimal("0.2")


def test_every_write_reaches_the_database_under_a_cache() -> None:
    # 200 writes/s x 1 unit x 2,628,000 s
    assert quantity(bill(JOIN), "Write request units") == Decimal("525.6")


def test_only_missed_reads_reach_the_database_and_eventual_ones_cost_half() -> None:
    # 300 reads/s x 10 % missed at half the data x 2,628,000 s, halved
    answers = Answers(cache_share=0.5)
    assert quantity(bill(JOIN, answers), "Read request units") == pytest.approx(Decimal("39.42"))
    strong = replace(answers, read_consistency="strong")
    assert quantity(bill(JOIN, strong), "Read request units") == pytest.approx(Decimal("78.84"))


def test_a_database_alone_serves_every_read() -> None:
    assert quantity(bill("dynamodb-on-demand"), "Read request units") == Decimal("394.2")
    assert bill("dynamodb-on-demand").plan is None


def test_without_a_simulated_hit_rate_every_read_is_charged() -> None:
    unknown = replace(needs(Answers()), hit_curve=())
    assert quantity(size(JOIN, unknown, Answers()), "Read request units") == Decimal("394.2")


def test_items_are_stored_with_100_bytes_more() -> None:
    assert quantity(bill(JOIN), "Storage") == Decimal("0.025")  # 100,000 x 250 B


def test_a_cache_alone_is_backed_up_and_a_cache_before_a_database_is_not() -> None:
    assert quantity(bill("elasticache-valkey"), "Backup") == Decimal("0.015")
    assert "Backup" not in names(bill(JOIN))


def test_a_cache_holds_its_share_and_takes_a_fill_for_each_miss() -> None:
    load = cache_load(needs(Answers()), SERVICES[ELASTICACHE], 0.5, 0.1)
    assert load.memory_bytes == 10_000_000
    assert load.writes_per_s == 400 + 60
    assert load.reads_per_s == 600


def test_only_engines_of_the_older_line_take_the_older_layout() -> None:
    found = replace(needs(Answers()), older_layout_bytes=5)
    assert load_of(found, SERVICES[MEMORYDB]).memory_bytes == 20_000_005
    assert load_of(found, SERVICES[ELASTICACHE]).memory_bytes == 20_000_000


def test_what_fits_nowhere_has_no_bill_and_a_reason() -> None:
    huge = replace(needs(Answers()), memory_bytes=10**18)
    sized = size("memorydb-valkey", huge, Answers())
    assert (sized.plan, sized.total) == (None, None)
    assert sized.reason
