"""Price lists as the pages show them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from planner.prices import services, wording
from planner.pricing import lists
from planner.pricing.catalogue import ON_DEMAND, PRICE_FILES, newest_date, price_list
from planner.pricing.differences import Change, Differences
from planner.pricing.lists import ImportedList
from planner.pricing.money import plain

MOST_ROWS = 200
_SHOWN_REGIONS = 4


@dataclass(frozen=True, slots=True)
class BundledRow:
    """A bundled list. Shares are percent of its prices; `age` is that of its newest price in days."""

    name: str
    version: str
    oldest: str
    newest: str
    age: int | None
    stale: bool
    prices: int
    regions: int
    read: int
    derived: int


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """An imported list. `current`: the regions that are priced from it, in words; empty: none."""

    list: ImportedList
    age: int | None
    stale: bool
    regions: str
    current: str


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """One price before and after, as text with its unit."""

    region: str
    name: str
    before: str
    after: str
    unit: str
    percent: str
    was: str


@dataclass(frozen=True, slots=True)
class Section:
    """One table of changes; `more`: how many are not shown."""

    title: str
    rows: tuple[ChangeRow, ...]
    count: int

    @property
    def more(self) -> int:
        """Rows beyond those shown."""
        return self.count - len(self.rows)


def bundled(today: date) -> Iterator[BundledRow]:
    """Every bundled list, by name."""
    for name in PRICE_FILES:
        found = price_list(name)
        rows = [row for rows in found.rows.values() for row in rows if row["unit"].startswith("USD")]
        days = sorted(filter(None, (newest_date(row["as_of"]) for row in rows if row["term"] == ON_DEMAND))) or sorted(
            filter(None, (newest_date(row["as_of"]) for row in rows))
        )
        oldest, newest = (days[0], days[-1]) if days else ("", "")
        kinds = Counter("derived" if row["provenance"] == "derived" else "read" for row in rows)
        age = wording.age_days(newest, today)
        read = round(100 * kinds["read"] / len(rows))
        yield BundledRow(
            name=name,
            version=found.version,
            oldest=oldest,
            newest=newest,
            age=age,
            stale=wording.is_stale(age),
            prices=len(rows),
            regions=len([region for region in found.rows if region != "all"]),
            read=read,
            derived=100 - read,
        )


def imported(today: date) -> Iterator[ImportedRow]:
    """Every imported list, by service, newest first."""
    for one in lists.kept():
        yield imported_row(one, today)


def imported_row(one: ImportedList, today: date) -> ImportedRow:
    """One imported list."""
    age = wording.age_days(one.published, today)
    current = services.is_current_in(one)
    everywhere = current and len(current) == len(one.regions)
    words = "all its regions" if everywhere and len(current) > 1 else _few(current)
    return ImportedRow(one, age, wording.is_stale(age), _few(one.regions), words)


def sections(found: Differences) -> tuple[Section, ...]:
    """Changed, added, gone: those there are."""
    kinds = (("Changed, largest first", found.changed), ("Added", found.added), ("Gone", found.gone))
    return tuple(
        Section(title, tuple(_row(change) for change in changes[:MOST_ROWS]), len(changes))
        for title, changes in kinds
        if changes
    )


def _row(change: Change) -> ChangeRow:
    return ChangeRow(
        region=change.region,
        name=change.name,
        before="–" if change.before is None else plain(change.before),
        after="–" if change.after is None else plain(change.after),
        unit=change.unit,
        percent=wording.percent(change),
        was=change.was,
    )


def _few(regions: tuple[str, ...]) -> str:
    """The first regions by name, the rest by number."""
    shown = ", ".join(regions[:_SHOWN_REGIONS])
    more = len(regions) - _SHOWN_REGIONS
    return f"{shown} and {more} more" if more > 0 else shown
