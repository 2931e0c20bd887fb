"""From prices of products to rows of a price list: tiers, reserved terms, and two prices that would be one row.

Nothing is guessed: a price that is not a number, below nothing or in another currency, a tier nobody knows, or two different
prices for the same thing raise InputError that names the SKU.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from engine.errors import InputError
from planner.pricing import money
from planner.pricing.offers.header import Header
from planner.pricing.offers.product import Dimension, shown
from planner.pricing.offers.target import HIGHEST, KEPT, VALKEY_WRITTEN, Target

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
_READ, _LABELLED = "read", "read (label derived)"


@dataclass(frozen=True, slots=True)
class Key:
    """What makes two prices the same row."""

    service: str
    region: str
    engine: str
    item: str
    term: str
    unit: str


@dataclass(frozen=True, slots=True)
class _Found:
    """The price of a key so far; of several tiers, the one that begins last."""

    usd: Decimal
    begin: int
    sku: str
    target: Target
    derivation: str = ""


class Rows:
    """Collects prices one by one; `finished` gives the rows."""

    def __init__(self) -> None:
        self._found: dict[Key, _Found] = {}
        self.passed_over: dict[str, int] = {}

    def add(self, target: Target, dimension: Dimension) -> None:
        """One price. Raises InputError for one that cannot be."""
        if dimension.option or dimension.lease:
            self._reserved(target, dimension)
        else:
            self._on_demand(target, dimension)

    def finished(self, header: Header) -> tuple[dict[str, str], ...]:
        """Rows as the bundled lists write them, sorted."""
        self._complete()
        rows = [_row(key, found, header) for key, found in self._found.items()]
        return tuple(sorted(rows, key=lambda row: [row[name] for name in COLUMNS[:6]]))

    def _on_demand(self, target: Target, dimension: Dimension) -> None:
        if target.by_the_hour and not _HOURS.fullmatch(dimension.unit):
            raise _fault(dimension, f"is a price per {shown(dimension.unit)!r}.", "the price of a node, per Hrs.")
        item = target.item
        if target.tiers == KEPT:
            item = item.format(f"{_bound(dimension, dimension.begin)}-{_bound(dimension, dimension.end)}")
        elif target.tiers == VALKEY_WRITTEN:
            item = _written_tier(dimension)
        self._put(replace(target, item=item), dimension, ON_DEMAND, target.unit, target.scale)

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
        if target.reserved_item:
            self._reserved_capacity(target, dimension, lease, upfront=upfront)
            return
        term = f"Reserved {lease} {dimension.option}"
        named = replace(target, engine=target.reserved_engine)
        self._put(named, dimension, term, UPFRONT if upfront else target.unit, Decimal(1))

    def _reserved_capacity(self, target: Target, dimension: Dimension, lease: str, *, upfront: bool) -> None:
        """DynamoDB's, which the lists name otherwise than nodes."""
        item = target.reserved_item.format("upfront" if upfront else "recurring")
        kind = target.unit.removeprefix("USD/").removesuffix("-hour")
        unit = f"USD upfront per {kind} (sold in blocks of 100)" if upfront else target.unit
        self._put(replace(target, item=item), dimension, f"Reserved {lease}", unit, Decimal(1))

    def _put(self, target: Target, dimension: Dimension, term: str, unit: str, scale: Decimal) -> None:
        key = Key(target.service, target.region, target.engine, target.item, term, unit)
        begin = int(dimension.begin) if _WHOLE.fullmatch(dimension.begin) else 0
        new = _Found(money.product(_usd(dimension), scale), begin, dimension.sku, target)
        old = self._found.get(key)
        self._found[key] = new if old is None else _chosen(old, new)

    def _complete(self) -> None:
        """A term paid wholly at the start may come without its hourly fee, which is nothing then."""
        for key, found in list(self._found.items()):
            if key.unit == UPFRONT and key.term.endswith("All Upfront"):
                hourly = replace(key, unit=found.target.unit)
                note = "all is paid at the start"
                self._found.setdefault(hourly, replace(found, usd=Decimal(0), derivation=note))


def _chosen(old: _Found, new: _Found) -> _Found:
    if new.target.tiers == HIGHEST:
        higher = max(old, new, key=lambda found: found.usd)
        return replace(higher, derivation="the highest of all destinations")
    if old.begin == new.begin and old.usd != new.usd:
        raise InputError(
            f"costs {money.plain(new.usd)}, but SKU {shown(old.sku)} says {money.plain(old.usd)} for the same thing "
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


def _row(key: Key, found: _Found, header: Header) -> dict[str, str]:
    target = found.target
    values = (
        key.service, key.region, key.engine, key.item, key.term, key.unit, money.plain(found.usd),
        target.vcpu, target.memory_gib, target.network,
        header.published, _LABELLED if found.derivation else _READ, found.derivation, header.source,
    )  # fmt: skip
    return dict(zip(COLUMNS, values, strict=True))


def regions_of(rows: tuple[Mapping[str, str], ...]) -> Iterator[str]:
    """Every region the rows are of, sorted."""
    yield from sorted({row["region"] for row in rows})
