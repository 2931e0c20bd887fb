"""The five steps from a workload to an answer."""

from __future__ import annotations

from django.apps import AppConfig


class WizardConfig(AppConfig):
    """Label and key type of this app."""

    name = "planner.wizard"
    default_auto_field = "django.db.models.BigAutoField"
