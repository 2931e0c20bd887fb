"""Which part of the recording a step plays, and when each unit is due: the plan's own payload at another pace.

Steps go on in the recording where the one before stopped, and start over at its end, so a short recording is looped and a long
one is cut; what a step finds in the keyspace is what its part of the recording left there. Recorded gaps are kept in
proportion, bursts with them: the rate of a step is its mean. Blocking commands are left out: they would wait for writers
that have another pace.
"""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.replay.plan import NORMAL, READ, WRITE, Index, PlanFacts, PlanFiles

_BLOCK = 1 << 18  # units written at a time: memory stays flat whatever the rate
_I64 = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Part:
    """Units `first` up to (not with) `last`, counted on through repeated passes; due within `duration_ns`."""

    first: int
    last: int
    operations: int
    duration_ns: int


class Passage:
    """The units of a plan that a ramp plays, pass after pass."""

    def __init__(self, files: PlanFiles, facts: PlanFacts) -> None:
        self.files = files
        self.facts = facts
        self.index: Index = files.read_index()
        self.rows: _I64 = np.flatnonzero(self.index["lane"] == NORMAL).astype(np.int64)
        operations = self.index["operations"][self.rows].astype(np.int64)
        self._before: _I64 = np.concatenate(([0], np.cumsum(operations)))
        self.left_out = len(self.index) - len(self.rows)
        last_ns = int(self.index["due_ns"][self.rows[-1]]) if len(self.rows) else 0
        ends_later = facts.duration_ns > last_ns
        self.period_ns = facts.duration_ns if ends_later else last_ns + last_ns // max(len(self.rows) - 1, 1)

    @property
    def operations(self) -> int:
        """Of one pass."""
        return int(self._before[-1])

    def shares(self) -> dict[str, float]:
        """Share of each class among the units that are timed."""
        roles = self.index["role"][self.rows]
        found = {name: float(np.mean(roles == role)) for name, role in (("read", READ), ("write", WRITE)) if len(roles)}
        return {name: share for name, share in found.items() if share}

    def part(self, first: int, rate: float, seconds: float) -> Part:
        """The part that begins with unit `first` and holds as many operations as `rate` has in `seconds`."""
        begun = self._operations_before(first)
        passes, rest = divmod(begun + max(round(rate * seconds), 1), self.operations)
        last = passes * len(self.rows) + int(np.searchsorted(self._before, rest))
        operations = self._operations_before(last) - begun
        return Part(first, last, operations, round(operations * 1e9 / rate))

    def write(self, part: Part, into: PlanFiles) -> None:
        """A plan of this part in a folder of its own; the payload is the one there is."""
        into.folder.mkdir(parents=True, exist_ok=True)
        with into.index.open("wb") as index:
            for block in self._blocks(part):
                index.write(block.tobytes())
        into.payload.unlink(missing_ok=True)
        into.payload.symlink_to(os.path.relpath(self.files.payload, into.folder))
        units = part.last - part.first
        facts = dataclasses.replace(
            self.facts, units=units, operations=part.operations, duration_ns=part.duration_ns, not_replayed={}
        )
        into.write_facts(facts)

    def _blocks(self, part: Part) -> Iterator[Index]:
        begun_ns = self._time_ns(np.array([part.first, part.last], dtype=np.int64))
        span_ns = int(begun_ns[1] - begun_ns[0])
        for start in range(part.first, part.last, _BLOCK):
            units = np.arange(start, min(start + _BLOCK, part.last), dtype=np.int64)
            block = self.index[self.rows[units % len(self.rows)]]
            if span_ns > 0:
                share = (self._time_ns(units) - begun_ns[0]) / span_ns
            else:  # everything at the same instant: spread evenly
                share = (units - part.first) / (part.last - part.first)
            block["due_ns"] = (share * part.duration_ns).astype(np.int64)
            yield block

    def _time_ns(self, units: _I64) -> _I64:
        passes, places = np.divmod(units, len(self.rows))
        times: _I64 = passes * self.period_ns + self.index["due_ns"][self.rows[places]].astype(np.int64)
        return times

    def _operations_before(self, unit: int) -> int:
        passes, place = divmod(unit, len(self.rows))
        return passes * self.operations + int(self._before[place])
