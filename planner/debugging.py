"""What an error page of Django may show: with debugging on, too, nothing of requests and calls that are marked as sensitive.

Django leaves its filter off while debugging, when the page with every local variable is what one wants; not of passwords.
"""

from __future__ import annotations

from django.http import HttpRequest
from django.views.debug import SafeExceptionReporterFilter


class AlwaysDiscreet(SafeExceptionReporterFilter):
    """Django's filter, on at all times."""

    def is_active(self, request: HttpRequest | None) -> bool:
        """Yes."""
        return True
