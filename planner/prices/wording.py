"""Price lists in words: changes as lines of text, ages in days."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from planner.pricing.catalogue import newest_date
from planner.pricing.differences import Change, Differences
from planner.pricing.money import plain
from planner.sizing.flags import STALE_DAYS

MOST_LINES = 40


def age_days(date_text: str, today: date) -> int | None:
    """Days since the newest date of a text; a month or year alone counts from near its end. None: undated."""
    found = newest_date(date_text)
    if not found:
        return None
    return max((today - date.fromisoformat(found + "-12-28"[3 * found.count("-") :])).days, 0)


def is_stale(age: int | None) -> bool:
    """Whether a reader should be warned."""
    return age is None or age > STALE_DAYS


def percent(change: Change) -> str:
    """`+12.50 %`."""
    return "" if change.percent is None else f"{change.percent:+} %"


def lines(found: Differences, *, most: int = MOST_LINES) -> Iterator[str]:
    """The differences for a terminal: changed first, the largest change on top."""
    if found.is_empty:
        yield f"Nothing changes: all {found.same:,} prices are what they are now."
        return
    yield (
        f"{len(found.changed):,} changed, {len(found.added):,} added, {len(found.gone):,} gone, {found.same:,} stay the same."
    )
    for title, changes in (("Changed", found.changed), ("Added", found.added), ("Gone", found.gone)):
        yield from _section(title, changes, most)


def _section(title: str, changes: Sequence[Change], most: int) -> Iterator[str]:
    if changes:
        yield f"{title}:"
    for change in changes[:most]:
        yield f"  {change.region:<15} {change.name}: {_prices(change)}"
    if len(changes) > most:
        yield f"  … and {len(changes) - most:,} more"


def _prices(change: Change) -> str:
    if change.before is None or change.after is None:
        usd = change.after if change.before is None else change.before
        return f"{plain(usd) if usd is not None else '–'} {change.unit}"
    was = "" if change.was == "read" else f" ({change.was})"
    return f"{plain(change.before)}{was} -> {plain(change.after)} {change.unit}  {percent(change)}".rstrip()
