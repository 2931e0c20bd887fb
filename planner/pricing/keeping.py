"""Keeping an imported offer as a list of its own: a CSV for each region and a note about it, there whole or not at all."""

from __future__ import annotations

import csv
import hashlib
import shutil
import tempfile
from collections.abc import Iterable
from contextlib import ExitStack
from datetime import date
from pathlib import Path

from engine.errors import InputError
from planner.pricing import lists
from planner.pricing.lists import ABOUT, ImportedList, Row
from planner.pricing.offers.reading import Offer
from planner.pricing.offers.rows import COLUMNS, regions_of


def keep(offer: Offer, *, today: date) -> ImportedList:
    """Keep an offer as a version of its own; nothing changes for prices until `make_current`. Keeping it again is the same."""
    parent = lists.folder() / offer.header.service
    parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = Path(tempfile.mkdtemp(dir=parent, prefix=".part-"))
    try:
        _write_rows(partial, offer.rows)
        about = _describe(offer, _digest(partial), today)
        (partial / ABOUT).write_bytes(lists.to_json({name: getattr(about, name) for name in ImportedList.__slots__}))
        _move(partial, parent / about.id)
    except OSError as error:
        raise InputError(f"cannot be written ({error.strerror}).", source=str(parent)) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return lists.find(about.service, about.id)


def _describe(offer: Offer, digest: str, today: date) -> ImportedList:
    return ImportedList(
        service=offer.header.service,
        id=f"{offer.header.version}-{digest[:8]}",
        version=offer.header.version,
        published=offer.header.published,
        imported=today.isoformat(),
        regions=tuple(regions_of(offer.rows)),
        prices=len(offer.rows),
        left_out=offer.left_out,
    )


def _write_rows(folder: Path, rows: Iterable[Row]) -> None:
    """A CSV for each region."""
    writers: dict[str, csv.DictWriter[str]] = {}
    with ExitStack() as files:
        for row in rows:
            region = row["region"]
            if region not in writers:
                file = files.enter_context((folder / f"{region}.csv").open("w", newline="", encoding="utf-8"))
                writers[region] = csv.DictWriter(file, COLUMNS, lineterminator="\n")
                writers[region].writeheader()
            writers[region].writerow({name: row[name] for name in COLUMNS})


def _digest(folder: Path) -> str:
    """Of all names and contents in a folder."""
    found = hashlib.sha256()
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            found.update(f"{path.name} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return found.hexdigest()


def _move(partial: Path, target: Path) -> None:
    """In one step, so a folder is there whole or not at all. Who comes second finds the same content there."""
    try:
        partial.rename(target)
    except OSError:
        if not target.is_dir():
            raise
