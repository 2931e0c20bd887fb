"""What each kind of database, serverless cache or foreign cluster is asked for, against figures worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from engine.measurement import Calibration, Cpu
from engine.traces.items import CommandMoved
from planner.pricing.catalogue import catalogue
from planner.pricing.designs import available
from planner.sizing.bill import size
from planner.sizing.curve import ecpu_per_s, scaling_factor
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import Needs
from planner.sizing.needs import needs_of
from planner.sizing.parts import SIZERS
from planner.sizing.parts.demand import Demand
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

GB = 10**9
ANSWERS = Answers()


def load(**changes: Any) -> Needs:
    """600 reads and 400 writes a second on average, twice that at peak, 100 million items of 800 bytes in 100 GB."""
    plain = needs_of(make_measurement(), make_items(), make_curve(), replace(ANSWERS, recording_is="average"))
    items = replace(plain.items, items=100_000_000, item_bytes=800)
    return replace(plain, **{"memory_bytes": 100 * GB, "snapshot_bytes": 80 * GB, "items": items, **changes})


def keys_of(design_id: str, needs: Needs, *, missed: float = 1.0, joined: bool = False) -> dict[str, Any]:
    found = SIZERS[design_id](Demand(needs, ANSWERS, missed, joined, catalogue(ANSWERS.region)))
    assert not found.reason
    return dict(found.keys)


@pytest.mark.parametrize("design_id", available())
def test_every_design_carries_an_ordinary_load_with_a_whole_bill(design_id: str) -> None:
    sized = size(design_id, load(), replace(ANSWERS, cache_share=0.3))
    assert sized.quote is not None, sized.reason
    assert sized.quote.missing == ()
    assert sized.quote.monthly_usd > 0


def test_provisioned_capacity_stands_at_seven_tenths_of_what_the_curve_needs() -> None:
    found = keys_of("dynamodb-provisioned", load(scaling_factor=1.4))
    assert found["wcu"] == Decimal("800.00")  # 400 units/s x 1.4 / 0.7
    assert found["rcu"] == Decimal("600.00")  # 600 eventual reads/s = 300 units/s, x 2


def test_a_cache_takes_reads_off_the_database_but_no_writes() -> None:
    alone = keys_of("dynamodb-on-demand", load())
    behind = keys_of("dynamodb-on-demand", load(), missed=0.1, joined=True)
    assert behind["read_request_units"] == alone["read_request_units"] / 10
    assert behind["write_request_units"] == alone["write_request_units"]


def test_serverless_holds_the_data_and_counts_units() -> None:
    found = keys_of("elasticache-serverless-valkey", load(ecpu_per_s=1500.0))
    assert found == {"data_gb": Decimal(100), "ecpu_per_s": Decimal(1500), "backup_gb": Decimal(80)}


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"memory_bytes": 6_000 * 2**30}, "GiB"),
        ({"ecpu_per_s": 10_000_000.0, "hottest_slot_share": 0.01}, "hash slot"),
    ],
)
def test_serverless_is_refused_beyond_its_limits(changes: dict[str, Any], says: str) -> None:
    sized = size("elasticache-serverless-valkey", load(**changes), ANSWERS)
    assert sized.quote is None
    assert says in sized.reason


def test_an_instance_is_chosen_by_cpu_and_hot_data() -> None:
    """600 reads x 100 µs + 400 writes x 300 µs = 0.18 vCPU, 0.36 at peak; 25 % of 109.2 GB of rows in 75 % of the memory
    asks for 33.9 GiB: the 64 GiB of a 2xlarge of the r family are the least that hold it."""
    found = keys_of("rds-postgresql-multi-az", load())
    assert found["instance_type"].startswith("db.r")
    assert found["instance_type"].endswith(".2xlarge")
    assert found["storage_gb"] == Decimal("109.2")  # 100 million x (800 + 40) x 1.3
    assert "iops" not in found  # 1,600 at peak are within what gp3 includes


def test_reads_that_miss_the_memory_of_an_aurora_instance_are_billed_as_io() -> None:
    found = keys_of("aurora-standard", load())
    memory_bytes = 64 * 2**30 * 0.75
    per_s = 600 * (1 - memory_bytes / (109.2 * GB)) + 400 * 2
    assert float(found["io_millions"]) == pytest.approx(per_s * 2.628, rel=1e-3)
    assert found["instances"] == 2


def test_no_instance_carries_a_thousand_busy_cores() -> None:
    items = replace(load().items, reads_per_s=10_000_000.0)
    assert "busy vCPU" in size("rds-postgresql", load(items=items), ANSWERS).reason


def test_a_price_of_another_vendor_is_taken_from_its_own_region() -> None:
    sized = size("gcp-memorystore-cluster", load(), replace(ANSWERS, region="eu-west-1"))
    assert sized.quote is not None
    assert sized.quote.missing == ()


def test_other_commands_are_counted_by_their_cpu_when_that_is_more() -> None:
    moved = (CommandMoved("GET", 100, 10_000, 100.0), CommandMoved("ZRANGE", 10, 1_000, 10.0))
    cpu = Cpu({"all": 10.0}, 10.0, Calibration(8.0, 12.0, 2.0, 1), None, {"GET": 50.0, "ZRANGE": 35.0})
    found = ecpu_per_s(make_measurement(cpu=cpu), make_items(moved=moved), 1.0)
    assert found == 100 + 10 * 3.5  # a GET counts its kilobytes only; a ZRANGE takes 3.5 times a simple command's time


def test_without_counted_commands_an_operation_is_a_unit() -> None:
    assert ecpu_per_s(make_measurement(), make_items(), 100.0) == 1000


def test_a_long_recording_shows_how_far_minutes_rise_above_the_mean() -> None:
    steady = make_measurement(duration_s=300.0)
    series = replace(steady.series, operations=(50, 150) * 150)
    assert scaling_factor(replace(steady, series=series), 2.0) == 1.5
    assert scaling_factor(make_measurement(), 2.0) == 1.5  # 100 s say too little: half way to the stated peak
    assert scaling_factor(make_measurement(), 4.0) == 2.5
