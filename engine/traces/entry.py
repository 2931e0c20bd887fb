"""What a recording shows of one key, and what a command does to it in terms of a database's items.

A string and a hash are one item; every element of a list, set, sorted set or stream is an item of its own (key and
element). A size that the recording does not show counts as no bytes. `items.py` turns bytes into units.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

NUMBER_BYTES = 8  # a counter's value, and the score kept with a member
MOST_ITEM_BYTES = 400 * 1024  # DynamoDB's limit; a larger hash would have to be split
Items = tuple[tuple[int, int], ...]
"""(bytes of each item, key included; how many such items)."""


class Touch(NamedTuple):
    """Items written (the larger of before and after) and requests read: one item, or one query over several.

    `wanted`: the client asked for the value, so a cache that holds the key would have answered. Reads always want.
    `refused`: a condition (NX, XX) was not met and nothing changed; it is billed all the same.
    """

    written: Items = ()
    read: Items = ()
    wanted: bool = False
    refused: bool = False


@dataclass(slots=True)
class Entry:
    """What is known of one key. `size`: payload bytes. `count`: elements, 0 for strings and hashes.

    `names` holds the bytes of each hash field (with value) or member. `known`: the recording showed a size. `gone`: the
    recording showed that the key does not exist. `deadline_us`: when it expires, on the trace's clock.
    """

    size: int = 0
    count: int = 0
    names: dict[bytes, int] | None = None
    many: bool = False
    known: bool = False
    gone: bool = False
    deadline_us: int | None = None

    def put(self, name: bytes, size: int) -> int:
        """Store a named part of `size` bytes; returns what it measured before."""
        if self.names is None:
            self.names = {}
        before = self.names.get(name, 0)
        self.count += self.many and name not in self.names
        self.names[name] = size
        self.size += size - before
        self.known = True
        return before

    def drop(self, name: bytes) -> int:
        """Remove a named part; returns what it measured, 0 when it was not known."""
        if self.names is None or name not in self.names:
            return 0
        before = self.names.pop(name)
        self.count -= self.many
        self.size -= before
        return before

    def push(self, size: int) -> None:
        """Add an element without a name (lists, streams)."""
        self.many = self.known = True
        self.count += 1
        self.size += size

    def take(self, count: int) -> int:
        """Remove up to `count` elements; returns how many. Of unnamed elements the mean leaves."""
        count = max(0, min(count, self.count))
        if self.names:
            for name in list(islice(self.names, count)):
                self.drop(name)
        elif count:
            self.size -= self.size * count // self.count
            self.count -= count
        return count

    def clear(self) -> None:
        """The key no longer exists."""
        self.size = self.count = 0
        self.names, self.many, self.known, self.gone, self.deadline_us = None, False, True, True, None

    def mean(self) -> int:
        return self.size // self.count if self.count else 0


Rest = Sequence[bytes]
Handler = Callable[[Entry, int, Rest], Touch]


def number(word: bytes, default: int = 0) -> int:
    """An integer argument; `default` when it is none (the command failed, or the trace is redacted)."""
    try:
        return int(word) if len(word) <= 20 else default
    except ValueError:
        return default


def one(size: int) -> Items:
    return ((size, 1),)


def argument(rest: Rest, place: int) -> bytes:
    return rest[place] if place < len(rest) else b""


def after(rest: Rest, word: bytes) -> bytes:
    """The argument after an option word, empty when the option is not there."""
    for place, argument_ in enumerate(rest[:-1]):
        if argument_.upper() == word:
            return rest[place + 1]
    return b""
