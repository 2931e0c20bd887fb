"""Every published bill, quoted from its spec: to the printed rounding, and to the digit where the formula is known."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import pytest

from planner.pricing.quote import Quote, quote

FOLDER = Path(__file__).parents[2] / "data" / "worked_examples"
ROWS = {row["id"]: row for row in csv.DictReader((FOLDER / "worked_examples.csv").read_text().splitlines())}
# Rows whose answer is not dollars: the line and the quantity it must show.
QUANTITIES: Mapping[str, tuple[str, str]] = {
    "EC-2": ("Processing units", "360"),  # million
    "MD-7": ("Normalised units", "22.4"),
    "U-1": ("Read request units", "0.000002"),
    "U-2": ("Read request units", "0.000001"),
    "U-3": ("Read request units", "0.000004"),
    "U-4": ("Write request units", "0.000003"),
    "U-5": ("Write request units", "0.000006"),
    "U-6": ("Processing units", "0.0000032"),
    "U-7": ("Processing units", "0.0000032"),
    "U-8": ("Processing units", "0.000003"),
    "U-9": ("eu-west-1: Data written above 10 TB", "50"),
}
DOLLARS = sorted(set(ROWS) - set(QUANTITIES))


def answer(row_id: str) -> Quote:
    return quote(json.loads((FOLDER / f"{row_id}.json").read_text()))


def test_every_row_has_a_spec() -> None:
    assert {path.stem for path in FOLDER.glob("*.json")} == set(ROWS)


@pytest.mark.parametrize("row_id", DOLLARS)
def test_a_published_bill_is_reproduced_to_the_digit(row_id: str) -> None:
    found = answer(row_id)
    assert found.missing == ()
    assert found.monthly_usd == Decimal(ROWS[row_id]["recomputed"])


@pytest.mark.parametrize("row_id", sorted(set(DOLLARS) - {"MD-4"}))
def test_a_published_bill_is_reproduced_to_its_printed_rounding(row_id: str) -> None:
    stated = Decimal(ROWS[row_id]["stated_answer_usd"])
    assert answer(row_id).monthly_usd.quantize(stated, rounding=ROUND_HALF_UP) == stated


def test_the_widely_copied_sample_is_315_798_where_its_source_cut_a_digit_off() -> None:
    found = answer("MD-4")
    assert found.monthly_usd == Decimal("315.798")
    assert [one.name.endswith("(free)") for one in found.lines] == [False, True, True]


@pytest.mark.parametrize("row_id", sorted(QUANTITIES))
def test_a_published_rule_gives_its_units(row_id: str) -> None:
    name, quantity = QUANTITIES[row_id]
    lines = [one for one in answer(row_id).lines if one.name.startswith(name)]
    assert [one.quantity for one in lines] == [Decimal(quantity)]


def test_data_written_in_several_regions_is_billed_where_it_was_written() -> None:
    written = {one.name: one.quantity for one in answer("U-9").lines if "Data written" in one.name}
    assert sum(written.values()) == 10_100 + 10_050
