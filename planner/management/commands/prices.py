"""`manage.py prices`: import the vendor's price lists, see what they change, and choose which to price from.

Bad input, and a vendor that cannot be asked, is one line on standard error and exit status 2.
"""

from __future__ import annotations

import sys
import tempfile
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from engine.errors import InputError
from planner.prices import services, vendor, wording
from planner.prices.services import Reading
from planner.pricing import lists
from planner.pricing.offers.services import SERVICES


class Command(BaseCommand):
    """Five words: import, refresh, list, diff, use."""

    help = "Import the vendor's price lists, compare them with the ones in use, and choose which to price from."
    requires_system_checks: list[str] = []  # noqa: RUF012 - Django declares it so; prices need no database

    def add_arguments(self, parser: ArgumentParser) -> None:
        """One sub-command each."""
        words = parser.add_subparsers(dest="word", required=True, metavar="import|refresh|list|diff|use")
        one = words.add_parser("import", help="read an offer file, show what it changes, make it current")
        one.add_argument("file", metavar="FILE", help="bulk JSON or CSV, or a Query API answer; plain or gzip")
        _import_options(one)
        one = words.add_parser("refresh", help="ask the vendor's price list service and import the answer")
        one.add_argument("--service", choices=[*SERVICES], help="one service (all)")
        one.add_argument("--region", default="us-east-1", help="one region (us-east-1)")
        _import_options(one)
        words.add_parser("list", help="every imported list, and what is current")
        for word, text in (
            ("diff", "what making a list current would change"),
            ("use", "price from a list from now on"),
        ):
            one = words.add_parser(word, help=text)
            one.add_argument("service", metavar="SERVICE", help=f"one of {', '.join(SERVICES)}")
            known = "its version; `bundled`: back to the bundled lists" if word == "use" else "its version"
            one.add_argument("version", metavar="VERSION", help=known)

    def handle(self, *args: Any, word: str, **options: Any) -> None:
        """Do what the word says, or say in one line what is wrong."""
        try:
            getattr(self, f"_{word}")(options)
        except InputError as error:
            self.stderr.write(f"error: {error}")
            sys.exit(2)

    def _import(self, options: dict[str, Any]) -> None:
        self._take(Path(options["file"]), options, name=options["file"])

    def _refresh(self, options: dict[str, Any]) -> None:
        for service in [options["service"]] if options["service"] else SERVICES:
            with tempfile.TemporaryDirectory(prefix="headroom-prices-") as folder:
                path = Path(folder) / "answer.jsonl"
                vendor.download(service, options["region"], path)
                self._take(path, options, name=f"the vendor's answer for {service} in {options['region']}")

    def _take(self, path: Path, options: dict[str, Any], *, name: str) -> None:
        reading = services.read(path, name=name, skip_families=options["skip_family"])
        self._describe(reading)
        for line in wording.lines(reading.differences):
            self.stdout.write(line)
        if options["dry_run"]:
            self.stdout.write("Nothing was kept (--dry-run).")
            return
        one = services.keep(reading, today=timezone.now().date())
        if options["keep_only"]:
            self.stdout.write(f"Kept. To price from it: manage.py prices use {one.service} {one.id}")
            return
        services.use(one.service, one.id)
        self.stdout.write(f"Current from now on: {one.service} {one.id}")

    def _describe(self, reading: Reading) -> None:
        header, offer = reading.offer.header, reading.offer
        regions = len({row["region"] for row in offer.rows})
        where = f"{len(offer.rows):,} prices of {regions} region{'' if regions == 1 else 's'}"
        self.stdout.write(f"{header.service} version {header.version}, published {header.published}: {where}.")
        left = ", ".join(f"{family} {count:,}" for family, count in sorted(offer.left_out.items()))
        if left:
            self.stdout.write(f"Left out, no design is priced from them (products by family): {left}.")
        passed = ", ".join(f"{name} {count:,}" for name, count in sorted(offer.passed_over.items()))
        if passed:
            self.stdout.write(f"Left out, other reserved terms than the three (prices): {passed}.")

    def _list(self, options: dict[str, Any]) -> None:
        today = timezone.now().date()
        for one in lists.kept():
            current = services.is_current_in(one)
            age = wording.age_days(one.published, today)
            old = "  OLD" if wording.is_stale(age) else ""
            used = f"current in {', '.join(current)}" if current else "not in use"
            what = f"{one.service} {one.id}  published {one.published} ({age} days ago){old}"
            self.stdout.write(f"{what}  {one.prices:,} prices  {used}")
        if not lists.kept():
            self.stdout.write("No list was imported; the bundled lists are in use.")

    def _diff(self, options: dict[str, Any]) -> None:
        for line in wording.lines(services.differences(lists.find(options["service"], options["version"]))):
            self.stdout.write(line)

    def _use(self, options: dict[str, Any]) -> None:
        service, version = options["service"], options["version"]
        if version != lists.BUNDLED:
            version = lists.find(service, version).id
        services.use(service, version)
        self.stdout.write(f"Current from now on: {service} {version}")


def _import_options(parser: ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="show what would change and keep nothing")
    parser.add_argument("--keep-only", action="store_true", help="keep the list without pricing from it yet")
    parser.add_argument(
        "--skip-family", action="append", default=[], metavar="NAME", help="leave this unknown product family out"
    )
