"""Who is signed in."""

from __future__ import annotations

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Users are Django's own; this app adds the one-time links they sign in with."""

    name = "planner.accounts"
    default_auto_field = "django.db.models.BigAutoField"
