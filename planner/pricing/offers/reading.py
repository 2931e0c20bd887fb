"""An offer file read whole: its header, its rows in this project's own form, and what was left out.

Either every price that has a use is read, or InputError says what stood in the way and nothing is taken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

from engine.errors import InputError
from planner.pricing.offers import csv_files, json_files
from planner.pricing.offers.header import Header
from planner.pricing.offers.opening import first_bytes, opened
from planner.pricing.offers.product import Dimension, Product
from planner.pricing.offers.rows import Rows
from planner.pricing.offers.services import SERVICES
from planner.pricing.offers.target import Service, Target, find_target


@dataclass(frozen=True, slots=True)
class Offer:
    """`left_out`: products that no design uses, by family; `passed_over`: reserved prices on other terms than the three."""

    header: Header
    rows: tuple[Mapping[str, str], ...]
    left_out: Mapping[str, int]
    passed_over: Mapping[str, int]


class _Reader:
    """Products and prices as they come, of one service."""

    def __init__(self, skip: Collection[str]) -> None:
        self.service: Service | None = None
        self.rows = Rows()
        self.left_out: Counter[str] = Counter()
        self._skip = frozenset(skip)
        self._targets: dict[str, Target] = {}
        self._seen: set[str] = set()

    def start(self, header: Header) -> None:
        self.service = header.reads

    def take(self, product: Product) -> bool:
        """Keep a product when some design has a use for it."""
        target = None
        if product.family not in self._skip:
            assert self.service is not None
            target = find_target(product, self.service)
        if target is None:
            self.left_out[product.family or "no family"] += 1
            return False
        self._targets[product.sku] = target
        return True

    def use(self, dimension: Dimension) -> None:
        self.rows.add(self._targets[dimension.sku], dimension)

    def use_row(self, product: Product, dimension: Dimension) -> None:
        """A line of CSV, which repeats its product each time."""
        if product.sku not in self._seen:
            self._seen.add(product.sku)
            self.take(product)
        if product.sku in self._targets:
            self.use(dimension)

    def use_product(self, product: Product, dimensions: tuple[Dimension, ...]) -> None:
        """A product of a Query API answer with all of its prices."""
        if self.take(product):
            for dimension in dimensions:
                self.use(dimension)


def read_offer(path: Path, *, name: str = "", skip_families: Collection[str] = ()) -> Offer:
    """Read an offer file of any of the vendor's forms, packed with gzip or not. `skip_families`: product families to leave
    out even if nobody knows them. Raises InputError."""
    shown = name or path.name
    start = first_bytes(path, shown)
    if not start:
        raise InputError("is empty.", source=shown, expected="one of the vendor's price lists.")
    reader = _Reader(skip_families)
    read = _read_json if start[:1] in (b"{", b"[") else _read_csv
    header = read(path, shown, reader)
    rows = reader.rows.finished(header)
    if not rows:
        families = ", ".join(sorted(reader.left_out)) or "none"
        raise InputError(
            f"holds no price that a design uses (product families: {families}).",
            source=shown,
            expected=f"a price list of {header.reads.title}.",
        )
    return Offer(header, rows, dict(reader.left_out), dict(reader.rows.passed_over))


def _read_csv(path: Path, name: str, reader: _Reader) -> Header:
    with opened(path, name, json=False) as stream:
        return csv_files.read_csv(stream, name, reader.start, reader.use_row)


def _read_json(path: Path, name: str, reader: _Reader) -> Header:
    kind = json_files.kind_of(path, name)
    if kind == json_files.BULK:
        header = json_files.bulk_header(path, name)
        reader.start(header)
        json_files.read_bulk(path, name, reader.take, reader.use)
        return header
    return json_files.read_products(path, name, kind, reader.start, reader.use_product)


KNOWN_SERVICES = tuple(SERVICES)
