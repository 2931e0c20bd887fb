"""`manage.py prices`: import, compare, choose, and say in one line what stands in the way."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import EndpointConnectionError
from django.core.management import call_command

from engine.errors import InputError
from planner.prices import vendor
from planner.pricing import lists
from planner.pricing.quote import quote
from tests.planner.pricing.offers import making
from tests.planner.pricing.offers.making import memorydb

NODE = "db.r6g.large"


@pytest.fixture
def offer(tmp_path: Path) -> Path:
    """A list with one price that is a tenth dearer than the bundled one, and one that is new."""
    skus = [memorydb(NODE, "0.23793"), memorydb("db.r9x.large", "1")]
    return making.write(tmp_path / "offer.json.gz", making.bulk("AmazonMemoryDB", skus))


def said(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    call_command("prices", *words)
    return capsys.readouterr().out


def price() -> Decimal:
    line = quote({"design": "memorydb-valkey", "node_type": NODE}).lines[0]
    assert line.unit_price is not None
    return line.unit_price


def test_an_import_shows_what_changes_and_is_priced_from(offer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "import", str(offer))
    assert "AmazonMemoryDB version 20260401120000, published 2026-04-01: 2 prices of 1 region." in text
    assert "1 changed, 1 added, 0 gone, 0 stay the same." in text
    assert "Valkey · db.r6g.large: 0.2163 -> 0.23793 USD/node-hour  +10.00 %" in text
    assert price() == Decimal("0.23793")


def test_a_dry_run_shows_the_same_and_keeps_nothing(offer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = said(capsys, "import", str(offer), "--dry-run")
    assert "+10.00 %" in text
    assert "Nothing was kept" in text
    assert price() == Decimal("0.2163")
    assert lists.kept() == ()


def test_a_list_can_be_kept_compared_chosen_and_left(offer: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "import", str(offer), "--keep-only")
    assert price() == Decimal("0.2163")
    assert "not in use" in said(capsys, "list")
    assert "1 changed" in said(capsys, "diff", "AmazonMemoryDB", making.VERSION)
    said(capsys, "use", "AmazonMemoryDB", making.VERSION)
    assert price() == Decimal("0.23793")
    assert "current in us-east-1" in said(capsys, "list")
    assert "Nothing changes" in said(capsys, "diff", "AmazonMemoryDB", making.VERSION)
    said(capsys, "use", "AmazonMemoryDB", "bundled")
    assert price() == Decimal("0.2163")


def test_bad_input_is_one_line_and_status_2(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    strange = making.Sku("A1", "Moon Rays", {"usagetype": "Rays"}, [])
    path = making.write(tmp_path / "bad.json", making.bulk("AmazonMemoryDB", [strange]))
    with pytest.raises(SystemExit) as left:
        call_command("prices", "import", str(path))
    assert left.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("error: SKU A1 (family 'Moon Rays', usage type 'Rays')")
    assert error.count("\n") == 1
    assert lists.kept() == ()


class _Client:
    """Answers as boto3's client does, in pages."""

    def __init__(self, pages: Sequence[Mapping[str, Any]], error: Exception | None = None) -> None:
        self.pages, self.error = pages, error
        self.asked: dict[str, Any] = {}

    def get_paginator(self, name: str) -> _Client:
        assert name == "get_products"
        return self

    def paginate(self, **asked: Any) -> Iterator[Mapping[str, Any]]:
        self.asked = asked
        if self.error:
            raise self.error
        yield from self.pages


def test_refresh_asks_by_region_and_imports_every_page(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    skus = [memorydb(NODE, "0.3"), memorydb("db.r7g.large", "0.4")]
    texts = [json.dumps(record) for record in making.records("AmazonMemoryDB", skus)]
    client = _Client([{"PriceList": texts[:1]}, {"PriceList": texts[1:]}])
    monkeypatch.setattr(vendor, "_client", lambda: client)
    text = said(capsys, "refresh", "--service", "AmazonMemoryDB", "--region", "us-east-1")
    assert "2 prices of 1 region" in text
    assert client.asked["Filters"] == [{"Type": "TERM_MATCH", "Field": "regionCode", "Value": "us-east-1"}]
    assert price() == Decimal("0.3")


def test_refresh_without_a_way_to_the_vendor_says_so(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    error = EndpointConnectionError(endpoint_url="https://pricing.example")
    monkeypatch.setattr(vendor, "_client", lambda: _Client([], error))
    with pytest.raises(SystemExit) as left:
        call_command("prices", "refresh", "--service", "AmazonMemoryDB")
    assert left.value.code == 2
    assert capsys.readouterr().err.startswith(
        "error: the vendor's price list service: cannot be asked: Could not connect"
    )


def test_refresh_without_credentials_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "none"))
    with pytest.raises(InputError, match="there are no credentials"):
        vendor.download("AmazonMemoryDB", "us-east-1", tmp_path / "answer")
