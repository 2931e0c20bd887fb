"""Price lists on pages and from the command line; where they are kept."""

from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig
from django.conf import settings


def prices_folder() -> Path:
    """The data folder's part for imported lists."""
    return Path(settings.HEADROOM_DATA) / "prices"


class PricesConfig(AppConfig):
    """Tells the pricing code, which knows no settings, where imported lists are."""

    name = "planner.prices"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """In every process: web server, workers, commands."""
        from planner.pricing import lists

        lists.keep_in(prices_folder)
