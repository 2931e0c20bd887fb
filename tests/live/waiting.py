"""Waiting for something real to happen: looks often, gives up late, and says what it waited for."""

from __future__ import annotations

import time
from collections.abc import Callable


def wait_until(condition: Callable[[], object], what: str, *, limit_s: float = 120.0) -> None:
    """Return as soon as `condition` holds. The limit only keeps a broken test from hanging; it is no timing assertion."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, f"waited {limit_s:.0f} s in vain for {what}"
        time.sleep(0.02)
