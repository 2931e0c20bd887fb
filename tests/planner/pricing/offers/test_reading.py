"""The vendor's files, in each of their forms, become rows in the names of the bundled lists."""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from planner.pricing.catalogue import DATA, PRICE_FILES, price_list
from planner.pricing.offers.reading import Offer, read_offer
from tests.planner.pricing.offers import making
from tests.planner.pricing.offers.making import Cost, Sku, memorydb

FRAGMENTS = Path(__file__).parents[3] / "data" / "offers"
PLACE = {"regionCode": "us-east-1", "locationType": "AWS Region"}
NODES = (memorydb("db.r6g.large", "0.25"), memorydb("db.r6g.large", "0.35", engine="Redis"))


def prices(offer: Offer) -> dict[tuple[str, str, str], str]:
    """Price by engine, item and term; of several units the last."""
    return {(row["engine"], row["item"], row["term"]): row["price_usd"] for row in offer.rows}


def sku(family: str, usage: str, *costs: Cost, **attributes: str) -> Sku:
    return Sku(f"SKU-{usage}", family, {**PLACE, "usagetype": usage, **attributes}, costs)


def read(tmp_path: Path, service: str, *skus: Sku) -> Offer:
    return read_offer(making.write(tmp_path / "offer.json", making.bulk(service, skus)))


def test_a_real_bulk_file_gives_the_reserved_prices_it_prints() -> None:
    offer = read_offer(FRAGMENTS / "elasticache_bulk.json")
    found = {(row["term"], row["unit"]): row["price_usd"] for row in offer.rows}
    assert found["Reserved 1yr All Upfront", "USD upfront"] == "1143.7056"
    assert found["Reserved 1yr All Upfront", "USD/node-hour"] == "0"
    assert found["Reserved 1yr No Upfront", "USD/node-hour"] == "0.1384"
    assert found["Reserved 3yr Partial Upfront", "USD upfront"] == "1286.6688"
    assert {(row["engine"], row["item"], row["region"]) for row in offer.rows} == {
        ("Valkey", "cache.c7gn.large", "us-east-1")
    }


def test_rows_name_their_source_and_day() -> None:
    row = read_offer(FRAGMENTS / "elasticache_bulk.json").rows[0]
    assert row["as_of"] == "2025-06-24"
    assert row["provenance"] == "read"
    assert row["source"] == "vendor offer file AmazonElastiCache version 20250624130639 published 2025-06-24"
    assert (row["vcpu"], row["memory_gib"]) == ("2", "3.09")


def test_real_ec2_products_by_region_name_leave_convertible_terms_out() -> None:
    offer = read_offer(FRAGMENTS / "ec2_products.jsonl")
    found = {(row["region"], row["item"], row["term"], row["unit"]): row["price_usd"] for row in offer.rows}
    assert found["us-east-1", "c4.large", "OnDemand", "USD/instance-hour"] == "0.1"
    assert found["us-east-1", "c4.large", "Reserved 3yr Partial Upfront", "USD upfront"] == "539"  # convertible: 710
    assert offer.passed_over == {"reserved: 3yr Partial Upfront convertible": 2}


def test_a_memorydb_answer_gives_both_engines_and_reserved_redis_for_both() -> None:
    found = prices(read_offer(FRAGMENTS / "memorydb_query.json"))
    assert found["Redis", "db.r6g.xlarge", "OnDemand"] == "0.812"
    assert found["Valkey", "db.r6g.xlarge", "OnDemand"] == "0.5684"
    assert ("Redis (also applied to Valkey by size-flex)", "db.r6g.xlarge", "Reserved 1yr All Upfront") in found


def test_real_files_without_a_price_of_use_are_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"no price that a design uses \(product families: Storage\)"):
        read_offer(FRAGMENTS / "ec2_storage_query.json")
    with pytest.raises(InputError, match=r"'comprehend'.*AmazonMemoryDB"):
        read_offer(FRAGMENTS / "comprehend_bulk.csv")
    with pytest.raises(InputError, match="Database Instance"):
        read_offer(FRAGMENTS / "rds_products.jsonl")  # Oracle and MariaDB


def test_every_form_gives_the_same_rows(tmp_path: Path) -> None:
    service = "AmazonMemoryDB"
    one_a_line = "\n".join(json.dumps(record) for record in making.records(service, NODES)).encode()
    forms = {
        "bulk.json": making.bulk(service, NODES),
        "bulk.json.gz": making.bulk(service, NODES),
        "bulk.csv": making.as_csv(service, NODES),
        "bulk.csv.gz": making.as_csv(service, NODES),
        "query.json": making.query(service, NODES),
        "lines.jsonl": one_a_line,
        "list.json": making.query(service, NODES)["PriceList"],
    }
    found = [read_offer(making.write(tmp_path / name, data)).rows for name, data in forms.items()]
    assert len(found[0]) == 2
    assert all(rows == found[0] for rows in found)


def test_pages_of_an_answer_may_follow_each_other_in_one_file(tmp_path: Path) -> None:
    pages = [json.dumps(making.query("AmazonMemoryDB", [node])) for node in NODES]
    assert len(read_offer(making.write(tmp_path / "pages.json", "\n".join(pages).encode())).rows) == 2


@pytest.mark.parametrize("prefix", ["", "USE1-", "EU-", "APS5-", "UGW1-"])
def test_usage_types_with_and_without_the_prefix_are_the_same(tmp_path: Path, prefix: str) -> None:
    offer = read(tmp_path, "AmazonMemoryDB", memorydb("db.r6g.large", "0.25", prefix=prefix))
    assert prices(offer) == {("Valkey", "db.r6g.large", "OnDemand"): "0.25"}


@given(seed=st.integers(0, 10_000), prefixes=st.lists(st.sampled_from(["", "USE1-", "EU-"]), min_size=2, max_size=2))
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_order_of_everything_does_not_matter(tmp_path: Path, seed: int, prefixes: list[str]) -> None:
    chance = random.Random(seed)
    nodes = [memorydb("db.r6g.large", "0.25", prefix=prefixes[0]), memorydb("db.r7g.large", "0.5", prefix=prefixes[1])]
    whole = making.bulk("AmazonMemoryDB", nodes)
    offer = read_offer(making.write(tmp_path / "shuffled.json", _shuffled(whole, chance)))
    assert prices(offer) == {
        ("Valkey", "db.r6g.large", "OnDemand"): "0.25",
        ("Valkey", "db.r7g.large", "OnDemand"): "0.5",
    }


def _shuffled(data: object, chance: random.Random) -> object:
    if not isinstance(data, dict):
        return data
    items = [(name, _shuffled(value, chance)) for name, value in data.items()]
    chance.shuffle(items)
    return dict(items)


@given(data=st.data())
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_missing_field_is_a_price_or_an_input_error_and_never_a_wrong_price(
    tmp_path: Path, data: st.DataObject
) -> None:
    whole = making.bulk("AmazonMemoryDB", NODES)
    places = sorted(_places(whole), key=repr)
    for path in data.draw(st.lists(st.sampled_from(places), min_size=1, max_size=3)):
        _remove(whole, path)
    try:
        found = prices(read_offer(making.write(tmp_path / "missing.json", whole)))
    except InputError as error:
        assert str(error)
        return
    true = {("Valkey", "db.r6g.large", "OnDemand"): "0.25", ("Redis", "db.r6g.large", "OnDemand"): "0.35"}
    assert found.items() <= true.items()


def _places(data: object, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    if not isinstance(data, dict):
        return [path]
    return [place for name, value in data.items() for place in (*_places(value, (*path, name)), (*path, name))]


def _remove(data: dict[str, object], path: tuple[str, ...]) -> None:
    for name in path[:-1]:
        inner = data.get(name)
        if not isinstance(inner, dict):
            return
        data = inner
    data.pop(path[-1], None)


@pytest.mark.parametrize("place", ["AWS Outposts", "AWS Local Zone", "AWS Wavelength Zone"])
def test_other_places_than_regions_are_left_out(tmp_path: Path, place: str) -> None:
    node = memorydb("db.r6g.large", "9")
    elsewhere = Sku("ELSEWHERE", node.family, {**node.attributes, "locationType": place}, node.costs)
    offer = read(tmp_path, "AmazonMemoryDB", elsewhere, NODES[0])
    assert prices(offer) == {("Valkey", "db.r6g.large", "OnDemand"): "0.25"}
    assert offer.left_out == {"Amazon MemoryDB": 1}


def test_extended_support_is_left_out(tmp_path: Path) -> None:
    usage = "USE1-ExtendedSupportYr1_Yr2-NodeUsage:cache.r7g.large"
    extended = sku("Cache Instance", usage, Cost("9"), instanceType="cache.r7g.large", cacheEngine="Redis")
    plain = sku("Cache Instance", "NodeUsage:cache.r7g.large", Cost("0.219"), cacheEngine="Redis")
    offer = read(tmp_path, "AmazonElastiCache", extended, plain)
    assert prices(offer) == {("Redis", "cache.r7g.large", "OnDemand"): "0.219"}


def test_an_unknown_family_stops_the_import_and_names_everything(tmp_path: Path) -> None:
    strange = sku("MemoryDB Multi-Verse", "USE1-VerseUsage:db.r6g.large", Cost("1"))
    with pytest.raises(InputError) as caught:
        read(tmp_path, "AmazonMemoryDB", NODES[0], strange)
    for word in ("SKU-USE1-VerseUsage", "MemoryDB Multi-Verse", "USE1-VerseUsage:db.r6g.large", "Amazon MemoryDB"):
        assert word in str(caught.value)


def test_a_product_without_a_family_is_told_by_its_usage_type(tmp_path: Path) -> None:
    nameless = Sku("NAMELESS", "", NODES[0].attributes, NODES[0].costs)
    offer = read(tmp_path, "AmazonMemoryDB", nameless, sku("", "SomethingElse", Cost("1")))
    assert prices(offer) == {("Valkey", "db.r6g.large", "OnDemand"): "0.25"}
    assert offer.left_out == {"no family": 1}


def test_an_unknown_family_can_be_left_out_by_name(tmp_path: Path) -> None:
    strange = sku("MemoryDB Multi-Verse", "VerseUsage", Cost("1"))
    path = making.write(tmp_path / "offer.json", making.bulk("AmazonMemoryDB", [NODES[0], strange]))
    offer = read_offer(path, skip_families=["MemoryDB Multi-Verse"])
    assert len(offer.rows) == 1
    assert offer.left_out == {"MemoryDB Multi-Verse": 1}


def test_legacy_reserved_terms_are_passed_over(tmp_path: Path) -> None:
    heavy = {"LeaseContractLength": "1yr", "PurchaseOption": "Heavy Utilization", "OfferingClass": "standard"}
    costs = [Cost("0.25"), Cost("99", "Quantity", term=heavy), Cost("100", "Quantity", term=making.ONE_YEAR_ALL)]
    offer = read(tmp_path, "AmazonMemoryDB", Sku("A", "Amazon MemoryDB", NODES[1].attributes, costs))
    assert offer.passed_over == {"reserved: 1yr Heavy Utilization standard": 1}
    assert {row["term"] for row in offer.rows} == {"OnDemand", "Reserved 1yr All Upfront"}


def test_the_last_tier_is_the_price_of_dynamodb_storage(tmp_path: Path) -> None:
    costs = [Cost("0.25", "GB-Mo", "25", "Inf"), Cost("0.0", "GB-Mo", "0", "25")]
    offer = read(tmp_path, "AmazonDynamoDB", sku("Database Storage", "TimedStorage-ByteHrs", *costs))
    assert prices(offer) == {("", "table storage Standard (first 25 GB/month free)", "OnDemand"): "0.25"}


def test_dynamodb_request_units_are_by_the_million(tmp_path: Path) -> None:
    family = "Amazon DynamoDB PayPerRequest Throughput"
    plain = sku(family, "USE1-WriteRequestUnits", Cost("0.000000625", "WriteRequestUnits"))
    seldom = sku(family, "USE1-IA-WriteRequestUnits", Cost("0.00000078", "WriteRequestUnits"))
    found = prices(read(tmp_path, "AmazonDynamoDB", plain, seldom))
    assert found["", "on-demand write request unit (WRU)", "OnDemand"] == "0.625"
    assert found["", "on-demand WRU, Standard-IA table class", "OnDemand"] == "0.78"


@pytest.mark.parametrize("boundary", ["10000", "10240"])
def test_valkeys_free_ten_terabytes_are_a_tier_of_their_own(tmp_path: Path, boundary: str) -> None:
    costs = [Cost("0", "GB", "0", boundary), Cost("0.04", "GB", boundary, "Inf")]
    offer = read(tmp_path, "AmazonMemoryDB", sku("Amazon MemoryDB", "DataWritten:Valkey", *costs))
    assert prices(offer) == {
        ("Valkey", "DataWritten first 10 TB/month", "OnDemand"): "0",
        ("Valkey", "DataWritten above 10 TB/month", "OnDemand"): "0.04",
    }


def test_tiers_that_do_not_meet_at_ten_terabytes_are_refused(tmp_path: Path) -> None:
    costs = [Cost("0", "GB", "0", "5"), Cost("0.04", "GB", "5", "Inf")]
    with pytest.raises(InputError, match="0 to 5 GB written"):
        read(tmp_path, "AmazonMemoryDB", sku("Amazon MemoryDB", "DataWritten:Valkey", *costs))


def test_transfer_keeps_its_tiers_and_takes_the_dearest_destination(tmp_path: Path) -> None:
    place = {"fromRegionCode": "us-east-1", "fromLocationType": "AWS Region", "regionCode": "us-east-1"}
    out = [Cost("0.09", "GB", "0", "10240"), Cost("0.085", "GB", "10240", "Inf")]
    skus = [
        sku("Data Transfer", "DataTransfer-Out-Bytes", *out, transferType="AWS Outbound", **place),
        sku(
            "Data Transfer", "USE1-USE2-AWS-Out-Bytes", Cost("0.01", "GB"), transferType="InterRegion Outbound", **place
        ),
        sku(
            "Data Transfer", "USE1-EUC1-AWS-Out-Bytes", Cost("0.02", "GB"), transferType="InterRegion Outbound", **place
        ),
        sku("Data Transfer", "DataTransfer-Regional-Bytes", Cost("0.01", "GB"), transferType="IntraRegion", **place),
    ]
    assert {item: usd for (_, item, _), usd in prices(read(tmp_path, "AWSDataTransfer", *skus)).items()} == {
        "internet egress tier 0-10240 GB/month": "0.09",
        "internet egress tier 10240-Inf GB/month": "0.085",
        "Outbound data transfer to other regions": "0.02",
        "intra-region (between AZs), each direction": "0.01",
    }


def test_aurora_kinds_are_told_apart_by_usage_type_and_sizes_are_spelt_out(tmp_path: Path) -> None:
    aurora = {"databaseEngine": "Aurora PostgreSQL", "deploymentOption": "Single-AZ"}
    plain = {"databaseEngine": "PostgreSQL", "deploymentOption": "Multi-AZ"}
    skus = [
        sku("Database Instance", "InstanceUsage:db.r7g.2xl", Cost("1.1"), **aurora),
        sku("Database Instance", "InstanceUsageIOOptimized:db.r7g.2xl", Cost("1.43"), **aurora),
        sku("Database Instance", "Multi-AZUsage:db.r7i.2xl", Cost("2.2"), **plain),
        sku("Database Storage", "Aurora:StorageUsage", Cost("0.1", "GB-Mo"), databaseEngine="Any"),
        sku("System Operation", "Aurora:StorageIOUsage", Cost("0.0000002", "IOs"), databaseEngine="Any"),
    ]
    found = prices(read(tmp_path, "AmazonRDS", *skus))
    assert found["Aurora PostgreSQL Standard", "db.r7g.2xlarge", "OnDemand"] == "1.1"
    assert found["Aurora PostgreSQL I/O-Optimized", "db.r7g.2xlarge", "OnDemand"] == "1.43"
    assert found["PostgreSQL Multi-AZ (1 standby)", "db.r7i.2xlarge", "OnDemand"] == "2.2"
    assert found["Aurora", "Aurora Standard I/O", "OnDemand"] == "0.2"
    assert found["Aurora", "Aurora Standard storage", "OnDemand"] == "0.1"


def test_serverless_units_are_by_the_million(tmp_path: Path) -> None:
    units = sku(
        "ElastiCache Serverless", "APS5-ElastiCacheProcessingUnits:Valkey",
        Cost("0.0000000023", "ElastiCacheProcessingUnit"), cacheEngine="Valkey",
    )  # fmt: skip
    assert prices(read(tmp_path, "AmazonElastiCache", units)) == {("Valkey Serverless", "ECPU", "OnDemand"): "0.0023"}


def test_two_prices_for_one_thing_are_refused_with_both_skus(tmp_path: Path) -> None:
    twin = Sku("TWIN", NODES[0].family, NODES[0].attributes, [Cost("0.26")])
    with pytest.raises(InputError, match=r"TWIN.*0\.26.*SKUVALKEY.*0\.25"):
        read(tmp_path, "AmazonMemoryDB", NODES[0], twin)


def test_every_name_an_import_can_write_is_a_name_of_the_bundled_lists(tmp_path: Path) -> None:
    """Read from the matchers' own tables: a name with a slip in it would price nothing."""
    from planner.pricing.offers.services import dynamodb, rds

    bundled = {(row["item"], row["unit"]) for name in PRICE_FILES for row in _rows(name)}
    for item, unit, _ in dynamodb._ITEMS.values():
        assert (item, unit) in bundled
    for item, unit, _ in rds._AURORA_ITEMS.values():
        assert (item, unit) in bundled
    for pattern, unit in rds._RDS_ITEMS.values():
        assert (pattern.format("Single-AZ"), unit) in bundled


def _rows(name: str) -> list[Mapping[str, str]]:
    assert (DATA / name).exists()
    return [row for found in price_list(name).rows.values() for row in found]
