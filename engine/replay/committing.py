"""What a run in durable mode leaves besides the rest: its append-only files while it runs, its `Commit` afterwards."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from engine.cluster import disks, durability
from engine.cluster.local import LocalCluster
from engine.measurement import Commit, Measurement, Quantiles, Validity
from engine.replay.plan import PlanFacts
from engine.replay.task import MAX_CLIENTS, Outcome

_US_PER_MS = 1000.0
_BEHIND_NS = 500_000_000
_BEHIND_SHARE = 0.02


class LogGrowth:
    """Bytes by which the append-only files of all nodes grew since this was made."""

    def __init__(self, cluster: LocalCluster) -> None:
        self._cluster = cluster
        self._before = self._size()

    def found(self) -> dict[str, Any]:
        """Plain JSON types: the bytes, and what they lie on. Zero and nothing in cache mode."""
        if not self._cluster.spec.durable:
            return {"aof_bytes": 0, "filesystem": ""}
        return {"aof_bytes": self._size() - self._before, "filesystem": disks.filesystem(self._cluster.folder)}

    def _size(self) -> int:
        if not self._cluster.spec.durable:
            return 0
        return sum(int(node.info("persistence")["aof_current_size"]) for node in self._cluster.nodes)


def commit_of(live: Mapping[str, Any]) -> Commit | None:
    """How the writes of a run were acknowledged; None when they were at once."""
    if not live["log"]["filesystem"]:
        return None
    outcome = Outcome(**live["outcome"])
    writes = outcome.committed + outcome.timed_out
    return Commit(
        wait_replicas=durability.WAIT_REPLICAS,
        waits=outcome.waits,
        writes_per_wait=writes / outcome.waits if outcome.waits else None,
        timed_out=outcome.timed_out,
        zone_rtt_us=None,
        aof_bytes=live["log"]["aof_bytes"],
        filesystem=live["log"]["filesystem"],
        not_reproduced=durability.NOT_REPRODUCED,
    )


def judged(found: Validity, mode: str, outcome: Mapping[str, Any]) -> Validity:
    """The verdict on latencies, with what it leaves out in durable mode."""
    held = int(outcome.get("held_late", 0))
    if mode != durability.DURABLE or not held:
        return found
    return replace(
        found, reason=f"{found.reason} Not counted: {held:,} that waited for an earlier answer and left at once then."
    )


def own_late(mode: str, late: int, outcome: Mapping[str, Any]) -> int:
    """How many units the player itself sent late. In durable mode those that waited for a commit and left as soon as it came
    are the workload's own doing; their response times count that wait."""
    return max(late - int(outcome.get("held_late", 0)), 0) if mode == durability.DURABLE else late


def commit_notes(mode: str, facts: PlanFacts, outcome: Mapping[str, Any]) -> tuple[str, ...]:
    """What else to know of latencies in durable mode."""
    if mode != durability.DURABLE:
        return ()
    held, notes = int(outcome.get("held_late", 0)), []
    behind_ns = int(outcome["ended_ns"]) - facts.duration_ns
    if held:
        notes.append(
            f"{held:,} of {facts.units:,} operations could not leave when they were due, because an earlier one of their "
            "connection was not committed yet or an earlier write to their slot not answered; response times count that wait."
        )
    if facts.duration_ns and behind_ns > max(_BEHIND_NS, facts.duration_ns * _BEHIND_SHARE):
        notes.append(
            f"The last answer came {behind_ns / 1e9:.1f} s after the recorded end: these connections, one operation after the "
            "other, cannot keep this pace when they wait for commits. Response times hold the backlog; use a lower speed."
        )
    if facts.clients > MAX_CLIENTS:
        notes.append(
            f"{facts.clients:,} recorded connections shared {MAX_CLIENTS} to each shard, so some waited for commits of others."
        )
    return tuple(notes)


def with_zone(measurement: Measurement, rtt_ms: float | None) -> Measurement:
    """The same measurement with a round trip between zones assumed: only the commit says so, nothing measured changes."""
    commit = measurement.commit
    if rtt_ms is None or commit is None:
        return measurement
    rtt_us = rtt_ms * _US_PER_MS
    write = measurement.latency_us.get("write")
    farther = None if write is None else _later(write.response, rtt_us)
    return replace(measurement, commit=replace(commit, zone_rtt_us=rtt_us, write_with_zone_us=farther))


def _later(quantiles: Quantiles, us: float) -> Quantiles:
    return Quantiles(
        p50=quantiles.p50 + us,
        p90=quantiles.p90 + us,
        p99=quantiles.p99 + us,
        p99_9=quantiles.p99_9 + us,
        p99_99=quantiles.p99_99 + us,
        max=quantiles.max + us,
        count=quantiles.count,
    )
