"""The recordings that people bring: uploaded, imported, profiled."""

from __future__ import annotations

from django.apps import AppConfig


class TracesConfig(AppConfig):
    """Label and key type of this app."""

    name = "planner.traces"
    default_auto_field = "django.db.models.BigAutoField"
