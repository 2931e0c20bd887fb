"""Long tasks."""

from __future__ import annotations

from django.apps import AppConfig


class JobsConfig(AppConfig):
    """One row per long task: its state, its progress, whether it should stop."""

    name = "planner.jobs"
    default_auto_field = "django.db.models.BigAutoField"
