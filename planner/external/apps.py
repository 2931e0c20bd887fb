"""Runs on clusters of people's own."""

from __future__ import annotations

from django.apps import AppConfig


class ExternalConfig(AppConfig):
    """Label and key type of this app."""

    name = "planner.external"
    default_auto_field = "django.db.models.BigAutoField"
