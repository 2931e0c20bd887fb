"""When did one shard answer nothing, though something was asked of it? Found in the record of a replay, to the nanosecond.

A silence begins when a shard has something to answer and ends with its next answer. It counts from `LONGEST_NS` on, a length
that no command of a healthy node takes, and only while another shard answered, if there is one that was asked.

The record is read several times, block by block. Of the answers only the first and the last of each cell of time are kept:
cells are so short that no silence, nor the part of it in which others are looked at, lies between two answers of one cell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.replay.records import RecordFile
from engine.stats.histogram import IntArray
from engine.stats.summary import Records

LONGEST_NS = 500_000_000
_CELLS = 4  # in the shortest silence
_NONE = np.iinfo(np.int64).max

Asked = Callable[
    [], Iterable[tuple[Records, IntArray]]
]  # blocks of a record with the shard of each unit, as often as asked


@dataclass(frozen=True, slots=True)
class Silence:
    """One shard's silence, ns since the start of the replay. `ended` False: it never answered again."""

    shard: int
    begin_ns: int
    end_ns: int
    ended: bool = True


def by_shard(recorded: RecordFile, ranges: Sequence[tuple[int, int]]) -> Asked:
    """The units of a record with their shards."""
    return lambda: ((block, shards_of(block.index["slot"], ranges, first=block.first)) for block in recorded.blocks())


def shards_of(slots: npt.NDArray[np.int16], ranges: Sequence[tuple[int, int]], *, first: int = 0) -> IntArray:
    """The shard of each unit from the `first` on: by its slot, else as the players deal out what has no key."""
    firsts = np.array([begin for begin, _ in ranges], dtype=np.int64)
    by_slot = np.searchsorted(firsts, slots.astype(np.int64), side="right") - 1
    return np.where(slots >= 0, by_slot, np.arange(first, first + len(slots)) % len(ranges))


def silences(asked: Asked, *, end_ns: int, longest_ns: int = LONGEST_NS) -> tuple[Silence, ...]:
    """All silences of a replay that ended at `end_ns`, in order of their beginning."""
    answers = _answers(asked, longest_ns // _CELLS)
    gaps = [_Gaps.between(each, end_ns, longest_ns) for each in answers]
    if not any(len(each.last_ns) for each in gaps):
        return ()
    for shard, sent, done in _units(asked, end_ns):
        slow = done - sent >= longest_ns  # whoever a silence kept waiting is among these
        gaps[shard].take(sent[slow], done[slow])
    found = [silence for shard, each in enumerate(gaps) for silence in each.silences(shard, longest_ns)]
    kept = _told_by_others(found, answers, asked)
    return tuple(sorted(kept, key=lambda each: (each.begin_ns, each.shard)))


def _units(asked: Asked, unanswered_ns: int) -> Iterator[tuple[int, IntArray, IntArray]]:
    """Shard, sent and done times of what was sent, block by block; what was never answered is done at `unanswered_ns`."""
    for records, shards in asked():
        sent = (records.sent_ns > 0) & records.timed
        for shard in np.unique(shards[sent]).tolist():
            mine = sent & (shards == shard)
            done = records.done_ns[mine]
            yield shard, records.sent_ns[mine], np.where(done > 0, done, unanswered_ns)


def _answers(asked: Asked, cell_ns: int) -> list[IntArray]:
    """Of each shard, in order: the first and the last answer of each cell of time that has one."""
    found: list[IntArray] = []
    for shard, _, done in _units(asked, 0):
        found += [np.zeros(0, dtype=np.int64)] * (shard + 1 - len(found))
        found[shard] = _thinned(np.concatenate((found[shard], done[done > 0])), cell_ns)
    return found


def _thinned(times: IntArray, cell_ns: int) -> IntArray:
    times = np.sort(times)
    cell = times // cell_ns
    edge = np.ones(len(times) + 1, dtype=np.bool_)
    edge[1:-1] = cell[1:] != cell[:-1]
    kept: IntArray = times[edge[:-1] | edge[1:]]
    return kept


@dataclass(slots=True)
class _Gaps:
    """Between two answers of one shard (or the start and the first, the last and the end): when it was first asked something
    that it answered only afterwards."""

    last_ns: IntArray
    next_ns: IntArray
    asked_ns: IntArray
    answered: bool  # whether the last of them ended with an answer

    @classmethod
    def between(cls, answers: IntArray, end_ns: int, longest_ns: int) -> _Gaps:
        edges = np.concatenate(([0], answers, [end_ns]))
        long = np.flatnonzero(np.diff(edges) >= longest_ns)
        answered = not len(long) or int(long[-1]) < len(answers)
        return cls(edges[long], edges[long + 1], np.full(len(long), _NONE), answered)

    def take(self, sent: IntArray, done: IntArray) -> None:
        """Units that waited long: each may have waited through several gaps on end."""
        if not len(sent):
            return
        first = np.searchsorted(self.next_ns, sent, side="right")
        behind = np.searchsorted(self.last_ns, done, side="left")
        for begin, end in np.unique(np.stack((first, behind)), axis=1).T.tolist():
            if begin < end:
                earliest = sent[(first == begin) & (behind == end)].min()
                self.asked_ns[begin:end] = np.minimum(self.asked_ns[begin:end], earliest)

    def silences(self, shard: int, longest_ns: int) -> Iterator[Silence]:
        begins = np.maximum(self.last_ns, self.asked_ns)
        for place in np.flatnonzero((self.asked_ns < _NONE) & (self.next_ns - begins >= longest_ns)).tolist():
            ended = self.answered or place < len(self.last_ns) - 1
            yield Silence(shard, int(begins[place]), int(self.next_ns[place]), ended=ended)


def _told_by_others(found: Sequence[Silence], answers: Sequence[IntArray], asked: Asked) -> Iterator[Silence]:
    """Those in which another shard answered; also those in which no other was asked anything that could tell."""
    unsure = []
    for silence in found:
        begin, end = _inner(silence)
        edges = [np.searchsorted(each, [begin, end]) for each in answers]
        if any(last > first for shard, (first, last) in enumerate(edges) if shard != silence.shard):
            yield silence
        else:
            unsure.append(silence)
    if unsure:
        yield from _asked_nobody_else(unsure, asked)


def _asked_nobody_else(silences: Sequence[Silence], asked: Asked) -> list[Silence]:
    left = list(silences)
    for shard, sent, done in _units(asked, _NONE):
        left = [each for each in left if each.shard == shard or not _open_in(each, sent, done)]
    return left


def _open_in(silence: Silence, sent: IntArray, done: IntArray) -> bool:
    begin, end = _inner(silence)
    return bool(((sent < end) & (done > begin)).any())


def _inner(silence: Silence) -> tuple[int, int]:
    """Without the very ends, which tell nothing: all woke at that time."""
    edge = (silence.end_ns - silence.begin_ns) // 10
    return silence.begin_ns + edge, silence.end_ns - edge
