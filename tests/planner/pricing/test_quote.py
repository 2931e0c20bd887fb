"""Quotes against published bills and bills computed by hand, and what a wrong spec is told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import InputError
from planner.pricing.designs import available
from planner.pricing.quote import Quote, accepted_keys, quote
from planner.sizing.model.bills import CostLine
from tests.planner.goldens import assert_golden

TWO_R6G = {"design": "memorydb-valkey", "region": "us-east-1", "node_type": "db.r6g.large", "shards": 1, "replicas": 1}


def line(answer: Quote, start: str) -> CostLine:
    return next(one for one in answer.lines if one.name.startswith(start))


def test_two_r6g_large_on_valkey_cost_315_798_and_print_315_80() -> None:
    answer = quote(TWO_R6G)  # 2 x 730 h x 0.2163
    assert answer.monthly_usd == Decimal("315.798")
    assert answer.to_json()["monthly_usd"] == "315.80"
    assert answer.to_json()["lines"][0]["amount"] == "315.798"


def test_two_t4g_small_on_redis_cost_70_08() -> None:
    spec = {"design": "memorydb-redis", "node_type": "db.t4g.small", "shards": 1, "replicas": 1}
    assert quote(spec).to_json()["monthly_usd"] == "70.08"  # 2 x 730 x 0.048


def test_a_real_february_bill_of_672_hours_is_64_51() -> None:
    spec = {"design": "memorydb-redis", "node_type": "db.t4g.small", "shards": 1, "replicas": 1, "hours": 672}
    assert quote(spec).to_json()["monthly_usd"] == "64.51"


def test_a_lone_t4g_small_in_seoul_costs_35_77() -> None:
    spec = {"design": "memorydb-valkey", "node_type": "db.t4g.small", "region": "ap-northeast-2"}
    assert quote(spec).monthly_usd == Decimal("35.77")


def test_writes_and_snapshots_inside_the_allowances_are_lines_that_cost_nothing() -> None:
    answer = quote({**TWO_R6G, "data_written_gb": 50, "snapshot_gb": 20})
    assert answer.monthly_usd == Decimal("315.798")
    free = [one for one in answer.to_json()["lines"] if "(free)" in one["name"]]
    assert [(one["quantity"], one["unit_price"], one["amount"]) for one in free] == [("50", "0", "0"), ("20", "0", "0")]


def test_valkey_pays_for_what_it_writes_above_10_000_gb() -> None:
    answer = quote({**TWO_R6G, "data_written_gb": 10_300})
    assert line(answer, "Data written above").amount == Decimal("12.00")  # 300 x 0.04


def test_the_free_10_tb_can_be_counted_in_binary() -> None:
    answer = quote({**TWO_R6G, "data_written_gb": 10_300, "free_tier_tb_is_decimal": False})
    assert line(answer, "Data written above").amount == Decimal("2.40")  # 60 x 0.04


def test_redis_pays_for_data_written_from_the_first_gb() -> None:
    spec = {"design": "memorydb-redis", "node_type": "db.t4g.small", "data_written_gb": 50}
    assert line(quote(spec), "Data written").amount == Decimal("10.00")


def test_snapshots_above_the_memory_of_all_nodes_are_charged() -> None:
    answer = quote({**TWO_R6G, "snapshot_gb": "126.14"})  # 2 x 13.07 free
    assert line(answer, "Snapshot storage above").quantity == 100
    assert line(answer, "Snapshot storage above").amount == Decimal("2.1")


def test_by_the_older_wording_one_snapshot_of_those_kept_is_free() -> None:
    answer = quote({**TWO_R6G, "snapshot_gb": 70, "snapshot_count": 7, "free_snapshot": "one-snapshot"})
    assert line(answer, "Snapshot storage above").quantity == 60


def test_a_month_of_two_r7g_xlarge_on_elasticache_costs_510_416() -> None:
    spec = {"design": "elasticache-valkey", "node_type": "cache.r7g.xlarge", "shards": 2}
    assert quote(spec).monthly_usd == Decimal("510.416")


def test_elasticache_backups_cost_from_the_first_gb_unless_the_spec_frees_some() -> None:
    spec = {"design": "elasticache-valkey", "node_type": "cache.r7g.large", "backup_gb": 10_000}
    assert line(quote(spec), "Backup").amount == Decimal("850")
    assert line(quote({**spec, "free_backup_gb": 4_000}), "Backup storage (free)").quantity == 4_000
    assert quote({**spec, "free_backup_gb": 4_000}).monthly_usd == Decimal("127.896") + 510


@pytest.mark.parametrize(
    ("key", "amount", "exact", "printed"),
    [
        ("write_request_units", 3_000_000, "1.875", "1.88"),
        ("read_request_units", 8_000_000, "1.000", "1.00"),
        ("storage_gb", 230, "57.5", "57.50"),
        ("pitr_gb", 2_300, "460", "460.00"),
        ("backup_gb", 460, "46", "46.00"),
        ("restore_gb", 230, "34.5", "34.50"),
        ("stream_read_units", 2_000_000, "0.4", "0.40"),
    ],
)
def test_dynamodb_reproduces_the_published_examples(key: str, amount: int, exact: str, printed: str) -> None:
    answer = quote({"design": "dynamodb-on-demand", key: amount})
    assert answer.monthly_usd == Decimal(exact)
    assert answer.to_json()["monthly_usd"] == printed


def test_a_cache_and_a_database_are_one_bill() -> None:
    spec = {"design": "elasticache-valkey+dynamodb-on-demand", "node_type": "cache.r7g.large", "replicas": 1}
    answer = quote({**spec, "write_request_units": 3_000_000})
    assert answer.monthly_usd == Decimal("0.1752") * 1460 + Decimal("1.875")


def test_in_a_join_a_key_both_have_is_the_databases_and_a_prefix_names_the_caches() -> None:
    spec = {"design": "elasticache-valkey+dynamodb-on-demand", "node_type": "cache.r7g.large"}
    answer = quote({**spec, "backup_gb": 10, "cache_backup_gb": 20})
    assert line(answer, "On-demand backup").amount == Decimal("1.0")
    assert line(answer, "Backup storage").amount == Decimal("1.7")


def test_every_line_says_where_its_price_is_from_and_when() -> None:
    one = quote(TWO_R6G).to_json()["lines"][0]
    assert one["as_of"] == "2026-08-23"
    assert one["provenance"] == "read"
    assert one["source"]


def test_a_price_nobody_has_is_missing_and_not_zero() -> None:
    answer = quote({"design": "memorydb-valkey", "node_type": "db.r6g.large", "region": "af-south-1"})
    assert [one.amount for one in answer.lines] == [None]
    assert answer.missing == (answer.lines[0].name,)
    assert answer.to_json()["lines"][0]["unit_price"] is None


def test_a_missing_price_does_not_hide_the_others() -> None:
    spec = {"design": "memorydb-valkey", "node_type": "db.r6g.large", "region": "eu-west-1", "snapshot_gb": 113.07}
    answer = quote(spec)
    assert answer.missing == ("Snapshot storage above the free allowance",)
    assert answer.monthly_usd > 0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"design": "aurora-extra"}, "memorydb-redis"),
        ({"design": "dynamodb-on-demand+elasticache-valkey"}, "a cache and a database joined by +"),
        ({"design": None}, "design"),
        ({"term": "2yr-no-upfront"}, "1yr-no-upfront"),
        ({"term": 5}, "on-demand"),
        ({"region": "moon-1"}, "us-east-1"),
        ({"wcu": 5}, "wcu"),
        ({"node_type": "cache.r7g.large"}, "db.r7g.large"),
        ({"shards": 0}, "shards"),
        ({"shards": 1.5}, "shards"),
        ({"replicas": 6}, "replicas"),
        ({"data_written_gb": -1}, "data_written_gb"),
        ({"data_written_gb": float("nan")}, "data_written_gb"),
        ({"data_written_gb": True}, "data_written_gb"),
        ({"data_written_gb": [1]}, "data_written_gb"),
        ({"free_snapshot": "both"}, "free_snapshot"),
        ({"free_tier_tb_is_decimal": "yes"}, "free_tier_tb_is_decimal"),
        ({"hours": 10_000}, "hours"),
    ],
)
def test_a_wrong_spec_is_told_what_was_expected(change: dict[str, object], says: str) -> None:
    with pytest.raises(InputError, match=says.replace("+", r"\+")):
        quote({**TWO_R6G, **change})


def test_a_cluster_without_a_node_type_is_refused() -> None:
    with pytest.raises(InputError, match="node_type"):
        quote({"design": "memorydb-valkey"})


def test_every_design_accepts_the_common_keys() -> None:
    assert all({"design", "region", "term", "hours"} <= accepted_keys(design_id) for design_id in available())


def test_the_bill_of_a_join_reads_as_it_did() -> None:
    answer = quote(
        {
            "design": "elasticache-valkey+dynamodb-on-demand",
            "node_type": "cache.r7g.large",
            "shards": 2,
            "replicas": 1,
            "write_request_units": 123_456_789,
            "read_request_units": 987_654_321,
            "storage_gb": 42.5,
        }
    )
    rows = [
        f"{one['name']:<70} {one['quantity']:>16} {one['unit']:<10} x {one['unit_price']:>8} = {one['amount']}"
        for one in answer.to_json()["lines"]
    ]
    assert_golden(
        "quotes/cache_and_database.txt", "\n".join([*rows, f"total {answer.to_json()['monthly_usd']}"]) + "\n"
    )
