"""The vendor's bulk CSV: five lines about the file, the names of the columns, then one price a line.

Columns differ between services and versions, so they are found by name.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator

from engine.errors import InputError
from planner.pricing.offers.header import Header, header_of
from planner.pricing.offers.opening import Watched
from planner.pricing.offers.product import Dimension, Product, plain_name, shown

_MOST_HEADER_LINES = 20
_NEEDED = ("sku", "termtype", "unit", "priceperunit", "currency", "productfamily", "usagetype")
_TERMS = ("OnDemand", "Reserved")

Use = Callable[[Product, Dimension], None]


def read_csv(stream: Watched, name: str, start: Callable[[Header], None], use: Use) -> Header:
    """The header to `start`, then every price with its product to `use`."""
    reader = csv.reader(_lines(stream, name), strict=True)
    try:
        header, columns = _preamble(reader, name)
        start(header)
        for row in reader:
            if row:
                _read_row(row, columns, reader.line_num, name, use)
    except csv.Error as error:
        raise InputError(f"is not CSV: {error}.", source=name, line=reader.line_num) from error
    return header


def _read_row(row: list[str], columns: list[str], line: int, name: str, use: Use) -> None:
    if len(row) != len(columns):
        raise InputError(
            f"has {len(row)} fields.", source=name, line=line, expected=f"{len(columns)}, as the names of the columns."
        )
    fields = dict(zip(columns, row, strict=True))
    if fields["termtype"] not in _TERMS:
        return
    if fields["currency"] != "USD":
        raise InputError(f"is a price in {shown(fields['currency'])!r}.", source=name, line=line, expected="USD.")
    if not fields["sku"]:
        raise InputError("has no SKU.", source=name, line=line)
    product = Product(fields["sku"], fields["productfamily"], fields)
    dimension = Dimension(
        sku=fields["sku"],
        unit=fields["unit"],
        usd=fields["priceperunit"],
        begin=fields.get("startingrange", ""),
        end=fields.get("endingrange", ""),
        lease=fields.get("leasecontractlength", ""),
        option=fields.get("purchaseoption", ""),
        offering=fields.get("offeringclass", ""),
    )
    use(product, dimension)


def _preamble(reader: Iterator[list[str]], name: str) -> tuple[Header, list[str]]:
    said: dict[str, str] = {}
    for number, row in enumerate(reader):
        if len(row) > 2:
            columns = [plain_name(column) for column in row]
            missing = [column for column in _NEEDED if column not in columns]
            if missing:
                raise InputError(f"has no column {missing[0]!r}.", source=name, expected=f"{', '.join(_NEEDED)}.")
            version = said.get("version")
            return header_of(said.get("offercode"), version, said.get("publicationdate"), name), columns
        if len(row) == 2:
            said[plain_name(row[0])] = row[1]
        if number > _MOST_HEADER_LINES:
            break
    raise InputError("is not a price list.", source=name, expected="the vendor's bulk CSV, with its five first lines.")


def _lines(stream: Watched, name: str) -> Iterator[str]:
    first = True
    while data := stream.readline():
        try:
            text = data.decode("utf-8-sig" if first else "utf-8")
        except UnicodeDecodeError as error:
            raise InputError("is not text in UTF-8.", source=name) from error
        first = False
        yield text
