"""The measuring runs: a recording replayed on a real cluster."""

from __future__ import annotations

from django.apps import AppConfig


class RunsConfig(AppConfig):
    """Label and key type of this app."""

    name = "planner.runs"
    default_auto_field = "django.db.models.BigAutoField"
