"""From prices of products to rows of a price list: tiers, reserved terms, and two prices that would be one row.

Nothing is guessed: a price that is not a number, below nothing or in another currency, a tier nobody knows, or two different
prices for the same thing raise InputError that names the SKU.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import NamedTuple

from engine.errors import InputError
from planner.pricing import money
from planner.pricing.offers.header import Header
from planner.pricing.offers.product import Dimension, shown
from planner.pricing.offers.target import HIGHEST, KEPT, ONE, VALKEY_WRITTEN, Target

COLUMNS = (
    "service", "region", "engine", "item", "term", "unit", "price_usd", "vcpu", "memory_gib", "network",
    "as_of", "provenance", "derivation", "source",
)  # fmt: skip
ON_DEMAND = "OnDemand"
OPTIONS = ("No Upfront", "Partial Upfront", "All Upfront")
UPFRONT = "USD upfront"
_LEASES = {"1yr": "1yr", "1 yr": "1yr", "3yr": "3yr", "3 yr": "3yr"}
_NUMBER = re.compile(r"[0-9]{1,12}(?:\.[0-9]{1,24})?(?:[eE]-[0-9]{1,2})?")
_WHOLE = re.compile(r"[0-9]{1,18}")
_HOURS = re.compile(r"h(ou)?rs?", re.IGNORECASE)
_FREE_TB = ("10000", "10240")
_TEN_TB = ("DataWritten first 10 TB/month", "DataWritten above 10 TB/month")
_SIZE = ("vcpu", "memory_gib", "network")
_READ, _LABELLED = "read", "read (label derived)"


class Key(NamedTuple):
    """What makes two prices the same row; rows are in this order."""

    service: str
    region: str
    engine: str
    item: str
    term: str
    unit: str


@dataclass(frozen=True, slots=True)
class _Found:
    """The price of a key so far, as plain digits; of several tiers, the one that begins last."""

    usd: str
    begin: int
    sku: str
    target: Target
    derivation: str = ""


class Row(Mapping[str, str]):
    """A row of a price list by column. It is worked out when asked for: files hold hundreds of thousands of them."""

    __slots__ = ("_found", "_header", "_key")

    def __init__(self, key: Key, found: _Found, header: Header) -> None:
        self._key, self._found, self._header = key, found, header

    def __getitem__(self, column: str) -> str:
        if column in Key._fields:
            value: str = getattr(self._key, column)
            return value
        found = self._found
        if column == "price_usd":
            return found.usd
        if column in _SIZE:
            size: str = getattr(found.target, column)
            return size
        said = {"as_of": self._header.published, "derivation": found.derivation, "source": self._header.source}
        said["provenance"] = _LABELLED if found.derivation else _READ
        return said[column]

    def __iter__(self) -> Iterator[str]:
        return iter(COLUMNS)

    def __len__(self) -> int:
        return len(COLUMNS)


class Rows:
    """Collects prices one by one; `finished` gives the rows."""

    def __init__(self) -> None:
        self._found: dict[Key, _Found] = {}
        self._texts: dict[str, str] = {}  # one object for equal texts
        self.passed_over: dict[str, int] = {}

    def add(self, target: Target, dimension: Dimension) -> None:
        """One price. Raises InputError for one that cannot be."""
        if dimension.option or dimension.lease:
            self._reserved(target, dimension)
        else:
            self._on_demand(target, dimension)

    def finished(self, header: Header) -> tuple[Mapping[str, str], ...]:
        """Rows as the bundled lists write them, sorted."""
        self._complete()
        return tuple(Row(key, self._found[key], header) for key in sorted(self._found))

    def _on_demand(self, target: Target, dimension: Dimension) -> None:
        if target.by_the_hour and not _HOURS.fullmatch(dimension.unit):
            raise _fault(dimension, f"is a price per {shown(dimension.unit)!r}.", "the price of a node, per Hrs.")
        item = target.item
        if target.tiers == KEPT:
            item = item.format(f"{_bound(dimension, dimension.begin)}-{_bound(dimension, dimension.end)}")
        elif target.tiers == VALKEY_WRITTEN:
            item = _written_tier(dimension)
        self._put(target, dimension, Key(*_place(target), target.engine, item, ON_DEMAND, target.unit), target.scale)

    def _reserved(self, target: Target, dimension: Dimension) -> None:
        lease = _LEASES.get(dimension.lease)
        standard = dimension.offering.lower() in ("", "standard")
        if target.reserved_engine is None or lease is None or dimension.option not in OPTIONS or not standard:
            name = f"reserved: {shown(dimension.lease)} {shown(dimension.option)} {shown(dimension.offering)}".strip()
            self.passed_over[name] = self.passed_over.get(name, 0) + 1
            return
        upfront = dimension.unit.lower() == "quantity"
        if not upfront and not _HOURS.fullmatch(dimension.unit.rpartition("-")[2]):
            raise _fault(dimension, f"is a reserved price per {shown(dimension.unit)!r}.", "Hrs or Quantity.")
        unit = UPFRONT if upfront else target.unit
        key = Key(*_place(target), target.reserved_engine, target.item, f"Reserved {lease} {dimension.option}", unit)
        self._put(target, dimension, _capacity(target, lease, upfront=upfront) if target.reserved_item else key, ONE)

    def _put(self, target: Target, dimension: Dimension, key: Key, scale: Decimal) -> None:
        key = Key(*(self._texts.setdefault(text, text) for text in key))
        begin = int(dimension.begin) if _WHOLE.fullmatch(dimension.begin) else 0
        usd = money.plain(money.product(_usd(dimension), scale))
        new = _Found(self._texts.setdefault(usd, usd), begin, dimension.sku, target)
        old = self._found.get(key)
        self._found[key] = new if old is None else _chosen(old, new)

    def _complete(self) -> None:
        """A term paid wholly at the start may come without its hourly fee, which is nothing then."""
        for key, found in list(self._found.items()):
            if key.unit == UPFRONT and key.term.endswith("All Upfront"):
                hourly = key._replace(unit=found.target.unit)
                note = "all is paid at the start"
                self._found.setdefault(hourly, replace(found, usd="0", derivation=note))


def _chosen(old: _Found, new: _Found) -> _Found:
    if new.target.tiers == HIGHEST:
        higher = max(old, new, key=lambda found: Decimal(found.usd))
        return replace(higher, derivation="the highest of all destinations")
    if old.begin == new.begin and old.usd != new.usd:
        raise InputError(
            f"costs {new.usd}, but SKU {shown(old.sku)} says {old.usd} for the same thing "
            f"({new.target.engine} {new.target.item}, {new.target.region}).",
            source=f"SKU {shown(new.sku)}",
            expected="one price for one thing.",
        )
    return max(old, new, key=lambda found: found.begin)


def _usd(dimension: Dimension) -> Decimal:
    text = dimension.usd.strip()
    if not text:
        raise _fault(dimension, "has no price in USD.", '"pricePerUnit": {"USD": "0.309"}.')
    if not _NUMBER.fullmatch(text):
        raise _fault(dimension, f"costs {shown(text)!r}, which is not a price.", "a number of USD, not below 0.")
    return Decimal(text)


def _bound(dimension: Dimension, text: str) -> str:
    if not (_WHOLE.fullmatch(text) or text == "Inf"):
        raise _fault(dimension, f"has a tier that begins or ends at {shown(text)!r}.", "a number of GB, or Inf.")
    return text


def _written_tier(dimension: Dimension) -> str:
    """Valkey's first 10 TB are free. A list with one tier alone has no free part, and its price is the upper's."""
    begin, end = dimension.begin or "0", dimension.end or "Inf"
    if begin == "0" and end in _FREE_TB:
        return _TEN_TB[0]
    if end == "Inf" and begin in (*_FREE_TB, "0"):
        return _TEN_TB[1]
    raise _fault(dimension, f"has a tier of {shown(begin)} to {shown(end)} GB written.", "tiers that meet at 10 TB.")


def _fault(dimension: Dimension, problem: str, expected: str) -> InputError:
    return InputError(problem, source=f"SKU {shown(dimension.sku)}", expected=expected)


def _place(target: Target) -> tuple[str, str]:
    return target.service, target.region


def _capacity(target: Target, lease: str, *, upfront: bool) -> Key:
    """DynamoDB's reserved prices, which the lists name otherwise than those of nodes."""
    item = target.reserved_item.format("upfront" if upfront else "recurring")
    kind = target.unit.removeprefix("USD/").removesuffix("-hour")
    unit = f"USD upfront per {kind} (sold in blocks of 100)" if upfront else target.unit
    return Key(*_place(target), target.reserved_engine or "", item, f"Reserved {lease}", unit)


def regions_of(rows: tuple[Mapping[str, str], ...]) -> Iterator[str]:
    """Every region the rows are of, sorted."""
    yield from sorted({row["region"] for row in rows})
