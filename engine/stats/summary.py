"""From records of single operations to the figures of a measurement: folds, so that they can be computed again.

A record is a due, a sent and a done time in nanoseconds since the start of the replay; 0 for sent means never sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from engine.measurement import Latency, Quantiles
from engine.stats.histogram import Histogram, IntArray

_LEVELS = (0.5, 0.9, 0.99, 0.999, 0.9999)
BLOCK = 1 << 16  # records looked at together: keeps memory flat however long the run


class Recorded(Protocol):
    """A record that is read block by block, as often as one asks: a file of any length, or what is in memory."""

    def blocks(self) -> Iterator[Records]:
        """The records, in the order of the plan."""
        ...


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

    def blocks(self) -> Iterator[Records]:
        """The same records, some at a time."""
        for start in range(0, len(self.due_ns), BLOCK):
            part = slice(start, start + BLOCK)
            yield Records(self.due_ns[part], self.sent_ns[part], self.done_ns[part], self.kind[part], self.timed[part])


def quantiles(histogram: Histogram) -> Quantiles | None:
    """The quantiles of DESIGN §8 in microseconds; None when nothing was recorded."""
    if not histogram.count:
        return None
    p50, p90, p99, p99_9, p99_99 = ((histogram.quantile_ns(level) or 0) / 1000 for level in _LEVELS)
    return Quantiles(p50, p90, p99, p99_9, p99_99, max=histogram.max_ns / 1000, count=histogram.count)


@dataclass(slots=True)
class Times:
    """Response and service times, added up block by block."""

    response: Histogram = field(default_factory=Histogram)
    service: Histogram = field(default_factory=Histogram)

    def add(self, records: Records, chosen: npt.NDArray[np.bool_] | None = None) -> None:
        """Take in those that were answered, of the `chosen` ones."""
        answered = (records.done_ns > 0) & records.timed
        if chosen is not None:
            answered &= chosen
        done = records.done_ns[answered]
        self.response.record(done - records.due_ns[answered])
        self.service.record(done - records.sent_ns[answered])

    def latency(self) -> Latency | None:
        """Their quantiles; None when none was answered."""
        response, service = quantiles(self.response), quantiles(self.service)
        return None if response is None or service is None else Latency(response, service)


def latency(recorded: Recorded) -> Latency | None:
    """Response and service time over all records; None when none was answered."""
    times = Times()
    for block in recorded.blocks():
        times.add(block)
    return times.latency()


def late(recorded: Recorded, threshold_ns: int) -> int:
    """How many were sent more than `threshold_ns` after they were due."""
    return sum(
        int(np.count_nonzero((block.sent_ns > 0) & (block.sent_ns - block.due_ns > threshold_ns)))
        for block in recorded.blocks()
    )
