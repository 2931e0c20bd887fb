"""An estimate names the lists it rests on, and comes out the same from them after newer ones are current."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from planner.pricing import keeping, lists
from planner.pricing.offers.reading import read_offer
from planner.sizing.model.answers import Answers
from planner.sizing.model.result import EstimateResult
from planner.sizing.recommend import estimate
from tests.planner.pricing.offers import making
from tests.planner.pricing.offers.making import memorydb
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

TODAY = date(2026, 4, 2)
NODES = ("db.t4g.small", "db.t4g.medium", "db.r7g.large", "db.r6g.large")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path) -> Iterator[None]:
    """A folder of this test's own."""
    before = lists._Place.find
    lists.keep_in(lambda: tmp_path / "prices")
    yield
    lists.keep_in(before)


def bring(tmp_path: Path, usd: str, version: str) -> lists.ImportedList:
    data = making.bulk("AmazonMemoryDB", [memorydb(node, usd) for node in NODES], version=version)
    one = keeping.keep(read_offer(making.write(tmp_path / "offer.json", data)), today=TODAY)
    lists.make_current(one.service, one.id)
    return one


def answer() -> EstimateResult:
    return estimate(
        measurement=make_measurement(),
        items=make_items(),
        hit_curve=make_curve(),
        answers=Answers(designs=("memorydb-valkey",)),
        as_of=TODAY,
    )


def test_the_imported_list_is_named_with_its_version_and_day(tmp_path: Path) -> None:
    one = bring(tmp_path, "0.01", "20260101000000")
    used = answer().price_lists
    assert [(use.name, use.version) for use in used[1:]] == [("AmazonMemoryDB us-east-1", one.id)]
    assert used[1].newest == "2026-04-01"
    assert used[0].name == "memorydb_prices.csv"


def test_an_old_answer_is_computed_again_to_the_cent_from_the_lists_it_names(tmp_path: Path) -> None:
    bring(tmp_path, "0.01", "20260101000000")
    old = answer()
    bring(tmp_path, "0.02", "20260201000000")
    assert answer().designs[0].monthly_usd != old.designs[0].monthly_usd
    named = lists.selection_named((use.name, use.version) for use in old.price_lists)
    with lists.using(named):
        assert answer() == old
