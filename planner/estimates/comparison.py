"""Many designs as tables that a link sorts: which columns there are, and the designs in the order asked for. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from planner.estimates.presentation import DesignView

_UNKNOWN = Decimal("Infinity")


@dataclass(frozen=True, slots=True)
class Column:
    """A column that can be sorted by. `state`: `ascending`, `descending` or empty; `link` is the query that sorts by it."""

    name: str
    title: str
    state: str
    link: str
    number: bool


@dataclass(frozen=True, slots=True)
class Comparison:
    """`sorted_by` in words, empty for the usual order (the recommended one first)."""

    columns: tuple[Column, ...]
    designs: tuple[DesignView, ...]
    sorted_by: str


# name: title, whether figures, what is compared
_KEYS: dict[str, tuple[str, bool, Callable[[DesignView], Any]]] = {
    "design": ("Design", False, lambda view: view.design.title.lower()),
    "low": ("Low", True, lambda view: view.design.monthly_usd.low if view.design.monthly_usd else _UNKNOWN),
    "likely": ("Likely", True, lambda view: view.design.monthly_usd.likely if view.design.monthly_usd else _UNKNOWN),
    "high": ("High", True, lambda view: view.design.monthly_usd.high if view.design.monthly_usd else _UNKNOWN),
    "year": ("A year", True, lambda view: _UNKNOWN if view.yearly is None else view.yearly),
    "horizon": ("Horizon", True, lambda view: _UNKNOWN if view.horizon is None else view.horizon),
    "binds": ("What binds", False, lambda view: (view.tightest is None, view.tightest.title if view.tightest else "")),
    "room": ("Room left", True, lambda view: (view.room is None, -(view.room or 0.0))),
    "loss": ("May lose", False, lambda view: (not view.durable, view.design.durability.loss_window)),
    "limits": ("Limits it would break", False, lambda view: len(view.breaks)),
}


def comparison(views: Sequence[DesignView], months: int, wanted: str) -> Comparison:
    """The designs in the order of `wanted` (`likely`, `-likely` …); an unknown one is the usual order."""
    name, falling = wanted.removeprefix("-"), wanted.startswith("-")
    known = name in _KEYS
    ordered = sorted(views, key=_KEYS[name][2], reverse=falling) if known else list(views)
    columns = tuple(_column(each, months, name if known else "", falling=falling) for each in _KEYS)
    words = f"{_title(name, months).lower()}, {'falling' if falling else 'rising'}" if known else ""
    return Comparison(columns, tuple(ordered), words)


def _column(name: str, months: int, sorted_by: str, *, falling: bool) -> Column:
    here = name == sorted_by
    state = ("descending" if falling else "ascending") if here else ""
    link = f"-{name}" if here and not falling else name
    return Column(name, _title(name, months), state, link, _KEYS[name][1])


def _title(name: str, months: int) -> str:
    return f"{months} months" if name == "horizon" else _KEYS[name][0]
