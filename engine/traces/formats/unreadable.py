"""The account of lines that cannot be read, one for every text format: 20 are always forgiven, and 5 % of all lines."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.errors import InputError

SHARE = 0.05
FEWEST = 20
UNREADABLE = "unreadable line"
TRUNCATED = "truncated last line"
_NAMED = 5


class Unreadable:
    """Counts them among what was `skipped`, and names the first."""

    def __init__(self, skipped: Counter[str]) -> None:
        self._skipped = skipped
        self._named: list[int] = []

    def leave_out(self, lines: Sequence[int]) -> None:
        """Lines (from 1, in order) that are nothing."""
        if lines:
            self._skipped[UNREADABLE] += len(lines)
            self._named = sorted([*self._named, *lines[:_NAMED]])[:_NAMED]

    def cut_off(self) -> None:
        """The last line has no end: what it says is not known."""
        self._skipped[TRUNCATED] += 1

    def tolerate(self, lines: int, *, source: str, expected: str, share: float = SHARE) -> None:
        """Raise InputError when more than that share of so many lines was left out."""
        broken = self._skipped[UNREADABLE]
        if broken > FEWEST and broken > share * lines:
            raise InputError(
                f"{broken} of {lines} lines cannot be read; this is the first.",
                source=source,
                line=self._named[0],
                expected=expected,
            )

    def notes(self, lines: int) -> Iterator[str]:
        """What was left out of so many lines, in sentences."""
        if self._named:
            more = self._skipped[UNREADABLE] - len(self._named)
            named = ", ".join(map(str, self._named)) + (f" and {more} more" if more else "")
            yield f"Unreadable lines were left out: {named}."
        if self._skipped[TRUNCATED]:
            yield f"The last line ({lines}) is cut off and was left out."
