"""`manage.py sign_in_link`: another one-time link into the Headroom that runs here."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from planner.accounts import links
from planner.accounts.services import LOCAL_USER
from planner.supervision.claim import read_running


class Command(BaseCommand):
    """Print a fresh link."""

    help = "Prints a link that signs in once, within an hour, to the Headroom that `manage.py up` runs here."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """For whom."""
        parser.add_argument("--user", default=LOCAL_USER, help=f"who signs in; created if new ({LOCAL_USER})")

    def handle(self, *args: Any, **options: Any) -> str:
        """The link, if there is something to sign in to."""
        running = read_running(settings.HEADROOM_DATA)
        if running is None or not running.url:
            raise CommandError("Headroom does not run here. Start it with `make run`; it prints a link itself.")
        return links.new_link(running.url, now=timezone.now(), username=options["user"])
