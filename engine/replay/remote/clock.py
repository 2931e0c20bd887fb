"""How far another host's monotonic clock is from ours: bounds from round trips, however uneven the two ways are."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

ROUNDS = 24


@dataclass(frozen=True, slots=True)
class Round:
    """A question left at `left_ns` and its answer came at `came_ns`, by our clock; the other read `read_ns` in between."""

    left_ns: int
    read_ns: int
    came_ns: int


@dataclass(frozen=True, slots=True)
class Offset:
    """The other clock shows `ours + ns`, wrong by at most `uncertainty_ns`."""

    ns: int
    uncertainty_ns: int


def offset(rounds: Sequence[Round]) -> Offset:
    """Each round bounds it; all of them together bound it more closely.

    Where they contradict each other (a clock was moved, or drifted), the quickest round alone decides.
    """
    low = max(each.read_ns - each.came_ns for each in rounds)
    high = min(each.read_ns - each.left_ns for each in rounds)
    if low > high:
        quickest = min(rounds, key=lambda each: each.came_ns - each.left_ns)
        low, high = quickest.read_ns - quickest.came_ns, quickest.read_ns - quickest.left_ns
    middle = (low + high) // 2
    return Offset(middle, high - middle)
