"""One-time sign-in links. Only the hash of a token is stored: a copy of the database signs nobody in."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class SignInToken(models.Model):
    """A link that signs its user in once, until it expires.

    made -> used        by a conditional UPDATE on `used_at`, so that of two openers only one gets in
         -> expired     when `expires_at` has passed
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="sign_in_tokens")
    token_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sign-in link of {self.user_id}"
