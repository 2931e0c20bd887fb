"""What each setting does to a bill, computed by hand, and that none does anything at its default."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from planner.pricing import designs
from planner.pricing.terms import TERMS
from planner.sizing.answers import answers_to_json, parse_answers
from planner.sizing.bill import Sized, size
from planner.sizing.model.answers import Answers
from planner.sizing.model.bills import CostLine
from planner.sizing.needs import needs_of
from planner.sizing.settings import NOT_SOLD
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

BUSY = 0.001  # share recorded: a thousand times the plain recording


def bill(design_id: str, **answers: Any) -> Sized:
    found = Answers(**answers)
    return size(design_id, needs_of(make_measurement(), make_items(), make_curve(), found), found)


def lines(sized: Sized, start: str) -> list[CostLine]:
    assert sized.quote is not None
    return [line for line in sized.quote.lines if line.name.startswith(start)]


def quantity(sized: Sized, start: str) -> Decimal:
    return sum((line.quantity for line in lines(sized, start)), Decimal(0))


def test_ten_binary_terabytes_are_240_gb_more_that_are_free() -> None:
    decimal = bill("memorydb-valkey", traffic_share=BUSY)
    binary = bill("memorydb-valkey", traffic_share=BUSY, free_tb="binary")
    assert quantity(decimal, "Data written above") == 170_820 - 10_000
    assert quantity(binary, "Data written above") == 170_820 - 10_240
    assert decimal.total is not None and binary.total is not None
    assert decimal.total - binary.total == 240 * Decimal("0.04")


def test_one_free_snapshot_leaves_the_others_to_pay_for() -> None:
    week = {"traffic_share": BUSY, "snapshot_retention_days": 7}
    assert lines(bill("memorydb-valkey", **week), "Snapshot storage above") == []
    # 15 GB each, seven kept, one free
    assert quantity(bill("memorydb-valkey", **week, free_snapshot="one-snapshot"), "Snapshot storage above") == 90


def test_a_free_backup_is_taken_off_what_is_kept() -> None:
    assert quantity(bill("elasticache-valkey", traffic_share=BUSY), "Backup storage") == 15
    some = bill("elasticache-valkey", traffic_share=BUSY, free_backup_gb=Decimal(5))
    assert [line.quantity for line in lines(some, "Backup storage")] == [5, 10]
    assert lines(some, "Backup storage")[0].amount == 0


def test_replication_between_zones_is_replicated_bytes_times_replicas_on_both_sides() -> None:
    assert lines(bill("elasticache-valkey"), "Transfer between zones") == []
    charged = bill("elasticache-valkey", zone_replication="charged", replicas=2)
    assert quantity(charged, "Transfer between zones") == Decimal("170.82") * 2 * 2  # two replicas; out and in
    assert lines(bill("memorydb-valkey", zone_replication="charged"), "Transfer") == []


def test_between_ones_own_instances_replication_is_always_charged() -> None:
    assert quantity(bill("ec2-redis"), "Transfer between zones") == Decimal("170.82") * 2
    assert lines(bill("ec2-redis", replicas=0), "Transfer between zones") == []


def test_clients_elsewhere_pay_for_what_they_move() -> None:
    # 100,000 B/s in and 150,000 out at peak, half on average, 2,628,000 s a month
    far = bill("memorydb-valkey", clients_other_zone=0.5, clients_internet=1.0)
    assert quantity(far, "Transfer between zones") == Decimal("164.25") * 2
    assert quantity(far, "Transfer to the internet") == Decimal("197.1")
    assert lines(bill("dynamodb-on-demand", clients_other_zone=1.0), "Transfer") == []


def test_a_month_of_31_days_has_744_hours_of_everything_but_storage() -> None:
    long = bill("memorydb-redis", hours_per_month=744)
    assert quantity(long, "Nodes") == 2 * 744
    assert quantity(long, "Data written") == pytest.approx(Decimal("174.096"))
    assert quantity(long, "Snapshot") == quantity(bill("memorydb-redis"), "Snapshot")


def test_work_on_ec2_costs_what_the_person_says() -> None:
    (line,) = lines(
        bill("ec2-redis", operations_hours=Decimal(3), operations_usd_per_hour=Decimal("80.5")), "Operations"
    )
    assert line.amount == Decimal("241.5")


def test_a_savings_plan_comes_off_aurora_instances_only() -> None:
    full, less = bill("aurora-standard"), bill("aurora-standard", savings_plan_percent=Decimal(20))
    assert full.total is not None and less.total is not None
    instances = sum((line.amount or Decimal(0) for line in lines(full, "Instances")), Decimal(0))
    assert full.total - less.total == instances / 5
    assert bill("memorydb-valkey", savings_plan_percent=Decimal(20)).total == bill("memorydb-valkey").total


def test_a_node_not_sold_on_the_term_is_priced_on_demand_and_says_so() -> None:
    plain, reserved = bill("memorydb-valkey"), bill("memorydb-valkey", term="3yr-all-upfront")
    assert reserved.total == plain.total == Decimal("49.056")  # db.t4g.small is not sold reserved
    assert NOT_SOLD in lines(reserved, "Nodes")[0].derivation


def test_a_reserved_node_costs_less_than_on_demand_on_every_term() -> None:
    plain = bill("memorydb-valkey", traffic_share=BUSY).total
    assert plain is not None
    for term in list(TERMS)[1:]:
        total = bill("memorydb-valkey", traffic_share=BUSY, term=term).total
        assert total is not None and total < plain


@pytest.mark.parametrize("design_id", [each for each in designs.available() if "+" not in each])
def test_no_term_leaves_a_line_without_a_price_that_has_one_on_demand(design_id: str) -> None:
    plain = bill(design_id)
    if plain.quote is None:
        return
    for term in ("1yr-no-upfront", "3yr-no-upfront"):
        reserved = bill(design_id, term=term)
        assert reserved.quote is not None
        assert len(reserved.quote.missing) <= len(plain.quote.missing)
        assert reserved.quote.monthly_usd <= plain.quote.monthly_usd


@pytest.mark.parametrize("design_id", designs.available())
def test_a_load_beyond_every_cluster_is_refused_with_a_reason_and_never_an_error(design_id: str) -> None:
    huge = bill(design_id, traffic_share=0.000001)
    assert huge.quote is not None or huge.reason


@given(hours=st.decimals(0, 744, places=2), usd=st.decimals(0, 10_000, places=2), days=st.integers(672, 744))
def test_settings_survive_json_exactly(hours: Decimal, usd: Decimal, days: int) -> None:
    answers = Answers(operations_hours=hours, operations_usd_per_hour=usd, hours_per_month=days)
    assert parse_answers(answers_to_json(answers)) == answers


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("term", "2yr"),
        ("free_tb", "octal"),
        ("free_snapshot", "all"),
        ("zone_replication", True),
        ("hours_per_month", 745),
        ("hours_per_month", 730.5),
        ("free_backup_gb", -1),
        ("operations_hours", "NaN"),
        ("operations_hours", 745),
        ("operations_usd_per_hour", "1e-9"),
        ("savings_plan_percent", 101),
        ("savings_plan_percent", None),
        ("clients_internet", 1.5),
    ],
)
def test_a_wrong_setting_is_named(name: str, value: object) -> None:
    with pytest.raises(InputError) as told:
        parse_answers({name: value})
    assert told.value.source == name
    assert told.value.expected
