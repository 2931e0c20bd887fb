"""Zipf over a finite set, exact for any exponent from 0 (uniform) on, in constant memory.

Rejection-inversion: W. Hörmann and G. Derflinger, “Rejection-inversion to generate variates from monotone discrete
distributions”, ACM TOMACS 6(3), 1996.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engine.traces.block import I64

F64 = NDArray[np.float64]
_TINY = 1e-8


@dataclass(frozen=True, slots=True)
class Zipf:
    """Ranks 0 to `count - 1`; rank r has probability proportional to (r + 1) ** -exponent."""

    count: int
    exponent: float

    def draw(self, random: np.random.Generator, size: int) -> I64:
        """`size` ranks."""
        if self.exponent == 0.0:
            return random.integers(0, self.count, size, np.int64)
        ranks = np.empty(size, np.int64)
        done = 0
        while done < size:
            accepted = self._try(random, size - done)
            ranks[done : done + len(accepted)] = accepted
            done += len(accepted)
        return ranks

    def _try(self, random: np.random.Generator, size: int) -> I64:
        first = self._area(np.float64(1.5)) - 1.0
        last = self._area(np.float64(self.count + 0.5))
        below = last + random.random(size) * (first - last)
        at = self._inverse(below)
        number = np.clip(np.floor(at + 0.5), 1.0, float(self.count))
        kept = below >= self._area(number + 0.5) - number**-self.exponent
        result: I64 = number[kept].astype(np.int64) - 1
        return result

    def _area(self, x: np.float64 | F64) -> F64:
        """∫ t ** -exponent dt from 1 to x."""
        log = np.log(x)
        return np.asarray(_expm1_over(log * (1.0 - self.exponent)) * log)

    def _inverse(self, area: F64) -> F64:
        scaled = np.maximum(area * (1.0 - self.exponent), -1.0 + 1e-15)
        result: F64 = np.exp(_log1p_over(scaled) * area)
        return result


def _expm1_over(x: F64) -> F64:
    """(e^x - 1) / x, 1 at 0."""
    small = np.abs(x) < _TINY
    safe = np.where(small, 1.0, x)
    result: F64 = np.where(small, 1.0 + x / 2, np.expm1(safe) / safe)
    return result


def _log1p_over(x: F64) -> F64:
    """ln(1 + x) / x, 1 at 0."""
    small = np.abs(x) < _TINY
    safe = np.where(small, 1.0, x)
    result: F64 = np.where(small, 1.0 - x / 2, np.log1p(safe) / safe)
    return result
