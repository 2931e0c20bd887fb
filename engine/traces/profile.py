"""What is in a trace: counts, rates, sizes, key families, times to live, compatibility. One streaming pass over columns.

Exact up to `key_table.EXACT_KEYS` distinct keys; beyond them distinct keys and hottest keys are estimated by sketches
(Apache DataSketches) and the error is part of the answer. Memory is bounded whatever the size of the trace.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np

from engine.progress import Report, ShouldStop, ignore, never
from engine.traces.annotating.annotation import SCRIPT_COMMANDS
from engine.traces.compatibility import Compatibility
from engine.traces.model import Flag, TraceHeader
from engine.traces.profiling.command_classes import CLASSES, CommandClasses
from engine.traces.profiling.family_tally import FamilyTally
from engine.traces.profiling.group_tally import GroupTally
from engine.traces.profiling.key_hashing import I64
from engine.traces.profiling.key_tally import KeyTally, Placed
from engine.traces.profiling.model import (
    Curve,
    FamilyProfile,
    Population,
    Profile,
    SizeProfile,
    TtlProfile,
)
from engine.traces.profiling.scanning import Batch, Mask, batches
from engine.traces.profiling.tallies import SIZE_EDGES, TTL_EDGES, Histogram, Quantiles, RateCurve, Steps
from engine.traces.profiling.touches import Touches, touches
from engine.traces.store import read_header

__all__ = ["FamilyProfile", "Profile", "SizeProfile", "TtlProfile", "profile"]
_OPERATIONS, _READS, _WRITES = range(3)
_WRITES_ONLY = "The format holds writes only: what was read is not recorded."
_NO_REPLIES = "The format shows no replies."
_NO_GROUPS = "The format does not tell clients apart."


def profile(path: Path, *, report: Report = ignore, should_stop: ShouldStop = never) -> Profile:
    """Profile the stored trace at `path`. Raises InputError when it is no trace, Cancelled when asked to stop."""
    header = read_header(path)
    tally = _Tally(header)
    for batch in batches(path, "profile", report=report, should_stop=should_stop):
        tally.add(batch)
    return tally.profile()


class _Spread:
    """Quantiles and a histogram of one measure."""

    def __init__(self, edges: tuple[int, ...]) -> None:
        self.quantiles, self._histogram = Quantiles(), Histogram(edges)

    def add(self, numbers: I64) -> None:
        if len(numbers):
            self.quantiles.add_many(numbers)
            self._histogram.add_many(numbers)

    def profile(self) -> SizeProfile:
        at = self.quantiles.at
        return SizeProfile(self.quantiles.count, at(0.5), at(0.9), at(0.99), at(1.0), self._histogram.bins())


class _Tally:
    """Everything counted on the way."""

    def __init__(self, header: TraceHeader) -> None:
        self.header = header
        self.operations = self.value_bytes = self.transactions = self.scripts = 0
        self.population_commands = self.population_keys = 0
        self.commands: Counter[int] = Counter()
        self.databases: Counter[int] = Counter()
        self.names: list[str] = []
        self.classes: CommandClasses | None = None
        self.mix = np.zeros(len(CLASSES), np.int64)
        self.rate, self.minutes = RateCurve(), Steps(3)
        self.key_sizes, self.value_sizes, self.reply_sizes = (_Spread(SIZE_EDGES) for _ in range(3))
        self.ttl = _Spread(TTL_EDGES)
        self.keys = KeyTally(header.duration_us)
        self.families, self.groups = FamilyTally(), GroupTally(header)
        self.compatibility = Compatibility()

    def add(self, batch: Batch) -> None:
        found = touches(batch)
        placed = self.keys.place(found.keys)
        self._mark_ttl(batch, found, placed)
        if batch.population:
            self.population_commands += len(batch)
            self.population_keys = self.keys.count
            return
        self.names = batch.names.names
        self.classes = self.classes or CommandClasses(batch.names)
        reads = self.classes.reads(batch)
        self.mix += self.classes.counts(batch, reads)
        self._count(batch, reads)
        self._measure(batch)
        self.keys.see(batch, found, placed)
        self.families.see(batch, found, placed, reads, len(self.keys.patterns))
        self.groups.see(batch, reads)
        self.compatibility.see(batch, found)

    def _count(self, batch: Batch, reads: Mask) -> None:
        self.operations += len(batch)
        for counter, column in ((self.commands, batch.cmd), (self.databases, batch.db)):
            values, counts = np.unique(column, return_counts=True)
            counter.update(dict(zip(values.tolist(), counts.tolist(), strict=True)))
        self.rate.add_many(batch.t_us)
        self.minutes.add_many(_OPERATIONS, batch.t_us)
        self.minutes.add_many(_READS, batch.t_us[reads])
        self.minutes.add_many(_WRITES, batch.t_us[batch.flagged(Flag.WRITE)])

    def _measure(self, batch: Batch) -> None:
        lengths = batch.key_len[batch.has_key]
        self.key_sizes.add(lengths[lengths >= 0])
        values = batch.value_len[batch.value_len > 0]
        self.value_bytes += int(values.sum())
        self.value_sizes.add(values)
        self.reply_sizes.add(batch.reply_len[batch.reply_len >= 0])
        self.ttl.add(batch.ttl_ms[batch.ttl_ms >= 0])

    def _mark_ttl(self, batch: Batch, found: Touches, placed: Placed) -> None:
        timed = found.first & (batch.ttl_ms[found.rows] >= 0)
        ids = placed.ids[found.codes[timed]]
        self.keys.table.has_ttl[ids[ids >= 0]] = True

    def profile(self) -> Profile:
        header, hidden = self.header, self.header.writes_only
        commands = {self.names[number]: count for number, count in self.commands.most_common()}
        duration_s = header.duration_us / 1e6
        mean = self.operations / duration_s if duration_s else None
        hottest = self.keys.hottest()
        return Profile(
            format=header.format,
            operations=self.operations,
            duration_s=duration_s,
            clients=header.connections,
            keys=self.keys.count,
            reads=None if hidden else sum(self.minutes.counts(_READS)),
            writes=sum(self.minutes.counts(_WRITES)),
            commands=commands,
            mean_ops_per_s=mean,
            peak_ops_per_s=max(float(self.rate.peak), mean or 0.0),
            key_bytes=self.keys.name_bytes,
            value_bytes=self.value_bytes,
            ttl=self._ttl(),
            families=self.families.profiles(self.keys, hidden),
            skipped=dict(header.skipped),
            compatibility=self.compatibility.findings(self.keys.slots, hottest),
            curve=self.rate.per_second(),
            curve_step_s=self.rate.step_s,
            sizes=self._sizes(),
            per_minute=self._per_minute(hidden),
            mix={name: int(self.mix[at]) for at, name in enumerate(CLASSES)},
            working_set=self.keys.working_set.result(),
            touched_keys=self.keys.touched,
            keys_error=self.keys.error,
            hottest_keys=hottest,
            hottest_keys_error=self.keys.hottest_error,
            hottest_slots=self.keys.slots.hottest(),
            groups=self.groups.result(self.names, hidden),
            databases={str(number): count for number, count in sorted(self.databases.items())},
            transactions=commands.get("EXEC", 0),
            scripts=sum(count for name, count in commands.items() if name in SCRIPT_COMMANDS),
            population=Population(self.population_commands, self.population_keys) if header.population else None,
            keyspace=header.keyspace,
            writes_only=hidden,
            unknown=self._unknown(),
        )

    def _ttl(self) -> TtlProfile:
        at = self.ttl.quantiles.at
        return TtlProfile(self.ttl.quantiles.count, at(0.0), at(0.5), at(1.0))

    def _sizes(self) -> dict[str, SizeProfile | None]:
        replies = self.reply_sizes.profile()
        return {
            "key": self.key_sizes.profile(),
            "value": self.value_sizes.profile(),
            "reply": replies if replies.count else None,
            "ttl_ms": self.ttl.profile(),
        }

    def _per_minute(self, hidden: bool) -> Curve:
        operations, reads, writes = (self.minutes.counts(kind) for kind in (_OPERATIONS, _READS, _WRITES))
        return Curve(self.minutes.step_s, operations, None if hidden else reads, writes)

    def _unknown(self) -> dict[str, str]:
        """Why a figure is None."""
        found = {}
        if self.header.writes_only:
            found["reads"] = _WRITES_ONLY
        if not self.reply_sizes.quantiles.count:
            found["sizes.reply"] = _NO_REPLIES
        if not self.header.groups:
            found["groups"] = _NO_GROUPS
        return found
