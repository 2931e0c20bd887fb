"""The vendor's JSON: bulk files, Query API answers, and one product a line. Read as streams, never held whole.

A bulk file is read twice: its products first, of which only those with a use are kept, then its terms. So it does not
matter in which order the two stand.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ijson

from engine.errors import InputError
from planner.pricing.offers.header import Header, header_of
from planner.pricing.offers.opening import CHUNK, opened
from planner.pricing.offers.product import Dimension, Product, product_of, shown

BULK, QUERY, LINES, LIST = "bulk", "query", "lines", "list"
_KINDS = (("products", BULK), ("terms", BULK), ("PriceList", QUERY), ("product", LINES))
_SECTIONS = ("OnDemand", "Reserved")

Take = Callable[[Product], bool]
Use = Callable[[Dimension], None]
UseProduct = Callable[[Product, tuple[Dimension, ...]], None]


def kind_of(path: Path, name: str) -> str:
    """Which of the JSON forms a file is, by its first names. Raises InputError for another."""
    with opened(path, name, json=True) as stream, _faults(name):
        for prefix, event, value in ijson.parse(stream, buf_size=CHUNK):
            if not prefix and event == "start_array":
                return LIST
            if not prefix and event == "map_key":
                found = next((kind for key, kind in _KINDS if key == value), None)
                if found is not None:
                    return found
            elif not prefix and event != "start_map" and event != "end_map":
                break
    raise InputError("is JSON, but not a price list.", source=name, expected="products and terms, or a PriceList.")


def bulk_header(path: Path, name: str) -> Header:
    """What a bulk file says of itself, wherever it says it."""
    wanted: dict[str, object] = {"offerCode": None, "version": None, "publicationDate": None}
    with opened(path, name, json=True) as stream, _faults(name):
        for prefix, event, value in ijson.parse(stream, buf_size=CHUNK):
            if prefix in wanted and event == "string":
                wanted[prefix] = value
                if all(wanted.values()):
                    break
    return header_of(wanted["offerCode"], wanted["version"], wanted["publicationDate"], name)


def read_bulk(path: Path, name: str, take: Take, use: Use) -> None:
    """Every product to `take`, then every price of those it took to `use`."""
    kept: set[str] = set()
    with opened(path, name, json=True) as stream, _faults(name):
        for _, data in ijson.kvitems(stream, "products", buf_size=CHUNK):
            product = product_of(data)
            if take(product):
                kept.add(product.sku)
    with opened(path, name, json=True) as stream, _faults(name):
        _read_terms(stream, kept, use)


def _read_terms(stream: Any, kept: set[str], use: Use) -> None:
    """Both sections of the terms from one reading."""
    sinks = [ijson.sendable_list() for _ in _SECTIONS]
    parsers = [ijson.kvitems_coro(sink, f"terms.{section}") for sink, section in zip(sinks, _SECTIONS, strict=True)]
    while True:
        data = stream.read(CHUNK)
        for parser, sink in zip(parsers, sinks, strict=True):
            _feed(parser, data)
            for sku, terms in sink:
                if sku in kept:
                    for dimension in _dimensions(sku, terms):
                        use(dimension)
            del sink[:]
        if not data:
            return


def _feed(parser: Any, data: bytes) -> None:
    try:
        parser.send(data)
    except StopIteration:
        return


def read_products(path: Path, name: str, kind: str, start: Callable[[Header], None], use: UseProduct) -> Header:
    """Every product of a Query API answer (pages may follow each other), or one a line, with its prices to `use`; before
    the first, what it says of itself to `start`."""
    prefix = {QUERY: "PriceList.item", LIST: "item", LINES: ""}[kind]
    best: Header | None = None
    with opened(path, name, json=True) as stream, _faults(name):
        for data in ijson.items(stream, prefix, multiple_values=True, buf_size=CHUNK):
            record = _record(data, name)
            header = header_of(record.get("serviceCode"), record.get("version"), record.get("publicationDate"), name)
            if best is not None and header.service != best.service:
                raise InputError(
                    f"holds products of {best.service} and of {header.service}.", source=name, expected="one service."
                )
            if best is None:
                start(header)
            best = header if best is None else max(best, header, key=lambda found: (found.published, found.version))
            product = product_of(record.get("product"))
            use(product, tuple(_all_dimensions(product.sku, record.get("terms"))))
    if best is None:
        raise InputError("holds no product.", source=name, expected="at least one product in PriceList.")
    return best


def _record(data: object, name: str) -> Mapping[str, Any]:
    if isinstance(data, str):
        try:
            data = json.loads(data)
        except (json.JSONDecodeError, RecursionError) as error:
            raise InputError(
                "a product of PriceList is not JSON.", source=name, expected="an object as text."
            ) from error
    if not isinstance(data, Mapping):
        raise InputError("a product of PriceList is not an object.", source=name, expected='{"product": …}.')
    return data


def _all_dimensions(sku: str, terms: object) -> Iterator[Dimension]:
    sections = _object(terms, sku, "terms")
    for section in _SECTIONS:
        yield from _dimensions(sku, sections.get(section) or {})


def _dimensions(sku: str, terms: object) -> Iterator[Dimension]:
    """Every price of a SKU's terms. The form of the key does not matter; a term's attributes say what it is."""
    for term in _object(terms, sku, "terms").values():
        plain = _object(term, sku, "a term")
        attributes = _object(plain.get("termAttributes") or {}, sku, "termAttributes")
        for dimension in _object(plain.get("priceDimensions") or {}, sku, "priceDimensions").values():
            found = _object(dimension, sku, "a price")
            price = _object(found.get("pricePerUnit") or {}, sku, "pricePerUnit")
            yield Dimension(
                sku=sku,
                unit=_text(found.get("unit")),
                usd=_text(price.get("USD")),
                begin=_text(found.get("beginRange")),
                end=_text(found.get("endRange")),
                lease=_text(attributes.get("LeaseContractLength")),
                option=_text(attributes.get("PurchaseOption")),
                offering=_text(attributes.get("OfferingClass")),
            )


def _object(data: object, sku: str, what: str) -> Mapping[str, Any]:
    if not isinstance(data, Mapping):
        raise InputError(f"{what} is not an object.", source=f"SKU {shown(sku)}", expected="an object.")
    return data


def _text(value: object) -> str:
    return "" if value is None else str(value)


@contextmanager
def _faults(name: str) -> Iterator[None]:
    try:
        yield
    except (ijson.JSONError, UnicodeDecodeError, OverflowError, RecursionError) as error:
        text = shown(str(error).split("\n")[0])
        raise InputError(f"is not whole, correct JSON: {text}", source=name, expected="a price list.") from error
