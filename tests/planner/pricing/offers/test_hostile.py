"""Files that no vendor sends: every one is an InputError in one sentence, soon and in little memory."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from planner.pricing.offers import opening
from planner.pricing.offers.reading import read_offer
from tests.planner.pricing.offers import making
from tests.planner.pricing.offers.making import Cost, Sku, memorydb

NODE = memorydb("db.r6g.large", "0.25")
WHOLE = json.dumps(making.bulk("AmazonMemoryDB", [NODE])).encode()
CSV = making.as_csv("AmazonMemoryDB", [NODE])
DEEP = b"[" * 100_000


def refused(tmp_path: Path, content: object, match: str, name: str = "offer.json") -> None:
    with pytest.raises(InputError, match=match):
        read_offer(making.write(tmp_path / name, content))


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"", "is empty"),
        (b"   \n", "is empty"),
        (b"{}", "not a price list"),
        (b"[]", "holds no product"),
        (b"{", "not whole, correct JSON"),
        (WHOLE[:-40], "not whole, correct JSON"),
        (b'{"products": {"A": }}', "JSON"),
        (b'{"hello": "world"}', "not a price list"),
        (b'{"products": {"A": 1}, "terms": {}}', "does not name its service"),
        (b"\xff\xfe\x00 what", "CSV|UTF-8|price list"),
        (b"a,b\nc,d\n", "not a price list"),
        (b"a,b,c\n", "no column"),
        (b'{"PriceList": ["{"]}', "not JSON"),
        (b'{"PriceList": [7]}', "not an object"),
        (b'{"PriceList": ["[]"]}', "not an object"),
        (DEEP, "nested too deeply"),
        (b'{"products": ' + DEEP, "nested too deeply"),
        (b'{"PriceList": [' + json.dumps(DEEP.decode()).encode() + b"]}", "nested too deeply"),
        (b'{"products": "' + b"x" * (3 << 20), "text of more than"),
        (b'{"' + b"\\\"" * (3 << 20), "text of more than"),
        (gzip.compress(WHOLE)[:-20], "cannot be unpacked|not whole"),
        (b"\x1f\x8b" + b"nonsense" * 10, "cannot be unpacked|cannot be read"),
    ],
    ids=range(22),
)  # fmt: skip
def test_what_is_no_price_list_is_refused_in_words(tmp_path: Path, content: bytes, match: str) -> None:
    refused(tmp_path, content, match)


def test_a_line_without_an_end_is_not_read_whole(tmp_path: Path) -> None:
    refused(tmp_path, CSV + b"x" * (3 << 20), "line of more than", "offer.csv")


def test_a_csv_with_too_few_fields_names_its_line(tmp_path: Path) -> None:
    refused(tmp_path, CSV + b'"A","OnDemand"\n', r"line 8: has 2 fields", "offer.csv")


def test_another_currency_is_refused(tmp_path: Path) -> None:
    refused(tmp_path, CSV.replace(b'"USD"', b'"CNY"'), "a price in 'CNY'", "offer.csv")
    data = json.loads(WHOLE)
    refused(tmp_path, json.loads(json.dumps(data).replace('"USD"', '"CNY"')), "no price in USD")


def test_a_gzip_bomb_ends_at_the_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opening, "MOST_BYTES", 1 << 20)
    refused(tmp_path, gzip.compress(b'{"a": [' + b'"x",' * (1 << 20)), "more than 1,048,576 bytes")


@pytest.mark.parametrize(
    "usd", ["-0.1", "free", "", "NaN", "Infinity", "1e9", "0x10", "1,5", "1 000", "٣", "9" * 400, "0." + "1" * 60]
)
def test_a_price_that_is_none_is_refused_with_its_sku(tmp_path: Path, usd: str) -> None:
    refused(tmp_path, making.bulk("AmazonMemoryDB", [memorydb("db.r6g.large", usd)]), "SKUVALKEYDB.R6G.LARGEUS-EAST-1")


@pytest.mark.parametrize("service", ["AmazonS3", "", "../AmazonMemoryDB", "comprehend"])
def test_a_list_of_another_service_is_refused(tmp_path: Path, service: str) -> None:
    refused(tmp_path, making.bulk(service, [NODE]), "offerCode")


@pytest.mark.parametrize("version", ["", "../../etc/passwd", "2026", "v1", "1" * 40])
def test_a_version_is_a_stamp(tmp_path: Path, version: str) -> None:
    refused(tmp_path, making.bulk("AmazonMemoryDB", [NODE], version=version), "version")


@pytest.mark.parametrize("published", ["", "yesterday", "2026-13-45T00:00:00Z"])
def test_a_publication_date_is_a_date(tmp_path: Path, published: str) -> None:
    refused(tmp_path, making.bulk("AmazonMemoryDB", [NODE], published=published), "publicationDate")


@pytest.mark.parametrize("region", ["", "../../tmp", "moon", "US-EAST-1"])
def test_a_region_is_a_code(tmp_path: Path, region: str) -> None:
    refused(tmp_path, making.bulk("AmazonMemoryDB", [memorydb("db.r6g.large", "1", region=region)]), "no known region")


def test_an_engine_nobody_knows_is_refused(tmp_path: Path) -> None:
    odd = Sku("A", NODE.family, {**NODE.attributes, "usagetype": "NodeUsage:db.r6g.large:KeyDB"}, NODE.costs)
    refused(tmp_path, making.bulk("AmazonMemoryDB", [odd]), "engine that is not known.*KeyDB")


def test_a_node_priced_by_something_else_than_the_hour_is_refused(tmp_path: Path) -> None:
    odd = Sku("A", NODE.family, NODE.attributes, [Cost("1", "Month")])
    refused(tmp_path, making.bulk("AmazonMemoryDB", [odd]), "per 'Month'")


def test_two_services_in_one_answer_are_refused(tmp_path: Path) -> None:
    texts = [json.dumps(making.records(name, [NODE])[0]) for name in ("AmazonMemoryDB", "AmazonElastiCache")]
    refused(tmp_path, {"PriceList": texts}, "AmazonMemoryDB and of AmazonElastiCache")


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"gone\.json: cannot be read"):
        read_offer(tmp_path / "gone.json")


JUNK: tuple[object, ...] = (
    None,
    True,
    -1,
    10**30,
    0.5,
    "",
    "x",
    "\x00",
    "-1",
    [],
    [[]],
    {},
    {"": None},
    {"sku": {}},
    ["USD"],
)


@given(junk=st.sampled_from(JUNK), at=st.integers(0, 10_000))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_value_replaced_by_junk_is_read_or_refused(tmp_path: Path, junk: object, at: int) -> None:
    whole = json.loads(WHOLE)
    places = list(_places(whole))
    holder, name = places[at % len(places)]
    holder[name] = junk
    _read_or_refuse(making.write(tmp_path / "junk.json", whole))


@given(at=st.integers(0, len(WHOLE) - 1), byte=st.integers(0, 255))
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_byte_changed_is_read_or_refused(tmp_path: Path, at: int, byte: int) -> None:
    for content, name in ((WHOLE, "byte.json"), (CSV, "byte.csv")):
        place = at % len(content)
        changed = content[:place] + bytes([byte]) + content[place + 1 :]
        _read_or_refuse(making.write(tmp_path / name, changed))


def _read_or_refuse(path: Path) -> None:
    try:
        assert read_offer(path).rows
    except InputError as error:
        assert len(str(error)) < 2000


def _places(data: object) -> Iterator[tuple[dict[str, object], str]]:
    if isinstance(data, dict):
        for name, value in data.items():
            yield data, name
            yield from _places(value)
