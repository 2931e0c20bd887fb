"""One command as a rule sees it, and the words every rule uses."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from engine import expiry
from engine.replication.dialect import Dialect
from engine.replication.values import Keys, Refused

Words = tuple[bytes, ...]
Effects = list[Words]
NOTHING: Effects = []


@dataclass(frozen=True, slots=True)
class Call:
    """A command at a moment. `args` come after the canonical `name`. `unknown_clock`: the recording does not tell the time
    of day, so absolute times in it cannot be told from now and are taken not to come."""

    name: str
    args: tuple[bytes, ...]
    now_ms: int
    keys: Keys
    dialect: Dialect
    unknown_clock: bool = False

    @property
    def key(self) -> bytes:
        """The first argument."""
        if not self.args:
            raise Refused
        return self.args[0]

    def arg(self, place: int) -> bytes:
        """An argument; the engine refuses a call that lacks it."""
        if place >= len(self.args):
            raise Refused
        return self.args[place]

    def verbatim(self, *, when: object = True) -> Effects:
        """The command as it was sent."""
        return [(*self.name.encode().split(b" "), *self.args)] if when else NOTHING

    def dropped(self, key: bytes) -> Effects:
        """The key is deleted because its time is over."""
        return [(self.dialect.dropped, key)]

    def deadline_ms(self) -> int | None:
        """The Unix time in ms that the command sets, None when it sets none. Raises Refused for one it cannot set."""
        place = expiry.time_place(self.name, self.args)
        if place is None:
            return None
        time = number(self.args[place.place]) * place.unit_ms
        if not place.absolute:
            return self.now_ms + time
        return max(time, self.now_ms + 1) if self.unknown_clock else time

    def options(self, start: int) -> list[bytes]:
        """Arguments from `start` on, in upper case."""
        return [word.upper() for word in self.args[start:]]


Rule = Callable[[Call], Effects]


def number(word: bytes) -> int:
    """An integer as the engines read it: no blanks, no sign but a minus, no zeros in front. Raises Refused."""
    digits = word.removeprefix(b"-")
    if not digits.isdigit() or len(word) > 20 or (digits[:1] == b"0" and word != b"0"):
        raise Refused
    return int(word)


def after(words: Sequence[bytes], word: bytes) -> bytes | None:
    """What stands after an option word."""
    return next((value for name, value in pairwise(words) if name == word), None)


def span(start: int, stop: int, count: int) -> int:
    """How many of `count` elements the range from `start` to `stop` covers, both counted as the engines do."""
    first = max(start + count if start < 0 else start, 0)
    last = min(stop + count if stop < 0 else stop, count - 1)
    return max(last - first + 1, 0)
