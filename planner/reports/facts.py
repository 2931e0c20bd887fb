"""What a chart says, whoever draws it: a title, one sentence and a table; the palette and small helpers of all of them.

The page's charts and the printed ones draw from `facts_measured`, `facts_money` and `facts_recorded`, so that they
cannot disagree. Pure; draws nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

# Okabe and Ito's palette: told apart by people with any common colour blindness, and on light and dark grounds.
BLUE, ORANGE, GREEN, SKY, VERMILLION, PURPLE = "#0072B2", "#E69F00", "#009E73", "#56B4E9", "#D55E00", "#CC79A7"
GREY, OLIVE = "#7F7F7F", "#999933"  # the second of Paul Tol's, for an eighth line
TOP = 10
TABLE_ROWS = 60  # of a table of a series over time

Ranked = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """`rows` are cells as printed; none when there is nothing to draw, and `summary` then says why."""

    title: str
    summary: str
    columns: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


def top_and_rest(numbers: Mapping[str, int], rest: str, top: int = TOP) -> Ranked:
    """The `top` largest positive numbers, largest first, then the sum of the others under the name `rest`."""
    positive = ((name, number) for name, number in numbers.items() if number > 0)
    ranked = sorted(positive, key=lambda pair: (-pair[1], pair[0]))
    if len(ranked) <= top + 1:
        return tuple(ranked)
    return (*ranked[:top], (rest, sum(number for _, number in ranked[top:])))


@dataclass(frozen=True, slots=True)
class Coarse:
    """A long series in steps of `step` seconds; each value is the largest of its step (None: nothing known in it)."""

    step: int
    values: tuple[float | None, ...]

    @property
    def seconds(self) -> tuple[int, ...]:
        """The first second of each step."""
        return tuple(index * self.step for index in range(len(self.values)))

    @property
    def labels(self) -> tuple[str, ...]:
        """`7`, or `60 to 69` where a step holds more than a second."""
        if self.step == 1:
            return tuple(str(second) for second in self.seconds)
        return tuple(f"{second} to {second + self.step - 1}" for second in self.seconds)


def coarse(values: Sequence[float | None], most: int) -> Coarse:
    """`values`, one per second, in at most `most` steps of whole seconds. Peaks survive."""
    step = max(1, math.ceil(len(values) / most))
    groups = (values[start : start + step] for start in range(0, len(values), step))
    return Coarse(step, tuple(max((value for value in group if value is not None), default=None) for group in groups))
