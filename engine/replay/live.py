"""The part of a run that needs the cluster: boot, prepare, replay, settle, snapshot. Leaves plain numbers and raw files."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from engine.cluster.binaries import Engine
from engine.cluster.local import ClusterSpec, LocalCluster, boot, replicas_online
from engine.errors import Interrupted
from engine.measurement import SnapshotImpact
from engine.progress import Progress, Report, ShouldStop, stop_if_asked
from engine.replay import (
    family_memory,
    loading,
    population,
    probe,
    settle,
    snapshot,
    snapshot_impact,
    standstill,
    table_shape,
)
from engine.replay.children import Child
from engine.replay.plan import PlanFacts, PlanFiles
from engine.replay.survey import Survey
from engine.traces.model import TraceHeader
from engine.traces.store import iter_operations

_TICK_S = 0.2
_PROBE_S = 1.0
_TAP_TIMEOUT_S = 60.0
_KEY_OVERHEAD_BYTES = 120  # entry, object headers and rounding: for the check against free memory only


@dataclass(frozen=True, slots=True)
class LiveTask:
    """What to play, on which engine, in which shape. `folder` takes the raw results; `trace` holds the population."""

    trace: Path
    header: TraceHeader
    engine: Engine
    shards: int
    replicas: int
    folder: Path
    facts: PlanFacts
    survey: Survey
    seed: int
    depth: int | None = None  # of a closed loop
    snapshot_turn_s: float = 0.0  # 0: what snapshots do to latency is not measured

    @property
    def files(self) -> PlanFiles:
        """The plan's files."""
        return PlanFiles(self.folder)


def run(task: LiveTask, *, report: Report, should_stop: ShouldStop) -> dict[str, Any]:
    """Play the task on a cluster of its own. Plain JSON types; see `LiveResult` in collecting.py for their meaning."""
    report(Progress("boot", message=f"Starting {task.shards * (1 + task.replicas)} engine processes"))
    spec = ClusterSpec(task.engine, task.shards, task.replicas, data_bytes=expected_bytes(task.survey))
    with boot(spec, should_stop=should_stop) as cluster:
        try:
            return _Live(task, cluster, report, should_stop).play()
        except Interrupted:
            cluster.require_alive()  # a dead engine is the better explanation
            raise
        except (ConnectionError, OSError) as error:
            cluster.require_alive()
            raise Interrupted(f"The connection to an engine was lost: {error}") from error


def expected_bytes(survey: Survey) -> int:
    """What the keys of the recording need at most, roughly: for the check against free memory."""
    standing = sum((each.size or population.ASSUMED_VALUE_BYTES) for each in survey.standing.values())
    return survey.payload_bytes + standing + survey.keys * _KEY_OVERHEAD_BYTES


class _Live:
    def __init__(self, task: LiveTask, cluster: LocalCluster, report: Report, should_stop: ShouldStop) -> None:
        self.task = task
        self.cluster = cluster
        self.report = report
        self.should_stop = should_stop
        self.used_bytes: list[int] = []
        self.keyspace_series: list[tuple[int, int]] = []

    def play(self) -> dict[str, Any]:
        with self._child("replication_tap", {}) as tap:
            bases = self._wait_for_tap(tap)
            empty = standstill.memory(self.cluster, should_stop=self.should_stop)
            loading_errors = self._prepare()
            probe.reset_command_times(self.cluster)
            before = [probe.counters(shard.primary) for shard in self.cluster.shards]
            outcome = self._replay()
            times = probe.command_times(shard.primary for shard in self.cluster.shards)
            busy = [probe.counters(shard.primary) for shard in self.cluster.shards]
            self._settle(outcome)
            offsets = [probe.counters(shard.primary).offset for shard in self.cluster.shards]
            memory = standstill.memory(self.cluster, should_stop=self.should_stop)
            self._finish_tap(tap, offsets)
        tables = table_shape.of_cluster(self.cluster)
        weighed = family_memory.weigh(self.cluster)
        taken = snapshot.take(self.cluster, report=self.report, should_stop=self.should_stop)
        replicas_used = self._replicas_used()
        taken = replace(taken, impact=self._snapshot_impact())  # last: it changes the data
        return {
            "outcome": outcome,
            "loading_errors": dict(loading_errors),
            "command_times": {cmd: asdict(value) for cmd, value in times.items()},
            "main_thread_us": _cpu(before, busy),
            "bases": bases,
            "first_offsets": [each.offset for each in before],
            "last_offsets": offsets,
            "empty": [asdict(each) for each in empty],
            "memory": [asdict(each) for each in memory],
            "tables": [asdict(each) for each in tables],
            "families": [asdict(each) for each in weighed.families],
            "encodings": [asdict(each) for each in weighed.encodings],
            "key_bytes_deviation": weighed.deviation_bytes,
            "corrected": asdict(weighed.corrected),
            "replicas_used_bytes": replicas_used,
            "snapshot": asdict(taken),
            "used_bytes": self.used_bytes,
            "keyspace_series": self.keyspace_series,
        }

    # -- phases ------------------------------------------------------------------------------------------------------

    def _wait_for_tap(self, tap: Child) -> list[int]:
        """Until every primary counts the tap among its replicas that are online."""
        bases: list[int] = next(self._said(tap, "ready", _TAP_TIMEOUT_S))
        deadline = time.monotonic() + _TAP_TIMEOUT_S
        wanted = self.task.replicas + 1
        while any(replicas_online(shard.primary.info("replication")) < wanted for shard in self.cluster.shards):
            self._check()
            if time.monotonic() > deadline:
                raise Interrupted("The replication tap was not accepted as a replica in time.")
            tap.hear(0.05)
        return bases

    def _prepare(self) -> Mapping[str, int]:
        survey, header, speed = self.task.survey, self.task.header, self.task.facts.speed
        loading.load_scripts(self.cluster, survey)
        recorded = population.recorded_creations(iter_operations(self.task.trace), header, speed=speed)
        errors = self._load(recorded, header.population, "Loading the keys the recording starts from")
        standing = population.creations(survey, seed=self.task.seed, speed=speed)
        message = "Creating the keys that are read before they are written"
        return errors + self._load(standing, len(survey.standing), message)

    def _load(self, creations: Iterator[population.Creation], total: int, message: str) -> Counter[str]:
        self.report(Progress("prepare", 0, total, "keys", message))
        return loading.load_keys(
            self.cluster, creations, total=total, message=message, report=self.report, should_stop=self.should_stop
        )

    def _replay(self) -> dict[str, Any]:
        shards = self.cluster.shards
        more = {"ranges": [(shard.first, shard.last) for shard in shards], "depth": self.task.depth}
        with self._child("player", more) as player:
            for line in self._lines(player):
                if "progress" in line:
                    self._show(line["progress"])
                if "outcome" in line:
                    outcome: dict[str, Any] = line["outcome"]
                    break
        if outcome["out_of_memory"]:
            raise loading.out_of_memory()
        return outcome

    def _settle(self, outcome: Mapping[str, Any]) -> None:
        settle.settle(
            self.cluster,
            self.task.files.deadlines,
            started_clock_ns=outcome["started_clock_ns"],
            end_ns=outcome["ended_ns"],
            report=self.report,
            should_stop=self.should_stop,
        )

    def _look_at_memory(self) -> None:
        states = [probe.memory(shard.primary) for shard in self.cluster.shards]
        self.used_bytes.append(sum(state.used for state in states))
        self.keyspace_series.append((sum(state.keys for state in states), sum(state.settled for state in states)))

    def _replicas_used(self) -> int | None:
        replicas = [node for shard in self.cluster.shards for node in shard.replicas]
        return sum(probe.memory(node).used for node in replicas) if replicas else None

    def _snapshot_impact(self) -> SnapshotImpact | None:
        if not self.task.snapshot_turn_s or self.task.depth is not None:
            return None
        ranges = [(shard.first, shard.last) for shard in self.cluster.shards]
        return snapshot_impact.measure(
            self.cluster,
            self.task.files,
            self.task.facts,
            self.task.snapshot_turn_s,
            lambda folder: self._child("player", {"ranges": ranges, "folder": str(folder)}),
            report=self.report,
            should_stop=self.should_stop,
        )

    def _finish_tap(self, tap: Child, offsets: list[int]) -> None:
        tap.tell({"until": offsets})
        next(self._said(tap, "done", _TAP_TIMEOUT_S))

    # -- listening ---------------------------------------------------------------------------------------------------

    def _child(self, module: str, more: Mapping[str, Any]) -> Child:
        task = {
            "folder": str(self.task.folder),
            "ports": [shard.primary.port for shard in self.cluster.shards],
            "password": self.cluster.password,
            **more,
        }
        return Child(f"engine.replay.{module}", task, self.task.folder / f"{module}.log")

    def _check(self) -> None:
        stop_if_asked(self.should_stop)
        self.cluster.require_alive()

    def _said(self, child: Child, word: str, timeout_s: float) -> Iterator[Any]:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self._check()
            for line in child.hear(_TICK_S):
                if word in line:
                    yield line[word]
        raise Interrupted(f"No answer ({word}) within {timeout_s:.0f} s.")

    def _lines(self, player: Child) -> Iterator[dict[str, Any]]:
        probe_at = 0.0
        while True:
            self._check()
            if time.monotonic() >= probe_at:
                self._look_at_memory()
                probe_at = time.monotonic() + _PROBE_S
            yield from player.hear(_TICK_S)

    def _show(self, said: Mapping[str, Any]) -> None:
        facts = self.task.facts
        left_s = max(facts.duration_ns - said["now_ns"], 0) / 1e9
        gauges = {
            "ops_per_s": said["answered"] / 0.5,
            "response_p50_us": said["response_p50_us"],
            "response_p99_us": said["response_p99_us"],
            "late": said["late"],
            "dropped": said["dropped"],
            "errors": said["errors"],
            "used_bytes": self.used_bytes[-1],
            "time_left_s": left_s,
        }
        known = {name: float(value) for name, value in gauges.items() if value is not None}
        self.report(Progress("replay", said["units"], facts.units, "operations", "Replaying", known))


def _cpu(before: list[probe.Counters], after: list[probe.Counters]) -> float | None:
    spent = 0.0
    for first, last in zip(before, after, strict=True):
        if first.main_thread_us is None or last.main_thread_us is None:
            return None
        spent += last.main_thread_us - first.main_thread_us
    return spent
