"""Making and using sign-in links."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta

from django.contrib.auth import get_user_model
from django.contrib.auth.models import User

from planner.accounts.models import SignInToken

LINK_LIFETIME = timedelta(hours=1)
LOCAL_USER = "local"


def token_hash(token: str) -> str:
    """What is stored of a token. A plain SHA-256 is enough for 256 random bits; there is nothing to guess."""
    return hashlib.sha256(token.encode()).hexdigest()


def local_user(*, username: str = LOCAL_USER) -> User:
    """A person by name, created on first use, without a password. The one at this machine may import price lists."""
    users = get_user_model().objects
    user, created = users.get_or_create(username=username)
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    if username == LOCAL_USER and not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])
    return user


def create_token(*, user: User, now: datetime) -> str:
    """A new token for `user`; older ones that were used or have expired are removed."""
    SignInToken.objects.filter(expires_at__lt=now - timedelta(days=1)).delete()
    token = secrets.token_urlsafe(32)
    SignInToken.objects.create(user=user, token_hash=token_hash(token), created_at=now, expires_at=now + LINK_LIFETIME)
    return token


def use_token(*, token: str, now: datetime) -> User | None:
    """The user the token belongs to, the first time and in time; else None."""
    ours = SignInToken.objects.filter(token_hash=token_hash(token))
    if not ours.filter(used_at=None, expires_at__gt=now, user__is_active=True).update(used_at=now):
        return None
    return ours.select_related("user").get().user
