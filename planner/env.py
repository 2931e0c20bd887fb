"""Settings from the environment, through three helpers that fail loudly.

A variable that is set but cannot be understood stops the start with a sentence that names it; a variable that is not
set, or set to nothing, means the default.
"""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off"})


def text(name: str, default: str) -> str:
    """The variable as it stands, without surrounding space."""
    return os.environ.get(name, "").strip() or default


def flag(name: str, default: bool) -> bool:
    """A yes or no. Raises ImproperlyConfigured on anything else."""
    value = os.environ.get(name, "").strip().lower()
    if not value:
        return default
    if value in _TRUE or value in _FALSE:
        return value in _TRUE
    raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no. Say 1 or 0.")


def number(name: str, default: int, *, low: int = 0, high: int | None = None) -> int:
    """A whole number not below `low` and not above `high`. Raises ImproperlyConfigured on anything else."""
    value = os.environ.get(name, "").strip()
    if not value:
        return default
    try:
        parsed = int(value.replace("_", ""))
    except ValueError:
        raise ImproperlyConfigured(f"{name}={value!r} is not a whole number.") from None
    if parsed < low:
        raise ImproperlyConfigured(f"{name}={parsed} is below {low}, the least that makes sense.")
    if high is not None and parsed > high:
        raise ImproperlyConfigured(f"{name}={parsed} is above {high}, the most that is possible.")
    return parsed
