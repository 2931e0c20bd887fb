"""The designs a person may compare, in groups as a list shows them. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from planner.pricing import designs


@dataclass(frozen=True, slots=True)
class Option:
    """One design of the list. `chosen`: it is compared now."""

    id: str
    title: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Group:
    """Designs of one kind."""

    title: str
    options: tuple[Option, ...]

    @property
    def chosen(self) -> int:
        """How many of them are compared now."""
        return sum(option.chosen for option in self.options)


def choices() -> tuple[tuple[str, str], ...]:
    """Every design that can be priced, with its title."""
    return tuple((each, designs.title(each)) for each in designs.available())


def grouped(chosen: Iterable[str]) -> tuple[Group, ...]:
    """All designs by kind, those of `chosen` marked: stores, databases, caches, other vendors, then joins by their cache."""
    wanted = frozenset(chosen)
    kinds: dict[str, list[Option]] = {}
    for kind, design_id in _by_kind():
        kinds.setdefault(kind, []).append(Option(design_id, designs.title(design_id), design_id in wanted))
    return tuple(Group(kind, tuple(options)) for kind, options in kinds.items())


_IN_MEMORY = "In memory, as the only store"
_DATABASE = "A database alone"
_CACHE = "A cache alone, which may lose data"
_OTHERS = "Other vendors"
_SINGLE = (_IN_MEMORY, _DATABASE, _CACHE, _OTHERS)


def _by_kind() -> Iterator[tuple[str, str]]:
    kinds = [(_kind(each), each) for each in designs.available()]
    yield from ((kind, each) for wanted in _SINGLE for kind, each in kinds if kind == wanted)
    yield from ((kind, each) for kind, each in kinds if kind not in _SINGLE)


def _kind(design_id: str) -> str:
    first, *databases = designs.find(design_id)
    if databases:
        return f"{first.title} before a database"
    if first.regions:
        return _OTHERS
    return {"store": _IN_MEMORY, "database": _DATABASE, "cache": _CACHE}[first.role]
