"""Counting keys over a recording: how many, how many at a time, which are hottest, which slots are.

Feed it batches in order. Exact up to `KeyTable.limit` distinct keys; beyond them sketches, and the error is stated.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from datasketches import frequent_items_error_type

from engine.slots import SLOTS
from engine.traces.families import printable
from engine.traces.profiling.key_hashing import I32, I64
from engine.traces.profiling.key_table import BeyondTable, Distinct, KeyTable
from engine.traces.profiling.model import HotKey, HotSlot, WorkingSet
from engine.traces.profiling.pattern_numbers import PatternNumbers
from engine.traces.profiling.scanning import Batch
from engine.traces.profiling.touches import Keys, Touches

HOTTEST = 20
WINDOWS = 120
SHOWN = 120  # characters of a key
_STEPS_S = (1, 2, 5, 10, 20, 30, 60, 120, 300, 600, 1200, 1800, 3600, 7200, 21_600, 43_200, 86_400)
_POOL = 10 * HOTTEST


@dataclass(frozen=True, slots=True)
class Placed:
    """The distinct keys of one batch: their number in the table (-1 beyond it) and their family."""

    ids: I64
    families: I32


class KeyTally:
    """Everything counted by key."""

    def __init__(self, duration_us: int, limit: int | None = None) -> None:
        self.table = KeyTable(limit)
        self.beyond: BeyondTable | None = None
        self.patterns = PatternNumbers()
        self.naming = 0
        self._hot: dict[int, tuple[bytes, int, int]] = {}
        self.slots = SlotTally()
        self.working_set = WorkingSetTally(window_s(duration_us), self.table)

    def place(self, keys: Keys) -> Placed:
        """Find the keys of a batch in the table, new ones added."""
        ids = self.table.find(keys.hashes)
        families = np.empty(len(keys), np.int32)
        known = ids >= 0
        families[known] = self.table.families[ids[known]]
        new = np.flatnonzero(~known)
        if len(new):
            families[new] = self.patterns.of(keys.some(new))
            self.table.add(keys.hashes[new], families[new], keys.lengths[new])
            ids[new] = self.table.find(keys.hashes[new])
            self._sketch(keys, new[ids[new] < 0], families)
        return Placed(ids, families)

    def see(self, batch: Batch, found: Touches, placed: Placed) -> None:
        """Count the operations of a batch on its keys."""
        counts = np.bincount(found.codes, minlength=len(found.keys))
        self.naming += len(found)
        known = np.flatnonzero(placed.ids >= 0)
        np.add.at(self.table.operations, placed.ids[known], counts[known])
        self._remember_hottest(found.keys, known, placed.ids)
        self.slots.see(batch.t_us[found.rows] // 1_000_000, found.keys.slots[found.codes])
        beyond = np.flatnonzero(placed.ids < 0)
        if len(beyond) and self.beyond is not None:
            self._count_beyond(found.keys, beyond, counts)
        self.working_set.see(batch.t_us[found.rows], found, placed.ids, self.beyond)

    @property
    def count(self) -> int:
        """Distinct keys."""
        return self.table.count + (self.beyond.all.count if self.beyond else 0)

    @property
    def error(self) -> float:
        """Relative error of `count`."""
        return self.beyond.all.error / self.count if self.beyond else 0.0

    @property
    def touched(self) -> int:
        """Distinct keys that operations name."""
        return int(self.table.touched[: self.table.count].sum()) + (self.beyond.touched.count if self.beyond else 0)

    @property
    def name_bytes(self) -> int:
        """Sum of the lengths of all distinct keys."""
        return int(self.table.lengths[: self.table.count].sum()) + (self.beyond.name_bytes if self.beyond else 0)

    def per_family(self) -> list[int]:
        """Distinct keys by family number."""
        exact = self.table.per_family(len(self.patterns)).tolist()
        return [number + (self.beyond.of_family(at) if self.beyond else 0) for at, number in enumerate(exact)]

    def hottest(self) -> tuple[HotKey, ...]:
        """The keys most often named, the most first."""
        operations = self.table.operations
        rows = [(int(operations[at]), *key) for at, key in self._hot.items()] + self._heavy()
        rows.sort(key=lambda row: (-row[0], row[1]))
        return tuple(
            HotKey(printable(name)[:SHOWN], database, slot, count, count / self.naming)
            for count, name, database, slot in rows[:HOTTEST]
            if count
        )

    @property
    def hottest_error(self) -> float:
        """By how large a share of all operations a figure of the hottest keys may be too high or too low."""
        heavy = self.beyond.heavy if self.beyond else None
        return heavy.epsilon * heavy.total_weight / self.naming if heavy is not None and self.naming else 0.0

    def _sketch(self, keys: Keys, places: I64, families: I32) -> None:
        if not len(places):
            return
        self.beyond = self.beyond or BeyondTable()
        self.beyond.add(keys.hashes[places], families[places], keys.lengths[places])

    def _remember_hottest(self, keys: Keys, known: I64, ids: I64) -> None:
        """Keep the names of a batch's leaders: whoever ends among the hottest led the batch it was last named in."""
        totals = self.table.operations[ids[known]]
        best = known[np.argpartition(totals, -HOTTEST)[-HOTTEST:]] if len(known) > HOTTEST else known
        for place in best.tolist():
            if ids[place] not in self._hot:
                self._hot[int(ids[place])] = (
                    keys.name(place)[:SHOWN],
                    int(keys.databases[place]),
                    int(keys.slots[place]),
                )
        if len(self._hot) > _POOL:
            leaders = sorted(self._hot, key=lambda at: -self.table.operations[at])[:HOTTEST]
            self._hot = {at: self._hot[at] for at in leaders}

    def _count_beyond(self, keys: Keys, places: I64, counts: I64) -> None:
        assert self.beyond is not None
        columns = (keys.databases, keys.slots, keys.hashes, counts)
        details = zip(*(column[places].tolist() for column in columns), strict=True)
        for name, (database, slot, mixed, count) in zip(keys.some(places), details, strict=True):
            text = name if len(name) <= SHOWN else name[:SHOWN] + b"%016x" % mixed
            self.beyond.heavy.update(f"{database} {slot} {text.decode('latin-1')}", count)

    def _heavy(self) -> list[tuple[int, bytes, int, int]]:
        if self.beyond is None:
            return []
        found = self.beyond.heavy.get_frequent_items(frequent_items_error_type.NO_FALSE_POSITIVES)
        rows = []
        for text, estimate, _low, _high in found[:HOTTEST]:
            database, slot, name = text.split(" ", 2)
            rows.append((int(estimate), name.encode("latin-1")[:SHOWN], int(database), int(slot)))
        return rows


class SlotTally:
    """Operations of each slot, and of its busiest second."""

    def __init__(self) -> None:
        self.counts = np.zeros(SLOTS, np.int64)
        self._peaks = np.zeros(SLOTS, np.int64)
        self._now = np.zeros(SLOTS, np.int64)  # of the second that may go on in the next batch
        self._second = -1

    def see(self, seconds: I64, slots: I32) -> None:
        """Count a column; seconds in order."""
        if not len(slots):
            return
        self.counts += np.bincount(slots, minlength=SLOTS)
        if seconds[0] != self._second:
            self._close()
        last = int(seconds[-1])
        inner = (seconds != self._second) & (seconds != last)
        pairs, counts = np.unique(seconds[inner] * SLOTS + slots[inner], return_counts=True)
        np.maximum.at(self._peaks, pairs % SLOTS, counts)
        if last != self._second:
            self._now += np.bincount(slots[seconds == self._second], minlength=SLOTS)
            self._close()
            self._second = last
        self._now += np.bincount(slots[seconds == last], minlength=SLOTS)

    def hottest(self, most: int = HOTTEST) -> tuple[HotSlot, ...]:
        """The slots with most operations."""
        self._close()
        total = int(self.counts.sum())
        order = np.argsort(-self.counts, kind="stable")[:most].tolist()
        chosen = [slot for slot in order if self.counts[slot]]
        return tuple(
            HotSlot(slot, int(self.counts[slot]), int(self.counts[slot]) / total, int(self._peaks[slot]))
            for slot in chosen
        )

    def busiest(self) -> tuple[int, int]:
        """The slot with the busiest second, and its operations in it."""
        self._close()
        slot = int(np.argmax(self._peaks))
        return slot, int(self._peaks[slot])

    def _close(self) -> None:
        np.maximum(self._peaks, self._now, out=self._peaks)
        self._now[:] = 0
        self._second = -1


class WorkingSetTally:
    """Distinct keys in each window of time, and up to its end."""

    def __init__(self, seconds: int, table: KeyTable) -> None:
        self.window_s = seconds
        self._table = table
        self._distinct: dict[int, int] = {}
        self._new: dict[int, int] = {}
        self._beyond: dict[int, int] = {}
        self._beyond_all: dict[int, int] = {}
        self._window = -1
        self._sketch = Distinct(12)
        self._error = 0.0

    def see(self, t_us: I64, found: Touches, ids: I64, beyond: BeyondTable | None) -> None:
        """Count the touches of a batch; times in order."""
        size = max(len(found.keys), 1)
        pairs = np.unique(t_us // (self.window_s * 1_000_000) * size + found.codes)
        windows, places = pairs // size, pairs % size
        known = ids[places] >= 0
        self._exact(windows[known], ids[places[known]])
        if beyond is not None and not known.all():
            self._sketched(windows[~known], found.keys.hashes[places[~known]], beyond)

    def result(self) -> WorkingSet | None:
        """The curve; None when no operation named a key."""
        self._close()
        windows = [*self._distinct, *self._beyond]
        if not windows:
            return None
        distinct, cumulative, known, rest = [], [], 0, 0
        for window in range(max(windows) + 1):
            known += self._new.get(window, 0)
            rest = self._beyond_all.get(window, rest)
            distinct.append(self._distinct.get(window, 0) + self._beyond.get(window, 0))
            cumulative.append(known + rest)
        return WorkingSet(self.window_s, tuple(distinct), tuple(cumulative), self._error)

    def _exact(self, windows: I64, ids: I64) -> None:
        table = self._table
        _count(self._distinct, windows[table.windows[ids] != windows])
        np.maximum.at(table.windows, ids, windows)
        unique, first = np.unique(ids, return_index=True)
        fresh = ~table.touched[unique]
        _count(self._new, windows[first[fresh]])
        table.touched[unique] = True

    def _sketched(self, windows: I64, hashes: I64, beyond: BeyondTable) -> None:
        for window in np.unique(windows).tolist():
            if window != self._window:
                self._close()
                self._window, self._sketch = window, Distinct(12)
            self._sketch.add(hashes[windows == window])
            beyond.touched.add(hashes[windows == window])
            self._beyond_all[window] = beyond.touched.count

    def _close(self) -> None:
        if self._window < 0 or not self._sketch.count:
            return
        self._beyond[self._window] = self._sketch.count
        total = self._sketch.count + self._distinct.get(self._window, 0)
        self._error = max(self._error, self._sketch.error / total)


def window_s(duration_us: int) -> int:
    """A round window of which at most `WINDOWS` make the recording, as far as days go."""
    for step in _STEPS_S:
        if duration_us <= step * WINDOWS * 1_000_000:
            return step
    return -(-duration_us // (WINDOWS * 86_400_000_000)) * 86_400


def _count(counts: dict[int, int], numbers: I64) -> None:
    values, times = np.unique(numbers, return_counts=True)
    for value, count in zip(values.tolist(), times.tolist(), strict=True):
        counts[value] = counts.get(value, 0) + count
