"""What a snapshot does to latency: the busiest part of the recording replayed three times in one go, first undisturbed, then
while primaries write snapshots, then while replicas do.

Compared are operations of the shard whose snapshot was being written, at that time, with those of the quiet turn. Shards
take turns, one snapshot after another for as long as the turn lasts. The cluster's data changes: nothing may be measured
on it afterwards.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import redis

from engine.cluster.local import LocalCluster, Shard
from engine.cluster.node import Node
from engine.errors import Interrupted
from engine.measurement import SnapshotCase, SnapshotImpact
from engine.progress import Progress, Report, ShouldStop, stop_if_asked
from engine.replay import pacer, snapshot_slice
from engine.replay.children import Child
from engine.replay.plan import PlanFacts, PlanFiles
from engine.replay.records import read_records
from engine.stats import summary
from engine.stats.summary import Records

QUIET, PRIMARY, REPLICA = "quiet", "primary", "replica"
_GAP_S = 0.25  # between turns: what one leaves behind must not count for the next
_LOOK_S = 0.005
_TIMEOUT_S = 120.0

Times = npt.NDArray[np.int64]
Spawn = Callable[[Path], Child]


@dataclass(frozen=True, slots=True)
class Save:
    """One snapshot: of which shard, from when to when on the machine's monotonic clock, how long the fork took."""

    shard: int
    began_ns: int
    ended_ns: int
    fork_us: int
    cow_bytes: int


@dataclass(slots=True)
class _Saving:
    """The snapshots of one turn, one shard after another. What was measured before stands whatever becomes of them: one
    that is refused is tried again, and one that fails (no memory to fork, no disk) is the last."""

    cluster: LocalCluster
    on: str
    began_ns: int = 0
    done: list[Save] = field(default_factory=list)
    _next: int = 0
    _failed: bool = False

    def look(self, *, more: bool) -> None:
        """Begin the next snapshot, or see whether the one under way is finished."""
        if self.began_ns:
            self._finish_if_over()
        elif more and not self._failed:
            began_ns = time.perf_counter_ns()
            with contextlib.suppress(redis.ResponseError):
                self._node().client.bgsave()
                self.began_ns = began_ns

    def _shard(self) -> Shard:
        return self.cluster.shards[self._next % len(self.cluster.shards)]

    def _node(self) -> Node:
        shard = self._shard()
        return shard.primary if self.on == PRIMARY else shard.replicas[0]

    def _finish_if_over(self) -> None:
        state = self._node().info("persistence")
        if state["rdb_bgsave_in_progress"]:
            return
        if state["rdb_last_bgsave_status"] != "ok":
            self._failed, self.began_ns = True, 0
            return
        fork_us = int(self._node().info("stats")["latest_fork_usec"])
        cow = int(state.get("rdb_last_cow_size", 0))
        self.done.append(Save(self._shard().index, self.began_ns, time.perf_counter_ns(), fork_us, cow))
        self.began_ns = 0
        self._next += 1


def measure(
    cluster: LocalCluster,
    plan: PlanFiles,
    facts: PlanFacts,
    turn_s: float,
    spawn: Spawn,
    *,
    report: Report,
    should_stop: ShouldStop,
) -> SnapshotImpact | None:
    """Latency without a snapshot, during one on the primary, and during one on the replica (where there are replicas).

    `spawn` starts a player on a folder. None when the plan holds nothing that can be told by shard, or when the engines run
    out of memory.
    """
    turn_ns, step_ns = round(turn_s * 1e9), round((turn_s + _GAP_S) * 1e9)
    part = snapshot_slice.busiest(plan.read_index(), turn_ns)
    if not len(part):
        return None
    cases = (QUIET, PRIMARY, REPLICA) if cluster.spec.replicas else (QUIET, PRIMARY)
    target = PlanFiles(plan.folder / "snapshot-impact")
    snapshot_slice.write(plan, facts, snapshot_slice.in_turns(part, len(cases), step_ns), target, step_ns * len(cases))
    try:
        message = "Replaying the busiest part while snapshots are written"
        report(Progress("snapshot", message=message))
        turns = [_Saving(cluster, on) for on in cases]
        with spawn(target.folder) as player:
            outcome = _play(player, turns, step_ns, turn_ns, should_stop)
        if outcome["out_of_memory"]:
            return None
        records, slots = read_records(target), np.array(target.read_index()["slot"], dtype=np.int64)
        start, ranges = outcome["started_clock_ns"], [(shard.first, shard.last) for shard in cluster.shards]
        found = (
            case(turn.on, _turn_of(records, number, step_ns), slots, ranges, turn.done, start)
            for number, turn in enumerate(turns)
        )
        return SnapshotImpact(turn_s=turn_s, cores=os.cpu_count() or 1, cases=tuple(found))
    finally:
        shutil.rmtree(target.folder, ignore_errors=True)


def _play(
    player: Child, turns: list[_Saving], step_ns: int, turn_ns: int, should_stop: ShouldStop
) -> Mapping[str, Any]:
    """Until the player is done; snapshots are begun in the turns that have them."""
    start_ns: int | None = None
    deadline = time.monotonic() + _TIMEOUT_S + len(turns) * step_ns / 1e9
    outcome: Mapping[str, Any] | None = None
    while outcome is None or any(turn.began_ns for turn in turns):
        stop_if_asked(should_stop)
        if time.monotonic() > deadline:
            raise Interrupted("The replay beside a snapshot did not end in time.")
        for line in player.hear(_LOOK_S) if outcome is None else ():
            if start_ns is None and "progress" in line:
                start_ns = time.perf_counter_ns() - int(line["progress"]["now_ns"])
            outcome = line.get("outcome", outcome)
        if start_ns is not None:
            number, inside_ns = divmod(time.perf_counter_ns() - start_ns, step_ns)
            for place, turn in enumerate(turns):
                if turn.on != QUIET:
                    turn.look(more=place == number and inside_ns < turn_ns and outcome is None)
    return outcome


def _turn_of(records: Records, number: int, step_ns: int) -> Records:
    """A turn's own operations; those of the others count as never answered."""
    mine = records.due_ns // step_ns == number
    return Records(records.due_ns, records.sent_ns, np.where(mine, records.done_ns, 0), records.kind, records.timed)


def case(
    on: str, records: Records, slots: Times, ranges: Sequence[tuple[int, int]], saves: Sequence[Save], start_ns: int
) -> SnapshotCase:
    """The figures of one turn; `ranges[i]` are the first and last slot of shard i.

    During a snapshot only operations of its shard count that were under way while it was.
    """
    chosen = np.ones(len(slots), dtype=np.bool_) if on == QUIET else np.zeros(len(slots), dtype=np.bool_)
    for save in saves:
        first, last = ranges[save.shard]
        chosen |= (
            (slots >= first)
            & (slots <= last)
            & (records.done_ns >= save.began_ns - start_ns)
            & (records.due_ns <= save.ended_ns - start_ns)
        )
    mine = records.only(chosen & (records.done_ns > 0))
    found = summary.latency(mine)
    return SnapshotCase(
        on=on,
        operations=found.response.count if found else 0,
        late=summary.late(mine, pacer.LATE_AFTER_NS),
        response=found.response if found else None,
        snapshots=len(saves),
        longest_s=max(((save.ended_ns - save.began_ns) / 1e9 for save in saves), default=None),
        longest_fork_us=max((save.fork_us for save in saves), default=None),
        cow_bytes=max((save.cow_bytes for save in saves), default=None),
    )
