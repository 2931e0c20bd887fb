"""What a price list says of itself: which service, which version, published when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from engine.errors import InputError
from planner.pricing.offers.product import shown
from planner.pricing.offers.services import SERVICES
from planner.pricing.offers.target import Service

_VERSION = re.compile(r"[0-9]{8,20}")
_DAY = re.compile(r"[0-9]{4}-[0-9][0-9]-[0-9][0-9]")


@dataclass(frozen=True, slots=True)
class Header:
    """`service`: the vendor's code; `version`: its stamp; `published`: a day."""

    service: str
    version: str
    published: str

    @property
    def source(self) -> str:
        """As a row of a price list names it."""
        return f"vendor offer file {self.service} version {self.version} published {self.published}"

    @property
    def reads(self) -> Service:
        """How the service's products are read."""
        return SERVICES[self.service]


def header_of(service: object, version: object, published: object, name: str) -> Header:
    """A checked header. Raises InputError naming the field that is missing or wrong."""
    if not isinstance(service, str) or service not in SERVICES:
        found = f"is the list of {shown(service)!r}." if isinstance(service, str) else "does not name its service."
        raise InputError(found, source=f"{name}, offerCode", expected=f"one of {', '.join(SERVICES)}.")
    day = published[:10] if isinstance(published, str) else ""
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        found = "is missing." if not version else f"{shown(str(version))!r} is not a version."
        raise InputError(found, source=f"{name}, version", expected='a stamp such as "20250326233433".')
    if not _DAY.fullmatch(day) or not _is_day(day):
        found = "is missing." if not published else f"{shown(str(published))!r} is not a date."
        raise InputError(found, source=f"{name}, publicationDate", expected='such as "2025-03-26T23:34:33Z".')
    return Header(service, version, day)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
