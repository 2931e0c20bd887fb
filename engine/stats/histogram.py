"""Log-linear latency histogram: integer nanoseconds, three significant digits, mergeable.

Values below 2,048 ns have a bucket each; above, every power of two is cut into 1,024 equal buckets, so that a bucket is never
wider than 1/1,024 of its value. Recording is vectorised: a run's latencies are folded in after the run, not one by one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

_SUB_BITS = 10
_SUB = 1 << _SUB_BITS  # buckets in a power of two: 1,024 >= 10^3 gives three significant digits
_OCTAVES = 64 - _SUB_BITS - 1
_BUCKETS = (_OCTAVES + 1) * _SUB

IntArray = npt.NDArray[np.int64]


def bucket_of(values_ns: IntArray) -> IntArray:
    """Bucket index of each value (int64, >= 0)."""
    # frexp gives the exponent exactly up to 2^53 ns (104 days), far beyond any latency.
    exponent = np.frexp(values_ns.astype(np.float64))[1].astype(np.int64)
    shift = np.maximum(exponent - (_SUB_BITS + 1), 0)
    bucket: IntArray = shift * _SUB + (values_ns >> shift)
    return bucket


def highest_in(bucket: int) -> int:
    """The largest value (ns) that falls into a bucket: quantiles are never understated."""
    shift = max(bucket // _SUB - 1, 0)
    return ((bucket - shift * _SUB + 1) << shift) - 1


def _no_counts() -> IntArray:
    return np.zeros(_BUCKETS, dtype=np.int64)


@dataclass(slots=True)
class Histogram:
    """Counts per bucket, with the exact maximum."""

    counts: IntArray = field(default_factory=_no_counts)
    max_ns: int = 0

    @property
    def count(self) -> int:
        """Values recorded."""
        return int(self.counts.sum())

    def record(self, values_ns: IntArray) -> None:
        """Add values in nanoseconds; negative ones (a clock read twice) count as 0."""
        if not len(values_ns):
            return
        values = np.maximum(values_ns, 0)
        found = np.bincount(bucket_of(values))
        self.counts[: len(found)] += found  # buckets of hours are not touched, and take no memory, where there is none
        self.max_ns = max(self.max_ns, int(values.max()))

    def merge(self, other: Histogram) -> None:
        """Add everything another histogram holds."""
        self.counts += other.counts
        self.max_ns = max(self.max_ns, other.max_ns)

    def quantile_ns(self, quantile: float) -> int | None:
        """The value below or at which a share `quantile` (0..1) of all values lies; None when empty."""
        total = self.count
        if not total:
            return None
        rank = max(int(np.ceil(quantile * total)), 1)
        bucket = int(np.searchsorted(np.cumsum(self.counts), rank))
        return min(highest_in(bucket), self.max_ns)
