"""The sign-in link as it is printed."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse

from planner.accounts import services


def new_link(url: str, *, now: datetime, username: str = services.LOCAL_USER) -> str:
    """A fresh one-time link into the server at `url`."""
    token = services.create_token(user=services.local_user(username=username), now=now)
    return f"{url}{reverse('accounts:sign-in-link', args=[token])}"
