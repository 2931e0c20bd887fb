"""The part of a run that needs the cluster: boot, prepare, replay, settle, snapshot. Leaves plain numbers and raw files."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import redis

from engine import weather
from engine.cluster import durability
from engine.cluster.binaries import Engine
from engine.cluster.local import ClusterSpec, LocalCluster, boot, replicas_online
from engine.cluster.node import NO_EVICTION
from engine.errors import Cancelled, HeadroomError, InputError, Interrupted
from engine.measurement import SnapshotImpact
from engine.plain import to_plain
from engine.progress import Progress, Report, ShouldStop, stop_if_asked
from engine.ramp.model import RampSpec
from engine.replay import (
    family_memory,
    loading,
    population,
    probe,
    ramping,
    settle,
    snapshot,
    snapshot_impact,
    standstill,
    table_shape,
)
from engine.replay.children import Child
from engine.replay.clock_watch import ClockWatch
from engine.replay.committing import LogGrowth
from engine.replay.diagnosis import diagnose, of_dead
from engine.replay.phases import Finished
from engine.replay.plan import PlanFacts, PlanFiles
from engine.replay.probe import MemoryState
from engine.replay.remote.hosting import Workers
from engine.replay.survey import Survey
from engine.replay.task import DRAIN_NS
from engine.replay.team import Speaker, local_team
from engine.replay.watch import Watch
from engine.traces.model import TraceHeader
from engine.traces.store import iter_operations
from engine.weather import Incident

_TICK_S = 0.2
_LAST_WORDS_S = 2.0
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
    players: int = 1
    workers: Workers | None = None  # who plays, in place of processes of our own
    max_memory_bytes: int | None = None  # of each node; None: what this machine can give
    eviction: str = NO_EVICTION
    patience_s: float = DRAIN_NS / 1e9
    ramp: RampSpec | None = None
    durable: bool = False
    snapshot_turn_s: float = 0.0  # 0: what snapshots do to latency is not measured

    @property
    def files(self) -> PlanFiles:
        """The plan's files."""
        return PlanFiles(self.folder)


def run(task: LiveTask, *, report: Report, should_stop: ShouldStop) -> dict[str, Any]:
    """Play the task on a cluster of its own. Plain JSON types; see `LiveResult` in collecting.py for their meaning.

    When something ends it, what was known by then stands in the folder as `so_far`, and the error says which state it was.
    """
    report(Progress("boot", message=f"Starting {task.shards * (1 + task.replicas)} engine processes"))
    finished = Finished(task.folder)
    finished.drop("so_far")
    data = expected_bytes(task.survey)
    spec = ClusterSpec(
        task.engine,
        task.shards,
        task.replicas,
        data_bytes=data,
        max_memory_bytes=task.max_memory_bytes,
        eviction=task.eviction,
        durable=task.durable,
        log_bytes=data + task.files.payload.stat().st_size,
    )
    with boot(spec, should_stop=should_stop) as cluster:
        live = _Live(task, cluster, report, should_stop)
        try:
            return live.play()
        except Cancelled:
            raise
        except (HeadroomError, OSError, redis.RedisError) as error:
            ended_by = diagnose(error, cluster, live.replayed_s, live.silent_s)
            finished.put("so_far", live.so_far(ended_by))
            if isinstance(error, InputError):
                raise
            raise Interrupted(ended_by.sentence) from error


def expected_bytes(survey: Survey) -> int:
    """What the keys of the recording need at most, roughly: for the check against free memory."""
    standing = sum((each.size or population.ASSUMED_VALUE_BYTES) for each in survey.standing.values())
    return survey.payload_bytes + standing + survey.keys * _KEY_OVERHEAD_BYTES


class _Live:
    def __init__(self, task: LiveTask, cluster: LocalCluster, report: Report, should_stop: ShouldStop) -> None:
        self.task = task
        self.cluster = cluster
        self.should_stop = should_stop
        self.used_bytes: list[int | None] = []
        self.keyspace_series: list[tuple[int, int]] = []
        self.phase = "boot"
        self.replayed_s: float | None = None
        self.silent_s = 0.0
        self.outcome: dict[str, Any] | None = None
        self.bases: list[int] = []
        self.empty: list[MemoryState] = []
        self.before: list[probe.Counters] = []
        self.incidents: list[Incident] = []
        self.evicted = [0] * len(cluster.shards)
        self.clock = ClockWatch()
        self._report = report
        self._watch: Watch | None = None
        self._dead_replicas: set[int] = set()

    def play(self) -> dict[str, Any]:
        with self._child("replication_tap", {"durable": self.task.durable}) as tap, self._kept(tap):
            self.bases = self._wait_for_tap(tap)
            self.empty = standstill.memory(self.cluster, should_stop=self.should_stop)
            loading_errors = self._prepare()
            self._count_evictions()
            probe.reset_command_times(self.cluster)
            log = LogGrowth(self.cluster)
            self.before = [probe.counters(shard.primary) for shard in self.cluster.shards]
            outcome = self._replay()
            written = log.found()
            times = probe.command_times(shard.primary for shard in self.cluster.shards)
            busy = [probe.counters(shard.primary) for shard in self.cluster.shards]
            self._settle(outcome)
            self._count_evictions()
            offsets = [probe.counters(shard.primary).offset for shard in self.cluster.shards]
            memory = standstill.memory(self.cluster, should_stop=self.should_stop)
            self._finish_tap(tap, offsets)
        tables = table_shape.of_cluster(self.cluster)
        weighed = family_memory.weigh(self.cluster)
        taken = snapshot.take(self.cluster, report=self.report, should_stop=self.should_stop)
        self._check()
        replicas_used = self._replicas_used()
        taken = replace(taken, impact=self._snapshot_impact())  # last: it changes the data
        return {
            "outcome": outcome,
            "log": written,
            "loading_errors": dict(loading_errors),
            "command_times": {cmd: asdict(value) for cmd, value in times.items()},
            "main_thread_us": _cpu(self.before, busy),
            "bases": self.bases,
            "first_offsets": [each.offset for each in self.before],
            "last_offsets": offsets,
            "empty": [asdict(each) for each in self.empty],
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
            "incidents": [asdict(each) for each in self._survived()],
            "ramp": self._ramp(),
        }

    def so_far(self, ended_by: Incident) -> dict[str, Any]:
        """What is known when something ends the run: for `collecting_partial.py`."""
        return {
            "phase": self.phase,
            "replaying": self.replayed_s is not None,
            "outcome": self.outcome,
            "bases": self.bases,
            "first_offsets": [each.offset for each in self.before],
            "empty": [asdict(each) for each in self.empty],
            "used_bytes": self.used_bytes,
            "keyspace_series": self.keyspace_series,
            "incidents": [asdict(each) for each in (*self._survived(), ended_by)],
        }

    def report(self, progress: Progress) -> None:
        """Pass it on, and know where we are."""
        self.phase = progress.phase
        self._report(progress)

    # -- phases ------------------------------------------------------------------------------------------------------

    def _wait_for_tap(self, tap: Child) -> list[int]:
        """Until every primary counts the tap among its replicas that are online."""
        bases: list[int] = next(self._said(tap, "ready", _TAP_TIMEOUT_S))
        deadline = time.monotonic() + _TAP_TIMEOUT_S
        while any(
            replicas_online(shard.primary.info("replication")) < 1 + len(shard.living_replicas())
            for shard in self.cluster.shards
        ):
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
        more = {
            "ranges": [(shard.first, shard.last) for shard in shards],
            "depth": self.task.depth,
            "patience_ns": round(self.task.patience_s * 1e9),
            "copies": self._copies(),
        }
        self.task.files.records.unlink(missing_ok=True)  # of an earlier try
        self.replayed_s = 0.0
        self._watch = Watch((shard.primary.port for shard in shards), self.cluster.password)
        with self._player(more) as player, contextlib.closing(self._watch):
            for line in self._lines(player):
                if "progress" in line:
                    self._show(line["progress"])
                if "outcome" in line:
                    self.outcome = line["outcome"]
                    break
            outcome = self._judged(self.outcome)
        return outcome

    def _judged(self, outcome: dict[str, Any] | None) -> dict[str, Any]:
        """The outcome of a replay that reached its end; raises what stood in the way of the others."""
        assert outcome is not None
        self.replayed_s = outcome["ended_ns"] / 1e9
        if outcome["out_of_memory"]:
            raise loading.out_of_memory()
        if outcome["stopped"]:
            raise Interrupted(f"{outcome['stopped']}.")
        silent = self._watch.silent() if self._watch is not None else None
        if outcome["errors"].get("MISCONF"):
            raise Interrupted(f"{outcome['errors']['MISCONF']:,} writes were refused (MISCONF).")
        if outcome["unanswered"] and silent is not None:
            self.silent_s = silent[1]
            raise Interrupted(f"Shard {silent[0]} has answered nothing for {silent[1]:.0f} s.")
        self._require_writes_kept()
        return outcome

    def _copies(self) -> int:
        return durability.WAIT_REPLICAS if self.task.durable else 0

    def _ramp(self) -> dict[str, Any] | None:
        """Last of all: what it writes stands in no other figure."""
        task = self.task
        if task.ramp is None:
            return None
        shards = self.cluster.shards
        more = {
            "ports": [shard.primary.port for shard in shards],
            "ranges": [(shard.first, shard.last) for shard in shards],
            "password": self.cluster.password,
            "copies": self._copies(),
        }
        stage = ramping.Stage(
            self.cluster, task.files, task.facts, self.report, self._check, partial(self._child, "player"), more
        )
        return to_plain(ramping.climb(task.ramp, stage))

    def _settle(self, outcome: Mapping[str, Any]) -> None:
        settle.settle(
            self.cluster,
            self.task.files.deadlines,
            started_clock_ns=outcome["started_clock_ns"],
            end_ns=outcome["ended_ns"],
            report=self.report,
            should_stop=self.should_stop,
        )

    def _look_around(self) -> None:
        """At the nodes and the clocks. Never waits for a node."""
        assert self._watch is not None
        self.clock.look()
        if self._watch.look() and (states := self._watch.states()) is not None:
            second = self._watch.rounds_s()
            self.used_bytes += [None] * (second - len(self.used_bytes))
            self.used_bytes.append(sum(each.memory.used for each in states))
            of_keys = (sum(each.memory.keys for each in states), sum(each.memory.settled for each in states))
            self.keyspace_series.append(of_keys)

    def _require_writes_kept(self) -> None:
        if self._watch is not None and (shard := self._watch.refusing()) is not None:
            raise Interrupted(f"Shard {shard} cannot write its append-only file and refuses writes.")

    def _count_evictions(self) -> None:
        """Before the engine's own counter begins anew."""
        for shard in self.cluster.shards:
            self.evicted[shard.index] += int(shard.primary.info("stats").get("evicted_keys", 0))

    def _survived(self) -> list[Incident]:
        """What happened and did not end the run."""
        evicted = [
            weather.evicted(
                weather.node("primary", shard.index), count, shard.primary.spec.max_memory_bytes, self.task.eviction
            )
            for shard, count in zip(self.cluster.shards, self.evicted, strict=True)
            if count
        ]
        started = self.outcome["started_clock_ns"] if self.outcome is not None else 0
        jumped = [
            weather.clock_jumped((jump.monotonic_ns - started) / 1e9 if started else 0.0, jump.by_ns / 1e9)
            for jump in self.clock.jumps
        ]
        return [*self.incidents, *evicted, *jumped]

    def _replicas_used(self) -> int | None:
        replicas = [node for shard in self.cluster.shards for node in shard.replicas]
        return sum(probe.memory(node).used for node in replicas) if replicas and not self._dead_replicas else None

    def _snapshot_impact(self) -> SnapshotImpact | None:
        if not self.task.snapshot_turn_s or self.task.depth is not None:
            return None
        more = {"ranges": [(shard.first, shard.last) for shard in self.cluster.shards], "copies": self._copies()}
        return snapshot_impact.measure(
            self.cluster,
            self.task.files,
            self.task.facts,
            self.task.snapshot_turn_s,
            lambda folder: self._child("player", {**more, "folder": str(folder)}),
            report=self.report,
            should_stop=self.should_stop,
        )

    def _finish_tap(self, tap: Child, offsets: list[int]) -> None:
        tap.tell({"until": offsets})
        next(self._said(tap, "done", _TAP_TIMEOUT_S))

    @contextlib.contextmanager
    def _kept(self, tap: Child) -> Iterator[None]:
        """What the tap has is in its files when the block is left by an error."""
        try:
            yield
        except (HeadroomError, OSError, redis.RedisError):
            with contextlib.suppress(Interrupted, OSError):  # the tap may have ended: its files are whole then
                tap.tell({"until": []})
                deadline = time.monotonic() + _LAST_WORDS_S
                while time.monotonic() < deadline and not any("done" in line for line in tap.hear(_TICK_S)):
                    pass
            raise

    # -- listening ---------------------------------------------------------------------------------------------------

    def _player(self, more: Mapping[str, Any]) -> AbstractContextManager[Speaker]:
        if (workers := self.task.workers) is not None:
            told = self._told(self.task.folder, more)
            return workers.team(self.task.files, "own", told, report=self.report, should_stop=self.should_stop)
        if self.task.players == 1:
            return self._child("player", more)
        return local_team(
            self.task.files, self.task.players, lambda part: self._child("player", {**more, "together": True}, part)
        )

    def _child(self, module: str, more: Mapping[str, Any], folder: Path | None = None) -> Child:
        folder = folder or self.task.folder
        return Child(f"engine.replay.{module}", self._told(folder, more), folder / f"{module}.log")

    def _told(self, folder: Path, more: Mapping[str, Any]) -> dict[str, Any]:
        return {
            "folder": str(folder),
            "ports": [shard.primary.port for shard in self.cluster.shards],
            "password": self.cluster.password,
            **more,
        }

    def _check(self) -> None:
        stop_if_asked(self.should_stop)
        for each in self.cluster.casualties():
            if not each.is_primary and each.node.port not in self._dead_replicas:
                self._dead_replicas.add(each.node.port)
                self.incidents.append(of_dead(each, self.replayed_s))
        self.cluster.require_primaries()

    def _said(self, child: Child, word: str, timeout_s: float) -> Iterator[Any]:
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            self._check()
            for line in child.hear(_TICK_S):
                if word in line:
                    yield line[word]
        raise Interrupted(f"No answer ({word}) within {timeout_s:.0f} s.")

    def _lines(self, player: Speaker) -> Iterator[dict[str, Any]]:
        while True:
            try:
                self._check()
            except Interrupted:  # the player has noticed as well, and has counted what was answered
                yield from self._last_words(player)
                raise
            self._look_around()
            self._require_writes_kept()
            yield from player.hear(_TICK_S)

    def _last_words(self, player: Speaker) -> Iterator[dict[str, Any]]:
        deadline = time.monotonic() + _LAST_WORDS_S
        while time.monotonic() < deadline:
            yield from player.hear(_TICK_S)

    def _show(self, said: Mapping[str, Any]) -> None:
        facts, silent = self.task.facts, self._watch.silent() if self._watch is not None else None
        self.replayed_s = said["now_ns"] / 1e9
        message = "Replaying" if silent is None else f"Shard {silent[0]} has answered nothing for {silent[1]:.0f} s"
        left_s = max(facts.duration_ns - said["now_ns"], 0) / 1e9
        gauges = {
            "ops_per_s": said["answered"] / 0.5,
            "response_p50_us": said["response_p50_us"],
            "response_p99_us": said["response_p99_us"],
            "late": said["late"],
            "dropped": said["dropped"],
            "errors": said["errors"],
            "used_bytes": self.used_bytes[-1] if self.used_bytes else None,
            "time_left_s": left_s,
        }
        known = {name: float(value) for name, value in gauges.items() if value is not None}
        self.report(Progress("replay", said["units"], facts.units, "operations", message, known))


def _cpu(before: list[probe.Counters], after: list[probe.Counters]) -> float | None:
    spent = 0.0
    for first, last in zip(before, after, strict=True):
        if first.main_thread_us is None or last.main_thread_us is None:
            return None
        spent += last.main_thread_us - first.main_thread_us
    return spent
