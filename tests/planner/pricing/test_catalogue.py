"""Reading the price lists: which of two rows wins, what is known of a node, and what is not there."""

from __future__ import annotations

from decimal import Decimal

import pytest

from engine.errors import InputError
from planner.pricing.catalogue import (
    DATA,
    DYNAMODB,
    ELASTICACHE,
    MEMORYDB,
    PRICE_FILES,
    catalogue,
    dates,
    newest_date,
    node_specs,
    price_list,
    regions,
)


def test_a_read_price_beats_a_derived_one() -> None:
    price = catalogue("ap-northeast-2").price(ELASTICACHE, "Valkey", "cache.t4g.micro")
    assert price is not None
    assert (price.provenance, price.as_of) == ("read", "2026-10-01")


def test_of_two_read_prices_the_newer_wins() -> None:
    price = catalogue("us-east-1").price(DYNAMODB, "", "on-demand write request unit (WRU)")
    assert price is not None
    assert (price.as_of, price.usd) == ("2026-07-31", Decimal("0.625"))


def test_a_derived_price_says_how_it_was_derived() -> None:
    price = catalogue("us-east-1").price(MEMORYDB, "Valkey", "db.r7g.2xlarge")
    assert price is not None
    assert price.provenance == "derived"
    assert price.derivation


def test_an_unknown_price_is_none() -> None:
    assert catalogue("us-east-1").price(MEMORYDB, "Valkey", "db.x1.large") is None


def test_every_region_of_every_list_can_be_loaded() -> None:
    assert len(regions()) > 30
    assert all(catalogue(region).prices for region in regions())


def test_an_unknown_region_is_refused_by_name() -> None:
    with pytest.raises(InputError, match="region: no prices for 'moon-1'"):
        catalogue("moon-1")


def test_node_specs_hold_size_and_network() -> None:
    spec = node_specs()[MEMORYDB, "db.r7g.large"]
    assert (spec.vcpu, spec.memory_gib, spec.baseline_gbps) == (2, Decimal("13.07"), Decimal("0.937"))


def test_the_dates_of_a_list_leave_out_prices_that_are_history() -> None:
    assert dates("dynamodb_prices.csv", "us-east-1") == ("2025-08-28", "2026-07-31")


def test_the_newest_date_is_found_in_a_remark() -> None:
    assert newest_date("2024-10-08 rule on 2024-08-09 price") == "2024-10-08"
    assert newest_date("undated copy") == ""


def test_a_version_is_the_start_of_the_files_hash() -> None:
    versions = {price_list(name).version for name in PRICE_FILES}
    assert len(versions) == len(PRICE_FILES)
    assert all(len(version) == 12 for version in versions)


def test_every_list_is_described_beside_it() -> None:
    text = (DATA / "README.md").read_text()
    assert all(f"`{path.name}`" in text for path in DATA.glob("*.csv"))
