"""Imported price lists beside the bundled ones: kept in versions, one of which is current for a service and region.

    FOLDER/<service>/<list id>/list.json and <region>.csv     written once, under another name, then moved to its place
    FOLDER/current.json                                       service -> region -> list id; replaced whole

So a reader finds a list whole or not at all. A list id is the vendor's version and the start of the content's hash: it names
the same prices for ever. What prices are read from is a `Selection`: the current one, or one that `using` names.
"""

from __future__ import annotations

import csv
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from engine.errors import InputError
from planner.pricing.offers.header import Header
from planner.pricing.offers.services import SERVICES

BUNDLED = "bundled"
CURRENT, ABOUT = "current.json", "list.json"
_ID = re.compile(r"[0-9]{8,20}-[0-9a-f]{8}")
_REGION = re.compile(r"[a-z0-9-]{3,40}")

Row = Mapping[str, str]
# (service, region, list id), sorted. Empty: the bundled lists alone.
Selection = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class ImportedList:
    """A list as it was kept. `id` names its content; `left_out` counts products nothing here prices, by family."""

    service: str
    id: str
    version: str
    published: str
    imported: str
    regions: tuple[str, ...]
    prices: int
    left_out: Mapping[str, int]

    @property
    def source(self) -> str:
        """The name its rows carry."""
        return Header(self.service, self.version, self.published).source


class _Place:
    """Where lists are kept, asked at every use. None until somebody says so: then there are bundled lists only."""

    find: Callable[[], Path] | None = None


P = ParamSpec("P")
R = TypeVar("R")
_pinned: ContextVar[Selection | None] = ContextVar("pinned", default=None)


def keep_in(find: Callable[[], Path] | None) -> None:
    """Say where imported lists are kept (Django's settings do at the start). None: nowhere."""
    _Place.find = find


def steady(function: Callable[P, R]) -> Callable[P, R]:
    """Read all prices of one call from the lists that were current when it began."""

    @wraps(function)
    def held(*args: P.args, **kwargs: P.kwargs) -> R:
        token = _pinned.set(active())
        try:
            return function(*args, **kwargs)
        finally:
            _pinned.reset(token)

    return held


def active() -> Selection:
    """What prices are read from now: what `using` says, else the current lists. Cheap enough to ask at every turn."""
    pinned = _pinned.get()
    return current() if pinned is None else pinned


def current() -> Selection:
    """The lists that are current for each service and region."""
    if _Place.find is None:
        return ()
    path = _Place.find() / CURRENT
    try:
        found = path.stat()
    except OSError:
        return ()
    return _read_current(path, found.st_mtime_ns, found.st_ino, found.st_size)


@contextmanager
def using(selection: Selection) -> Iterator[None]:
    """Prices are read from these lists inside, whatever becomes current meanwhile."""
    for service, region, list_id in selection:
        _rows_path(service, region, list_id)
    token = _pinned.set(selection)
    try:
        yield
    finally:
        _pinned.reset(token)


def rows(selection: Selection, region: str) -> Iterator[Row]:
    """Every imported price of the selection for a region."""
    for service, covered, list_id in selection:
        if covered == region:
            yield from _read_rows(_rows_path(service, region, list_id))


def all_rows(selection: Selection, service: str) -> Iterator[Row]:
    """Every imported price of a service, of all regions. `service`: as rows name it."""
    for code, region, list_id in selection:
        if service.startswith(code):
            yield from (row for row in _read_rows(_rows_path(code, region, list_id)) if row["service"] == service)


def kept() -> tuple[ImportedList, ...]:
    """Every list that was imported, by service, newest first."""
    if _Place.find is None:
        return ()
    folders = (path for path in _Place.find().glob("*/*") if path.parent.name in SERVICES and _ID.fullmatch(path.name))
    found = sorted((_about(path) for path in folders), key=lambda one: (one.imported, one.id), reverse=True)
    return tuple(sorted(found, key=lambda one: one.service))


def find(service: str, version: str) -> ImportedList:
    """A list by its id, or by the vendor's version where only one has it. Raises InputError naming what there is."""
    if service not in SERVICES:
        raise InputError(f"no service {service[:40]!r}.", source="SERVICE", expected=f"one of {', '.join(SERVICES)}.")
    there = [one for one in kept() if one.service == service]
    found = [one for one in there if version in (one.id, one.version)]
    if len(found) == 1:
        return found[0]
    what = f"several lists have version {version[:40]}." if found else f"no list {version[:40]!r} was imported."
    known = ", ".join(one.id for one in found or there) or "none yet"
    raise InputError(what, source="VERSION", expected=f"one of {known}.")


def list_rows(one: ImportedList) -> tuple[Row, ...]:
    """Every price of a list."""
    return tuple(row for region in one.regions for row in _read_rows(_rows_path(one.service, region, one.id)))


def make_current(service: str, version: str) -> Selection:
    """Price from this list in all of its regions from now on; `bundled` goes back to the bundled lists alone."""
    if version == BUNDLED and service in SERVICES:
        return _write_current(entry for entry in current() if entry[0] != service)
    one = find(service, version)
    others = (entry for entry in current() if entry[0] != service or entry[1] not in one.regions)
    return _write_current((*others, *((service, region, one.id) for region in one.regions)))


def selection_named(names: Iterable[tuple[str, str]]) -> Selection:
    """The selection an estimate used, from the names and versions it noted; those of bundled lists are passed over."""
    found = []
    for name, version in names:
        service, _, region = name.partition(" ")
        if service in SERVICES and region:
            found.append((service, region, version))
    return tuple(sorted(found))


def _write_current(entries: Iterable[tuple[str, str, str]]) -> Selection:
    selection = tuple(sorted(entries))
    plain: dict[str, dict[str, str]] = {}
    for service, region, list_id in selection:
        plain.setdefault(service, {})[region] = list_id
    place = folder()
    handle, name = tempfile.mkstemp(dir=place, prefix=f".{CURRENT}.")
    with os.fdopen(handle, "wb") as file:
        file.write(to_json(plain))
        file.flush()
        os.fsync(file.fileno())
    Path(name).replace(place / CURRENT)
    return selection


@lru_cache(maxsize=8)
def _read_current(path: Path, changed: int, inode: int, size: int) -> Selection:
    """By what a replaced file shows of itself, so that every process sees the change at its next question."""
    try:
        data = json.loads(path.read_bytes())
        entries = [(service, region, str(one)) for service, regions in data.items() for region, one in regions.items()]
    except (OSError, ValueError, AttributeError) as error:
        raise InputError("cannot be read.", source=str(path), remedy="Delete it to use the bundled lists.") from error
    return tuple(sorted(entries))


def folder() -> Path:
    """Where lists are kept; made when it is not there."""
    if _Place.find is None:
        raise InputError("there is no folder for price lists.", remedy="Start Headroom with a data folder.")
    place = _Place.find()
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    return place


def _rows_path(service: str, region: str, list_id: str) -> Path:
    """The file of a list's prices for a region. Raises InputError when it is gone."""
    known = service in SERVICES and _REGION.fullmatch(region) and _ID.fullmatch(list_id)
    path = folder() / service / list_id / f"{region}.csv"
    if not known or not path.is_file():
        raise InputError(
            f"the price list {service} {list_id} for {region} is not here.",
            source="price lists",
            remedy="Import it again, or `manage.py prices use` another.",
        )
    return path


@lru_cache(maxsize=64)
def _read_rows(path: Path) -> tuple[Row, ...]:
    """Written once and never changed, so reading it once is enough."""
    with path.open(newline="", encoding="utf-8") as file:
        return tuple(csv.DictReader(file))


def _about(path: Path) -> ImportedList:
    try:
        data = json.loads((path / ABOUT).read_bytes())
        return ImportedList(**{**data, "regions": tuple(data["regions"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise InputError("is not a kept price list.", source=str(path), remedy="Delete the folder.") from error


def to_json(data: object) -> bytes:
    """As the small files beside the lists are written."""
    return json.dumps(data, indent=1, sort_keys=True).encode() + b"\n"
