"""Imported lists override bundled prices, keep their versions, and change for every process at once."""

from __future__ import annotations

import json
import multiprocessing
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from engine.errors import InputError
from planner.pricing import keeping, lists
from planner.pricing.catalogue import MEMORYDB, TRANSFER, catalogue, node_types
from planner.pricing.differences import against_current
from planner.pricing.offers.reading import read_offer
from planner.pricing.quote import quote
from tests.planner.pricing.offers import making
from tests.planner.pricing.offers.making import Cost, Sku, memorydb

TODAY = date(2026, 4, 2)
SPEC = {"design": "memorydb-valkey", "node_type": "db.r6g.large", "shards": 1}


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[Path]:
    """A folder of this test's own."""
    before = lists._Place.find
    lists.keep_in(lambda: tmp_path / "prices")
    yield tmp_path / "prices"
    lists.keep_in(before)


def bring(
    tmp_path: Path, *skus: Sku, service: str = "AmazonMemoryDB", version: str = making.VERSION
) -> lists.ImportedList:
    """Import a list of these products, without making it current."""
    path = making.write(tmp_path / "offer.json", making.bulk(service, skus, version=version))
    return keeping.keep(read_offer(path), today=TODAY)


def monthly(region: str = "us-east-1") -> Decimal:
    return quote({**SPEC, "region": region}).monthly_usd


def test_a_quote_changes_to_the_imported_price_and_back(tmp_path: Path) -> None:
    assert monthly() == Decimal("157.899")  # 730 x 0.2163
    one = bring(tmp_path, memorydb("db.r6g.large", "0.5"))
    assert monthly() == Decimal("157.899")
    lists.make_current("AmazonMemoryDB", one.id)
    assert monthly() == 365  # 730 x 0.5
    lists.make_current("AmazonMemoryDB", lists.BUNDLED)
    assert monthly() == Decimal("157.899")


def test_other_regions_keep_their_bundled_prices(tmp_path: Path) -> None:
    before = monthly("eu-west-1")
    lists.make_current("AmazonMemoryDB", bring(tmp_path, memorydb("db.r6g.large", "0.5")).id)
    assert monthly("eu-west-1") == before


def test_an_imported_line_names_the_list_and_is_read(tmp_path: Path) -> None:
    lists.make_current("AmazonMemoryDB", bring(tmp_path, memorydb("db.r6g.large", "0.5")).id)
    line = quote({**SPEC, "region": "us-east-1"}).lines[0]
    assert line.provenance == "read"
    assert line.as_of == "2026-04-01"
    assert line.source == "vendor offer file AmazonMemoryDB version 20260401120000 published 2026-04-01"


def test_a_cheaper_derived_or_newer_bundled_price_never_beats_an_imported_one(tmp_path: Path) -> None:
    lists.make_current("AmazonMemoryDB", bring(tmp_path, memorydb("db.r6g.large", "9"), version="20010101000000").id)
    found = catalogue("us-east-1").prices[MEMORYDB, "Valkey", "db.r6g.large", "OnDemand"]
    assert [price.usd for price in found] == [Decimal(9)]


def test_a_node_type_nobody_listed_can_be_quoted_once_imported(tmp_path: Path) -> None:
    assert "db.r9g.large" not in node_types(MEMORYDB)
    lists.make_current("AmazonMemoryDB", bring(tmp_path, memorydb("db.r9g.large", "1")).id)
    assert quote({**SPEC, "node_type": "db.r9g.large"}).monthly_usd == 730


def test_a_region_nobody_listed_can_be_quoted_once_imported(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        monthly("xx-moon-1")
    lists.make_current("AmazonMemoryDB", bring(tmp_path, memorydb("db.r6g.large", "1", region="xx-moon-1")).id)
    assert monthly("xx-moon-1") == 730


def test_imported_reserved_prices_count_for_both_engines(tmp_path: Path) -> None:
    """1,752 USD at the start over 8,760 hours is 0.2 an hour; a Valkey node takes 0.7 of it."""
    redis = memorydb("db.r6g.large", "0.4", engine="Redis")
    costs = [*redis.costs, Cost("1752", "Quantity", "", "", making.ONE_YEAR_ALL)]
    one = bring(tmp_path, replace(redis, costs=costs), memorydb("db.r6g.large", "0.3"))
    lists.make_current("AmazonMemoryDB", one.id)
    spec = {**SPEC, "term": "1yr-all-upfront", "hours": 1000}
    assert quote({**spec, "design": "memorydb-redis"}).monthly_usd == 200
    assert quote(spec).monthly_usd == 140


def test_a_scale_of_tiers_is_replaced_whole(tmp_path: Path) -> None:
    place = {"fromRegionCode": "us-east-1", "fromLocationType": "AWS Region", "usagetype": "DataTransfer-Out-Bytes"}
    out = Sku("OUT", "Data Transfer", place, [Cost("0.5", "GB", "0", "100"), Cost("0.1", "GB", "100", "Inf")])
    lists.make_current("AWSDataTransfer", bring(tmp_path, out, service="AWSDataTransfer").id)
    tiers = [key[2] for key in catalogue("us-east-1").prices if key[0] == TRANSFER and "internet" in key[2]]
    assert tiers == ["internet egress tier 0-100 GB/month", "internet egress tier 100-Inf GB/month"]
    assert quote({**SPEC, "internet_egress_gb": 200}).monthly_usd - monthly() == 60  # 100 x 0.5 + 100 x 0.1


def test_old_versions_stay_and_can_be_priced_from_again(tmp_path: Path) -> None:
    first = bring(tmp_path, memorydb("db.r6g.large", "0.5"), version="20260101000000")
    lists.make_current(first.service, first.id)
    then, before = lists.current(), monthly()
    second = bring(tmp_path, memorydb("db.r6g.large", "0.6"), version="20260201000000")
    lists.make_current(second.service, second.id)
    assert before == 365
    assert monthly() == 438
    with lists.using(then):
        assert monthly() == 365
    assert monthly() == 438
    assert [one.version for one in lists.kept()] == ["20260201000000", "20260101000000"]


def test_a_version_of_other_content_is_another_list(tmp_path: Path) -> None:
    first = bring(tmp_path, memorydb("db.r6g.large", "0.5"))
    again = bring(tmp_path, memorydb("db.r6g.large", "0.5"))
    other = bring(tmp_path, memorydb("db.r6g.large", "0.6"))
    assert first == again
    assert other.id != first.id
    with pytest.raises(InputError, match=f"several lists.*{first.id}"):
        lists.find("AmazonMemoryDB", making.VERSION)


def test_regions_of_one_service_may_come_from_different_lists(tmp_path: Path) -> None:
    home = bring(tmp_path, memorydb("db.r6g.large", "0.5"))
    away = bring(tmp_path, memorydb("db.r6g.large", "0.6", region="eu-west-1"))
    lists.make_current("AmazonMemoryDB", home.id)
    lists.make_current("AmazonMemoryDB", away.id)
    assert monthly() == 365
    assert monthly("eu-west-1") == 438


def test_a_change_in_the_middle_of_a_call_is_not_seen_by_it(tmp_path: Path) -> None:
    one = bring(tmp_path, memorydb("db.r6g.large", "0.5"))

    @lists.steady
    def twice() -> tuple[Decimal, Decimal]:
        before = monthly()
        lists.make_current("AmazonMemoryDB", one.id)
        return before, monthly()

    assert twice() == (Decimal("157.899"), Decimal("157.899"))
    assert monthly() == 365


def test_differences_are_added_changed_by_percent_and_gone(tmp_path: Path) -> None:
    old = bring(tmp_path, memorydb("db.r6g.large", "0.5"), memorydb("db.r7g.large", "1"), memorydb("db.r9g.large", "1"))
    lists.make_current("AmazonMemoryDB", old.id)
    new = (memorydb("db.r6g.large", "0.55"), memorydb("db.r7g.large", "0.5"), memorydb("db.r8x.large", "2"))
    found = against_current("AmazonMemoryDB", lists.list_rows(bring(tmp_path, *new, version="20260501000000")))
    assert [(change.item, change.percent) for change in found.changed] == [
        ("db.r7g.large", Decimal("-50.00")),
        ("db.r6g.large", Decimal("10.00")),
    ]
    assert [change.item for change in found.added] == ["db.r8x.large"]
    assert [change.item for change in found.gone] == ["db.r9g.large"]
    assert found.same == 0


def test_a_broken_current_file_is_named_and_not_passed_over(folder: Path) -> None:
    folder.mkdir()
    (folder / lists.CURRENT).write_text("{")
    with pytest.raises(InputError, match=r"current\.json"):
        monthly()


@pytest.mark.parametrize("version", ["../../etc", "20260401120000-zzzzzzzz", "", "bundled2"])
def test_a_version_that_is_not_one_is_refused(version: str) -> None:
    with pytest.raises(InputError):
        lists.make_current("AmazonMemoryDB", version)


def test_a_list_that_is_gone_is_named(tmp_path: Path) -> None:
    gone = (("AmazonMemoryDB", "us-east-1", "20260401120000-00000000"),)
    with pytest.raises(InputError, match="20260401120000-00000000 for us-east-1 is not here"), lists.using(gone):
        monthly()


def test_another_process_never_reads_half_a_list_and_sees_the_change(tmp_path: Path, folder: Path) -> None:
    """One process keeps switching between two lists while this one prices: every answer is one of the two."""
    nodes = [f"db.r{number}x.large" for number in range(1, 40)]
    both = [
        bring(tmp_path, *(memorydb(node, usd) for node in nodes), version=version).id
        for usd, version in (("0.5", "20260101000000"), ("0.6", "20260201000000"))
    ]
    lists.make_current("AmazonMemoryDB", both[0])
    context = multiprocessing.get_context("spawn")
    writer = context.Process(target=_switch, args=(folder, both, 60))
    writer.start()
    seen = set()
    while writer.is_alive():
        prices = catalogue("us-east-1").prices
        seen.add(frozenset(prices[MEMORYDB, "Valkey", node, "OnDemand"][0].usd for node in nodes))
    writer.join()
    assert writer.exitcode == 0
    assert seen <= {frozenset({Decimal("0.5")}), frozenset({Decimal("0.6")})}
    assert catalogue("us-east-1").prices[MEMORYDB, "Valkey", nodes[0], "OnDemand"][0].usd == Decimal("0.6")


def _switch(folder: Path, both: list[str], times: int) -> None:
    lists.keep_in(lambda: folder)
    for number in range(times):
        lists.make_current("AmazonMemoryDB", both[number % 2])


def test_what_is_kept_is_plain_csv_in_the_bundled_columns(tmp_path: Path, folder: Path) -> None:
    one = bring(tmp_path, memorydb("db.r6g.large", "0.5"))
    text = (folder / "AmazonMemoryDB" / one.id / "us-east-1.csv").read_text().splitlines()
    assert text[0] == (
        "service,region,engine,item,term,unit,price_usd,vcpu,memory_gib,network,as_of,provenance,derivation,source"
    )
    assert text[1].startswith(
        "AmazonMemoryDB,us-east-1,Valkey,db.r6g.large,OnDemand,USD/node-hour,0.5,2,13.07,,2026-04-01,read,"
    )
    about = json.loads((folder / "AmazonMemoryDB" / one.id / lists.ABOUT).read_text())
    assert about["regions"] == ["us-east-1"]
