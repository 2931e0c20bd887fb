"""The project itself as a Django app: its commands and its system checks."""

from __future__ import annotations

from django.apps import AppConfig


class PlannerConfig(AppConfig):
    """Registers the system checks of `planner.checks`."""

    name = "planner"
    label = "planner"
    verbose_name = "Headroom"

    def ready(self) -> None:
        """Checks register themselves when imported."""
        from planner import checks  # noqa: F401 - imported for its registrations
