"""What can happen to price lists: they are read, kept, compared and made current. Shared by the pages and the command."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from planner.pricing import keeping, lists
from planner.pricing.differences import Differences, against_current
from planner.pricing.lists import ImportedList
from planner.pricing.offers.reading import Offer, read_offer


@dataclass(frozen=True, slots=True)
class Reading:
    """An offer that was read, and what it would change."""

    offer: Offer
    differences: Differences


def read(path: Path, *, name: str = "", skip_families: Collection[str] = ()) -> Reading:
    """Read a file and compare it; nothing is kept. Raises InputError."""
    offer = read_offer(path, name=name, skip_families=skip_families)
    return Reading(offer, against_current(offer.header.service, offer.rows))


def keep(reading: Reading, *, today: date) -> ImportedList:
    """Keep it as a version."""
    return keeping.keep(reading.offer, today=today)


def differences(one: ImportedList) -> Differences:
    """What making a kept list current would change."""
    return against_current(one.service, lists.list_rows(one))


def use(service: str, version: str) -> None:
    """Price from this version from now on; `bundled` from none."""
    lists.make_current(service, version)


def is_current_in(one: ImportedList) -> tuple[str, ...]:
    """The regions that are priced from this list."""
    return tuple(region for service, region, list_id in lists.current() if (service, list_id) == (one.service, one.id))
