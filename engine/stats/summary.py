"""From records of single operations to the figures of a measurement: folds, so that they can be computed again.

A record is a due, a sent and a done time in nanoseconds since the start of the replay; 0 for sent means never sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from engine.measurement import Latency, Quantiles
from engine.stats.histogram import Histogram, IntArray

_LEVELS = (0.5, 0.9, 0.99, 0.999, 0.9999)
_NS_PER_S = 1_000_000_000
_BLOCK = 1 << 20  # records looked at together: keeps memory flat however long the run


@dataclass(frozen=True, slots=True)
class Records:
    """What happened to each unit of a plan, arrays of one length. `done_ns` 0: no answer.

    `timed` False: left out of latency.
    """

    due_ns: IntArray
    sent_ns: IntArray
    done_ns: IntArray
    kind: npt.NDArray[np.int16]
    timed: npt.NDArray[np.bool_]

    def only(self, chosen: npt.NDArray[np.bool_]) -> Records:
        """The records where `chosen` is true."""
        return Records(
            self.due_ns[chosen], self.sent_ns[chosen], self.done_ns[chosen], self.kind[chosen], self.timed[chosen]
        )

    def by_due(self) -> Records:
        """The records in the order in which they were due."""
        order = np.argsort(self.due_ns, kind="stable")
        return Records(
            self.due_ns[order], self.sent_ns[order], self.done_ns[order], self.kind[order], self.timed[order]
        )

    def blocks(self) -> Iterator[Records]:
        """The same records, a million at a time."""
        for start in range(0, len(self.due_ns), _BLOCK):
            part = slice(start, start + _BLOCK)
            yield Records(self.due_ns[part], self.sent_ns[part], self.done_ns[part], self.kind[part], self.timed[part])


def quantiles(histogram: Histogram) -> Quantiles | None:
    """The quantiles of DESIGN §8 in microseconds; None when nothing was recorded."""
    if not histogram.count:
        return None
    p50, p90, p99, p99_9, p99_99 = ((histogram.quantile_ns(level) or 0) / 1000 for level in _LEVELS)
    return Quantiles(p50, p90, p99, p99_9, p99_99, max=histogram.max_ns / 1000, count=histogram.count)


def latency(records: Records) -> Latency | None:
    """Response and service time over all records; None when none was answered."""
    response, service = Histogram(), Histogram()
    for block in records.blocks():
        answered = (block.done_ns > 0) & block.timed
        response.record((block.done_ns - block.due_ns)[answered])
        service.record((block.done_ns - block.sent_ns)[answered])
    response_quantiles, service_quantiles = quantiles(response), quantiles(service)
    if response_quantiles is None or service_quantiles is None:
        return None
    return Latency(response_quantiles, service_quantiles)


def late(records: Records, threshold_ns: int) -> int:
    """How many were sent more than `threshold_ns` after they were due."""
    sent = records.sent_ns > 0
    return int(np.count_nonzero((records.sent_ns - records.due_ns)[sent] > threshold_ns))


@dataclass(frozen=True, slots=True)
class Second:
    """One second of replay: units answered, and response times of those due in it (µs, None without any)."""

    operations: int
    response_p50_us: float | None
    response_p99_us: float | None


def per_second(records: Records, duration_ns: int) -> tuple[Second, ...]:
    """The run second by second, by the time an operation was due."""
    seconds = max(-(-duration_ns // _NS_PER_S), 1)
    edges = np.searchsorted(records.due_ns, np.arange(seconds + 1) * _NS_PER_S)
    edges[-1] = len(records.due_ns)
    return tuple(_second(records, int(first), int(last)) for first, last in pairwise(edges))


def _second(records: Records, first: int, last: int) -> Second:
    part = slice(first, last)
    answered = (records.done_ns[part] > 0) & records.timed[part]
    times = (records.done_ns[part] - records.due_ns[part])[answered]
    if not len(times):
        return Second(int(np.count_nonzero(records.done_ns[part])), None, None)
    p50, p99 = np.quantile(times, (0.5, 0.99), method="inverted_cdf")
    return Second(int(np.count_nonzero(records.done_ns[part])), float(p50) / 1000, float(p99) / 1000)
