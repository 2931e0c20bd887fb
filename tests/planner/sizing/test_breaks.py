"""Limits that no cluster size solves: a durable primary's rate, quotas, DynamoDB's items and partitions."""

from __future__ import annotations

from dataclasses import replace

from planner.sizing.breaks import breaks_of
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import Needs
from planner.sizing.model.result import DesignEstimate
from planner.sizing.needs import needs_of
from tests.planner.reports.factories import make_result
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

PLAIN = Answers()


def needs() -> Needs:
    return needs_of(make_measurement(), make_items(), make_curve(), PLAIN)


def design(identifier: str) -> DesignEstimate:
    return replace(make_result().designs[0], id=identifier)


def texts(identifier: str, found: Needs) -> str:
    return " ".join(one.text for one in breaks_of(design(identifier), found, PLAIN))


def test_a_small_workload_breaks_nothing() -> None:
    for identifier in ("memorydb-valkey", "elasticache-durable-sync", "dynamodb-on-demand", "ec2-redis"):
        assert texts(identifier, needs()) == ""


def test_a_durable_primary_takes_100_mebibytes_a_second() -> None:
    fast = replace(needs(), replicated_bytes_per_s_peak=105e6 * 2, hottest_slot_share=1.0)
    assert "210.0 MB/s" in texts("elasticache-durable-sync", fast)
    assert texts("elasticache-valkey", fast) == ""


def test_one_key_of_dynamodb_stays_under_a_partition() -> None:
    # 200 writes/s on average, twice at peak, all on one key, three units each
    items = replace(needs().items, write_units_per_write=needs().items.write_units_per_write * 3)
    hot = replace(needs(), hottest_key_share=1.0, items=items)
    assert "1,200 write units/s on one key" in texts("dynamodb-on-demand", hot)
    large = replace(needs(), items=replace(needs().items, item_bytes=500 * 1024))
    assert "items of 500 KiB" in texts("dynamodb-on-demand", large)


def test_many_nodes_need_a_quota() -> None:
    plan = make_result().designs[0].plan
    assert plan is not None
    big = replace(design("memorydb-valkey"), plan=replace(plan, shards=50, replicas=1))
    assert "100 nodes; 90 a cluster" in breaks_of(big, needs(), PLAIN)[0].text


def test_what_does_not_fit_says_why() -> None:
    none = replace(design("memorydb-valkey"), plan=None, monthly_usd=None, flags=("No cluster: too hot.",))
    assert [one.text for one in breaks_of(none, needs(), PLAIN)] == ["No cluster: too hot."]
