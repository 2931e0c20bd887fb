"""When did one shard answer nothing, though something was asked of it? Found in the record of a replay, to the nanosecond.

A silence begins when a shard has something to answer and ends with its next answer. It counts from `LONGEST_NS` on, a length
that no command of a healthy node takes, and only while another shard answered, if there is one that was asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from engine.stats.histogram import IntArray
from engine.stats.summary import Records

LONGEST_NS = 500_000_000


@dataclass(frozen=True, slots=True)
class Silence:
    """One shard's silence, ns since the start of the replay. `ended` False: it never answered again."""

    shard: int
    begin_ns: int
    end_ns: int
    ended: bool = True


def shards_of(slots: npt.NDArray[np.int16], ranges: Sequence[tuple[int, int]]) -> IntArray:
    """The shard of each unit: by its slot, else as the players deal out what has no key."""
    firsts = np.array([first for first, _ in ranges], dtype=np.int64)
    by_slot = np.searchsorted(firsts, slots.astype(np.int64), side="right") - 1
    return np.where(slots >= 0, by_slot, np.arange(len(slots)) % len(ranges))


def silences(records: Records, shards: IntArray, *, end_ns: int, longest_ns: int = LONGEST_NS) -> tuple[Silence, ...]:
    """All silences of a replay that ended at `end_ns`, in order of their beginning."""
    count = int(shards.max()) + 1 if len(shards) else 0
    sent = (records.sent_ns > 0) & records.timed
    asked = [records.only(sent & (shards == shard)) for shard in range(count)]
    answers = [np.sort(each.done_ns[each.done_ns > 0]) for each in asked]
    found = [
        silence
        for shard, each in enumerate(asked)
        for silence in _of_shard(shard, each, answers[shard], end_ns, longest_ns)
        if _others_answered(silence, asked, answers)
    ]
    return tuple(sorted(found, key=lambda each: (each.begin_ns, each.shard)))


def _of_shard(shard: int, asked: Records, answers: IntArray, end_ns: int, longest_ns: int) -> Iterator[Silence]:
    """Between two answers (or the start and the first, the last and the end): how long something asked had to wait."""
    edges = np.concatenate(([0], answers, [end_ns]))
    done = np.where(asked.done_ns > 0, asked.done_ns, end_ns)
    slow = np.flatnonzero(done - asked.sent_ns >= longest_ns)  # whoever a silence kept waiting is among these
    if not len(slow):
        return
    slow = slow[np.argsort(asked.sent_ns[slow], kind="stable")]
    sent, done = asked.sent_ns[slow], done[slow]
    for place in np.flatnonzero(np.diff(edges) >= longest_ns):
        last, following = int(edges[place]), int(edges[place + 1])
        waiting = np.flatnonzero((done > last) & (sent < following))
        if not len(waiting):
            continue
        begin = max(last, int(sent[waiting[0]]))
        if following - begin >= longest_ns:
            yield Silence(shard, begin, following, ended=bool(place < len(answers)))


def _others_answered(silence: Silence, asked: list[Records], answers: list[IntArray]) -> bool:
    """Whether another shard answered meanwhile; true where no other was asked anything that could tell."""
    asked_too = False
    edge = (
        silence.end_ns - silence.begin_ns
    ) // 10  # what happens at the very ends tells nothing: all woke at that time
    begin, end = silence.begin_ns + edge, silence.end_ns - edge
    for shard, each in enumerate(asked):
        if shard == silence.shard:
            continue
        first, last = np.searchsorted(answers[shard], [begin, end])
        if last > first:
            return True
        open_then = (each.sent_ns < end) & ((each.done_ns == 0) | (each.done_ns > begin))
        asked_too = asked_too or bool(open_then.any())
    return not asked_too
