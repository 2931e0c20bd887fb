"""What live tests share: which processes a test has started and not yet ended."""

from __future__ import annotations

from collections.abc import Callable

import psutil
import pytest

Children = Callable[[], list[psutil.Process]]


@pytest.fixture
def children() -> Children:
    """The living processes that this test started; what other tests keep running does not count."""
    before = set(psutil.Process().children())

    def living() -> list[psutil.Process]:
        started = (each for each in psutil.Process().children() if each not in before)
        return [each for each in started if each.status() != psutil.STATUS_ZOMBIE]

    return living
