"""Bytes per key as a straight line through what a run's seconds say, with its standard error."""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

import numpy as np

from engine.measurement import MemoryFit

_FEWEST_POINTS = 8
_LEAST_CHANGE = 0.05  # of the largest number of keys: below it, noise would be fitted
_LONGEST_MEMORY = 0.98


def bytes_per_key(keys: Sequence[int], used: Sequence[float]) -> MemoryFit | None:
    """The slope of `used` bytes against `keys`, point by point in order of time; None when the keys hardly moved.

    Neighbouring seconds resemble each other, so that there are fewer independent ones than points: the standard error of
    ordinary least squares is widened by the residuals' correlation with the ones before them.
    """
    many = len(keys)
    if many < _FEWEST_POINTS or max(keys) - min(keys) < _LEAST_CHANGE * max(keys) or max(keys) == min(keys):
        return None
    x, y = np.array(keys, dtype=float), np.array(used, dtype=float)
    from_mean = x - x.mean()
    spread = float(from_mean @ from_mean)
    slope = float(from_mean @ (y - y.mean())) / spread
    residuals = y - y.mean() - slope * from_mean
    variance = float(residuals @ residuals) / (many - 2)
    error = sqrt(variance / spread) * _widening(residuals)
    return MemoryFit(slope, error, many, int(x.min()), int(x.max()))


def _widening(residuals: np.ndarray[tuple[int], np.dtype[np.float64]]) -> float:
    """sqrt((1 + r) / (1 - r)) for the correlation r of neighbours: how much wider than if they were independent."""
    total = float(residuals @ residuals)
    if total <= 0:
        return 1.0
    correlation = min(max(float(residuals[1:] @ residuals[:-1]) / total, 0.0), _LONGEST_MEMORY)
    return sqrt((1 + correlation) / (1 - correlation))
