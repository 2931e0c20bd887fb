"""What would change if a list became current: prices added, changed (largest change first), gone.

Compared with what its service's prices are read from now, in the regions the list covers: the current imported list, or the
bundled one. Gone: an imported price that the new list lacks (the bundled price counts again), never a bundled one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache

from planner.pricing import lists
from planner.pricing.catalogue import Catalogue, Price, catalogue
from planner.pricing.catalogue import regions as known_regions

Row = Mapping[str, str]
_KEY = ("region", "service", "engine", "item", "term", "unit")


@dataclass(frozen=True, slots=True)
class Change:
    """One price before and after; None where there is none. `unit` is the row's, USD per something."""

    region: str
    service: str
    engine: str
    item: str
    term: str
    unit: str
    before: Decimal | None
    after: Decimal | None
    was: str = ""  # the provenance of `before`

    @property
    def percent(self) -> Decimal | None:
        """How much dearer (above 0) or cheaper it became; None from or to nothing, and from a price of 0."""
        if self.before is None or self.after is None or not self.before:
            return None
        return ((self.after / self.before - 1) * 100).quantize(Decimal("0.01"))

    @property
    def name(self) -> str:
        """In words: `Valkey db.r6g.large`."""
        term = "" if self.term == "OnDemand" else self.term
        return " · ".join(part for part in (self.engine, self.item, term) if part)


@dataclass(frozen=True, slots=True)
class Differences:
    """`same`: how many prices stay what they are."""

    added: tuple[Change, ...]
    changed: tuple[Change, ...]
    gone: tuple[Change, ...]
    same: int

    @property
    def is_empty(self) -> bool:
        """Whether nothing changes."""
        return not (self.added or self.changed or self.gone)


def against_current(service: str, rows: Iterable[Row]) -> Differences:
    """What these rows of a service (the vendor's code) would change."""
    selection = lists.current()
    rows = tuple(rows)
    with lists.using(selection):
        changes, same = _compared(rows)
    gone = _gone(service, rows, selection)
    changed = [change for change in changes if change.before is not None]
    return Differences(
        added=tuple(sorted((change for change in changes if change.before is None), key=_by_name)),
        changed=tuple(sorted(changed, key=lambda change: (-_size(change), *_by_name(change)))),
        gone=tuple(sorted(gone, key=_by_name)),
        same=same,
    )


def _compared(rows: tuple[Row, ...]) -> tuple[list[Change], int]:
    changes, same = [], 0
    known = set(known_regions())
    now = {region: catalogue(region) for region in {row["region"] for row in rows} if region in known}
    for row in rows:
        before = _price(now.get(row["region"]), row)
        after = _usd(row["price_usd"])
        if before is not None and before.usd == after:
            same += 1
            continue
        changes.append(_change(row, before.usd if before else None, after, before.provenance if before else ""))
    return changes, same


def _price(prices: Catalogue | None, row: Row) -> Price | None:
    """The price counted with now, per the same unit."""
    if prices is None:
        return None
    found = prices.prices.get((row["service"], row["engine"], row["item"], row["term"]), ())
    return next((price for price in found if price.unit == row["unit"]), None)


def _gone(service: str, rows: tuple[Row, ...], selection: lists.Selection) -> list[Change]:
    after = {tuple(row[name] for name in _KEY) for row in rows}
    found = []
    for region in {row["region"] for row in rows}:
        own = tuple(entry for entry in selection if entry[:2] == (service, region))
        for row in lists.rows(own, region):
            key = tuple(row[name] for name in _KEY)
            if key not in after:
                found.append(_change(row, Decimal(row["price_usd"]), None, row["provenance"]))
    return found


def _change(row: Row, before: Decimal | None, after: Decimal | None, was: str) -> Change:
    region, service, engine, item, term, unit = (row[name] for name in _KEY)
    return Change(region, service, engine, item, term, unit, before, after, was)


@lru_cache(maxsize=1 << 14)
def _usd(text: str) -> Decimal:
    """One object for equal prices: a large list has hundreds of thousands of them."""
    return Decimal(text)


def _by_name(change: Change) -> tuple[str, ...]:
    return change.region, change.service, change.engine, change.item, change.term, change.unit


def _size(change: Change) -> Decimal:
    percent = change.percent
    return Decimal("Infinity") if percent is None else abs(percent)
