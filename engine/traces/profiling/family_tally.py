"""Counting by key family: operations, reads, writes, payload, times to live. One figure a family and kind."""

from __future__ import annotations

from collections import Counter, defaultdict

import numpy as np

from engine.traces.model import Flag
from engine.traces.profiling.key_hashing import I64
from engine.traces.profiling.key_tally import KeyTally, Placed
from engine.traces.profiling.model import FamilyProfile
from engine.traces.profiling.pattern_numbers import OTHER
from engine.traces.profiling.scanning import Batch, Mask
from engine.traces.profiling.tallies import quantile, rounded
from engine.traces.profiling.touches import Touches

FAMILIES_LISTED = 1000
_DIGITS = 2  # of the median time to live of a family


class FamilyTally:
    """Feed it batches whose keys are placed."""

    def __init__(self) -> None:
        self._sums = np.zeros((4, 0), np.int64)  # operations, reads, writes, bytes
        self._ttls: dict[int, Counter[int]] = defaultdict(Counter)

    def see(self, batch: Batch, found: Touches, placed: Placed, reads: Mask, families: int) -> None:
        """Count a batch; each operation in the family of its first key."""
        rows = found.rows[found.first]
        of_rows = placed.families[found.codes[found.first]]
        self._sums = np.pad(self._sums, ((0, 0), (0, families - self._sums.shape[1])))
        weights = (None, reads[rows], batch.flagged(Flag.WRITE)[rows], np.maximum(batch.value_len[rows], 0))
        for kind, weight in enumerate(weights):
            sums = np.bincount(of_rows, weight, minlength=families)
            self._sums[kind] += sums.astype(np.int64)  # doubles hold sums of a batch exactly
        timed = batch.ttl_ms[rows] >= 0
        self._add_ttls(of_rows[timed].astype(np.int64), batch.ttl_ms[rows[timed]])

    def profiles(self, keys: KeyTally, writes_only: bool) -> tuple[FamilyProfile, ...]:
        """By falling operations; what is beyond the list is summed in its last line."""
        patterns, counts = keys.patterns.patterns, keys.per_family()
        with_ttl = keys.table.per_family(len(patterns), keys.table.has_ttl).tolist()
        in_table = keys.table.per_family(len(patterns)).tolist()
        sums = np.pad(self._sums, ((0, 0), (0, len(patterns) - self._sums.shape[1]))).T.tolist()
        found = [
            FamilyProfile(
                pattern=pattern,
                keys=counts[at],
                operations=sums[at][0],
                bytes=sums[at][3],
                reads=None if writes_only else sums[at][1],
                writes=sums[at][2],
                ttl_median_ms=quantile(self._ttls[at], 0.5) if at in self._ttls else None,
                ttl_share=with_ttl[at] / in_table[at] if in_table[at] else None,
            )
            for at, pattern in enumerate(patterns)
        ]
        found.sort(key=lambda one: (one.pattern == OTHER, -one.operations, -one.keys, one.pattern))
        listed, rest = found[:FAMILIES_LISTED], found[FAMILIES_LISTED:]
        return (*listed, _sum(rest, writes_only)) if rest else tuple(listed)

    def _add_ttls(self, families: I64, ttls: I64) -> None:
        pairs, counts = np.unique(np.stack([families, rounded(ttls, _DIGITS)]), axis=1, return_counts=True)
        for family, ttl, count in zip(*pairs.tolist(), counts.tolist(), strict=True):
            self._ttls[family][ttl] += count


def _sum(rest: list[FamilyProfile], writes_only: bool) -> FamilyProfile:
    return FamilyProfile(
        OTHER,
        keys=sum(one.keys for one in rest),
        operations=sum(one.operations for one in rest),
        bytes=sum(one.bytes for one in rest),
        reads=None if writes_only else sum(one.reads or 0 for one in rest),
        writes=sum(one.writes or 0 for one in rest),
    )
