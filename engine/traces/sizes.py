"""Sizes for keys whose size the recording does not show: the mean of their family, else of all keys, else unknown."""

from __future__ import annotations

from collections.abc import Iterable

from engine.traces.families import family


class FamilyMeans:
    """Mean payload by key family, from (key, payload bytes) pairs of keys whose size is known."""

    def __init__(self, known: Iterable[tuple[bytes, int]]) -> None:
        self._sums: dict[str, tuple[int, int]] = {}
        count = total = 0
        for key, size in known:
            name = family(key)
            keys, size_sum = self._sums.get(name, (0, 0))
            self._sums[name] = (keys + 1, size_sum + size)
            count, total = count + 1, total + size
        self._overall = total // count if count else None

    def payload(self, key: bytes) -> int | None:
        """The payload to assume for a key, in bytes; None when no size at all is known."""
        keys, total = self._sums.get(family(key), (0, 0))
        return total // keys if keys else self._overall
