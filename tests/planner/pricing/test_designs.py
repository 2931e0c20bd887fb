"""What holds for the bill of every design, and the rules that belong to one."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from planner.pricing.catalogue import regions
from planner.pricing.designs import BY_ID, available
from planner.pricing.designs.dynamodb import EVENTUAL, STRONG, TRANSACTIONAL, read_units, write_units
from planner.pricing.designs.elasticache_serverless import ecpu_of
from planner.pricing.quote import quote

# One ordinary cluster or table of each design.
ORDINARY: Mapping[str, Mapping[str, object]] = {
    "memorydb-valkey": {"node_type": "db.r7g.large", "data_written_gb": 100, "snapshot_gb": 50},
    "memorydb-redis": {"node_type": "db.r7g.large", "data_written_gb": 100, "snapshot_gb": 50},
    "elasticache-valkey": {"node_type": "cache.r7g.large", "backup_gb": 10},
    "elasticache-redis": {"node_type": "cache.r7g.large", "backup_gb": 10},
    "elasticache-serverless-valkey": {"data_gb": 5, "ecpu_per_s": 1000},
    "elasticache-serverless-redis": {"data_gb": 5, "ecpu_per_s": 1000},
    "elasticache-durable-sync": {"node_type": "cache.r7g.large", "replicas": 1},
    "elasticache-durable-async": {"node_type": "cache.r7g.large", "replicas": 1},
    "dynamodb-on-demand": {"write_request_units": 10**6, "storage_gb": 10},
    "dynamodb-provisioned": {"wcu": 10, "rcu": 20, "storage_gb": 10},
    "aurora-standard": {"instance_type": "db.r6g.large", "storage_gb": 10, "io_millions": 5},
    "aurora-io-optimized": {"instance_type": "db.r6g.large", "storage_gb": 10, "io_millions": 5},
    "aurora-serverless-v2": {"acu": 2, "storage_gb": 10},
    "rds-postgresql": {"instance_type": "db.r6g.large", "storage_gb": 500, "iops": 13_000},
    "rds-postgresql-multi-az": {"instance_type": "db.r6g.large", "storage_gb": 500},
    "ec2-redis": {"instance_type": "r7g.large", "instances": 2, "ebs_gb": 50, "operations_hours": 4},
    "gcp-memorystore-redis": {"capacity_gb": 20},
    "gcp-memorystore-cluster": {"node_type": "highmem-medium", "nodes": 3, "backup_gb": 5},
    "azure-managed-redis": {"tier": "Balanced_B3"},
    "azure-cache-redis": {"tier": "Premium P1"},
}
DESIGNS = pytest.mark.parametrize("design_id", sorted(ORDINARY))


def bill(design_id: str, **more: object) -> Decimal:
    found = quote({"design": design_id, **ORDINARY[design_id], **more})
    assert found.missing == ()
    return found.monthly_usd


def test_every_design_of_the_contract_is_there() -> None:
    assert set(BY_ID) == set(ORDINARY)
    assert "elasticache-durable-sync+dynamodb-on-demand" not in available()
    assert "ec2-redis+rds-postgresql-multi-az" in available()


@DESIGNS
def test_every_design_has_a_bill_without_gaps_at_home(design_id: str) -> None:
    assert bill(design_id) > 0


@DESIGNS
def test_every_line_is_exact_and_says_where_it_is_from(design_id: str) -> None:
    for one in quote({"design": design_id, **ORDINARY[design_id]}).lines:
        assert isinstance(one.quantity, Decimal)
        assert one.unit_price is not None
        assert one.amount == one.quantity * one.unit_price
        assert one.source
        assert one.provenance in {"read", "derived", "assumed", "read (label derived)", "read (class derived)"}


@DESIGNS
@given(less=st.integers(0, 744), more=st.integers(0, 744))
def test_more_hours_never_cost_less(design_id: str, less: int, more: int) -> None:
    less, more = sorted((less, more))
    assert bill(design_id, hours=less) <= bill(design_id, hours=more)


@pytest.mark.parametrize(
    ("design_id", "key"),
    [
        ("memorydb-valkey", "data_written_gb"),
        ("memorydb-redis", "snapshot_gb"),
        ("elasticache-valkey", "shards"),
        ("elasticache-serverless-valkey", "data_gb"),
        ("elasticache-serverless-redis", "ecpu_per_s"),
        ("dynamodb-on-demand", "reads"),
        ("dynamodb-provisioned", "wcu"),
        ("aurora-standard", "io_millions"),
        ("aurora-serverless-v2", "acu"),
        ("rds-postgresql", "iops"),
        ("rds-postgresql-multi-az", "storage_gb"),
        ("ec2-redis", "operations_hours"),
        ("gcp-memorystore-cluster", "nodes"),
        ("azure-cache-redis", "nodes"),
        ("dynamodb-on-demand", "internet_egress_gb"),
    ],
)
@given(less=st.integers(1, 80), more=st.integers(1, 80))
def test_more_of_anything_never_costs_less(design_id: str, key: str, less: int, more: int) -> None:
    less, more = sorted((less, more))
    assert bill(design_id, **{key: less}) <= bill(design_id, **{key: more})


def test_every_design_is_priced_or_named_missing_in_every_region() -> None:
    for region in regions():
        for design_id, design in BY_ID.items():
            if not design.regions:
                found = quote({"design": design_id, **ORDINARY[design_id], "region": region})
                assert all((one.amount is None) == (one.name in found.missing) for one in found.lines)


def test_synchronous_durability_adds_18_percent_to_the_nodes() -> None:
    plain = quote({"design": "elasticache-valkey", "node_type": "cache.r7g.large", "replicas": 1}).monthly_usd
    assert bill("elasticache-durable-sync") == plain * Decimal("1.18")
    assert bill("elasticache-durable-async") == plain


def test_durability_without_a_replica_is_refused() -> None:
    with pytest.raises(InputError, match="replicas"):
        quote({"design": "elasticache-durable-sync", "node_type": "cache.r7g.large"})


def test_multi_region_is_refused_where_the_service_refuses_it() -> None:
    cluster = {"design": "memorydb-valkey", "other_regions": "eu-west-1"}
    for node_type in ("db.r6g.xlarge", "db.r7g.large"):
        with pytest.raises(InputError, match="node_type"):
            quote({**cluster, "node_type": node_type})
    with pytest.raises(InputError, match="other_regions"):
        quote({"design": "memorydb-redis", "node_type": "db.r7g.xlarge", "other_regions": "eu-west-1"})
    with pytest.raises(InputError, match="moon-1"):
        quote({**cluster, "node_type": "db.r7g.xlarge", "other_regions": "moon-1"})


@pytest.mark.parametrize(
    ("kb", "consistency", "units"),
    [("0", STRONG, "1"), ("4", STRONG, "1"), ("4.01", STRONG, "2"), ("3", EVENTUAL, "0.5"), ("9", TRANSACTIONAL, "6")],
)
def test_a_read_is_counted_by_started_4_kb(kb: str, consistency: str, units: str) -> None:
    assert read_units(Decimal(kb), consistency) == Decimal(units)


@pytest.mark.parametrize(("kb", "units"), [("0", "1"), ("1", "1"), ("1.001", "2"), ("400", "400")])
def test_a_write_is_counted_by_started_kb(kb: str, units: str) -> None:
    assert write_units(Decimal(kb)) == Decimal(units)


def test_a_command_takes_at_least_one_ecpu() -> None:
    assert ecpu_of(Decimal("0.1")) == 1
    assert ecpu_of(Decimal(2), Decimal("2.5")) == Decimal("2.5")


def test_serverless_bills_its_minimum() -> None:
    assert quote({"design": "elasticache-serverless-redis"}).monthly_usd == Decimal("0.125") * 730
    assert quote({"design": "elasticache-serverless-valkey"}).monthly_usd == Decimal("6.132")  # 0.1 x 0.084 x 730


def test_gp3_charges_what_goes_beyond_the_included() -> None:
    found = quote({"design": "rds-postgresql", "instance_type": "db.r6g.large", "storage_gb": 400, "iops": 14_000})
    lines = {one.name: one.amount for one in found.lines}
    assert lines["IOPS included with gp3 (free)"] == 0
    assert lines["IOPS above the included"] == 2_000 * Decimal("0.02")


def test_the_internet_is_charged_by_tier() -> None:
    found = quote({"design": "dynamodb-on-demand", "internet_egress_gb": 11_240})
    assert [one.amount for one in found.lines] == [10_240 * Decimal("0.09"), 1_000 * Decimal("0.085")]


def test_reserved_capacity_covers_whole_blocks_of_100() -> None:
    found = quote({"design": "dynamodb-provisioned", "wcu": 250, "term": "1yr-partial-upfront", "hours": 8760})
    assert abs(found.monthly_usd - (200 * (Decimal("1.5") + Decimal("0.000128") * 8760) + 50 * Decimal("5.694"))) < 1
    assert [one.quantity for one in found.lines][-1] == 50 * 8760


def test_a_design_of_another_vendor_belongs_in_that_vendors_region() -> None:
    with pytest.raises(InputError, match="us-central1"):
        quote({"design": "gcp-memorystore-redis", "capacity_gb": 5, "region": "us-east-1"})
    with pytest.raises(InputError, match="region"):
        quote({"design": "memorydb-valkey", "node_type": "db.r7g.large", "region": "eastus"})


def test_a_tier_may_name_its_capacity_step_and_must_fit_it() -> None:
    assert bill("gcp-memorystore-redis", tier="Standard M3") == bill("gcp-memorystore-redis")
    with pytest.raises(InputError, match="standard M3"):
        bill("gcp-memorystore-redis", tier="Standard M1")


def test_backups_alone_may_be_quoted_without_nodes() -> None:
    assert quote({"design": "elasticache-redis", "backup_gb": 10_000}).monthly_usd == 850
    with pytest.raises(InputError, match="node_type: is required"):
        quote({"design": "elasticache-redis", "backup_gb": 10, "replicas": 1})
