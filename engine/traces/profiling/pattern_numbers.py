"""Key families by number: as many as are worth telling apart, the others together under one."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.traces.families import family
from engine.traces.profiling.key_hashing import I32

FAMILIES_COUNTED = 20_000  # patterns met after that many are counted together
OTHER = "(other)"


class PatternNumbers:
    """A number for each family, in the order of appearance."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}

    def of(self, keys: Sequence[bytes]) -> I32:
        """The family of each key."""
        return np.fromiter((self._of(family(key)) for key in keys), np.int32, len(keys))

    def _of(self, pattern: str) -> int:
        found = self._numbers.get(pattern)
        if found is None:
            if len(self._numbers) >= FAMILIES_COUNTED:
                pattern = OTHER
            found = self._numbers.setdefault(pattern, len(self._numbers))
        return found

    def __len__(self) -> int:
        return len(self._numbers)

    @property
    def patterns(self) -> tuple[str, ...]:
        """Patterns in the order of their numbers."""
        return tuple(self._numbers)
