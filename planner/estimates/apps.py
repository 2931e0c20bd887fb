"""The answers: what a workload needs and what it costs."""

from __future__ import annotations

from django.apps import AppConfig


class EstimatesConfig(AppConfig):
    """Label and key type of this app."""

    name = "planner.estimates"
    default_auto_field = "django.db.models.BigAutoField"
