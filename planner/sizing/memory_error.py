"""The error of the memory of all keys: what extrapolation leaves open, and what the run itself leaves open."""

from __future__ import annotations

from math import hypot

from engine.measurement import MemoryFit

TWO_SIDED_90 = 1.645  # standard errors to either side of nine times out of ten


def with_fit_error(likely: float, low: float, high: float, fit: MemoryFit | None) -> tuple[float, float]:
    """Low and high bytes widened by the standard error of the bytes that each further key cost in the run. Both errors are
    independent, so they add up as the root of the sum of squares. Without a fit the ends stay."""
    if fit is None or not fit.bytes_per_key > 0:
        return low, high
    own = TWO_SIDED_90 * fit.standard_error_bytes / fit.bytes_per_key * likely
    return max(likely - hypot(likely - low, own), 0.0), likely + hypot(high - likely, own)
