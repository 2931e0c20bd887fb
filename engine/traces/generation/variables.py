"""The variables of a workload: what each is drawn from. Plain frozen data; `drawing.py` draws."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Count:
    """How many: a number, or a parameter's value, times a factor; at least 1."""

    of: str | int
    times: float = 1.0


@dataclass(frozen=True, slots=True)
class Index:
    """One of `count` things, by Zipf with the exponent `skew` (a number, or a parameter's name; 0: all alike).

    Written as `form`: `number` (from `start` on, padded with zeros to `length`) or `hex` (`length` digits that tell the
    things apart and say nothing of their order).
    """

    name: str
    count: Count
    skew: str | float
    form: str = "number"
    length: int = 0
    start: int = 0


@dataclass(frozen=True, slots=True)
class Integer:
    """A whole number from `low` to `high`, all alike."""

    name: str
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Decimal:
    """A number between `low` and `high` with `digits` behind the point."""

    name: str
    low: float
    high: float
    digits: int


@dataclass(frozen=True, slots=True)
class Choice:
    """One of `values`, with these shares (which sum to 1)."""

    name: str
    values: tuple[bytes, ...]
    shares: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Value:
    """Random printable bytes of `mean` length (a number, or a parameter's name).

    `sizes`: `fixed`; `lognormal` with `sigma` of the logarithm; `table` of (share of values, at most so many bytes),
    rising, straight lines between, scaled to the mean.
    """

    name: str
    mean: str | float
    sizes: str = "fixed"
    sigma: float = 0.0
    table: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Moment:
    """The time of the action as Unix time in `unit` (min, s, ms or us), moved by `offset_s`."""

    name: str
    unit: str
    offset_s: float


@dataclass(frozen=True, slots=True)
class Counter:
    """1, 2, 3 … through the whole trace; one count for each value of the variable `per`.

    `behind`: the name of another counter it never overtakes; when it has caught up, it stays.
    """

    name: str
    per: str | None
    behind: str | None


Variable = Index | Integer | Decimal | Choice | Value | Moment | Counter
