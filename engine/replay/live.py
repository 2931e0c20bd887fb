"""The part of a run that needs the cluster: boot, prepare, replay, settle, snapshot. Leaves plain numbers and raw files."""

from __future__ import annotations

import contextlib
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, replace
from typing import Any

import redis

from engine.cluster.local import LocalCluster, boot
from engine.errors import Cancelled, HeadroomError, InputError, Interrupted
from engine.progress import Progress, Report, ShouldStop, stop_if_asked
from engine.replay import (
    afterwards,
    cores,
    family_memory,
    loading,
    population,
    probe,
    settle,
    snapshot,
    standstill,
    table_shape,
)
from engine.replay.committing import LogGrowth
from engine.replay.crew import Crew
from engine.replay.diagnosis import diagnose
from engine.replay.gauges import gauges_of
from engine.replay.happened import Happened
from engine.replay.live_task import LiveTask
from engine.replay.phases import Finished
from engine.replay.probe import MemoryState
from engine.replay.tapping import finish_tap, kept, wait_for_tap
from engine.replay.team import Speaker
from engine.replay.watch import Watch
from engine.traces.store import iter_operations
from engine.weather import Incident

_TICK_S = 0.2
_LAST_WORDS_S = 2.0


def run(task: LiveTask, *, report: Report, should_stop: ShouldStop) -> dict[str, Any]:
    """Play the task on a cluster of its own. Plain JSON types; see `LiveResult` in collecting.py for their meaning.

    When something ends it, what was known by then stands in the folder as `so_far`, and the error says which state it was.
    """
    report(Progress("boot", message=f"Starting {task.shards * (1 + task.replicas)} engine processes"))
    finished = Finished(task.folder)
    finished.drop("so_far")
    with boot(task.cluster_spec(), should_stop=should_stop) as cluster:
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
        self._report = report
        self._watch: Watch | None = None
        self._happened = Happened(cluster, task.eviction)
        self._crew = Crew(task, cluster)

    def play(self) -> dict[str, Any]:
        with self._crew.child("replication_tap", {"durable": self.task.durable}) as tap, kept(tap):
            self.bases = wait_for_tap(tap, self.cluster, self._check)
            self.empty = standstill.memory(self.cluster, should_stop=self.should_stop)
            loading_errors = self._prepare()
            self._happened.count_evictions()
            probe.reset_command_times(self.cluster)
            log = LogGrowth(self.cluster)
            self.before = [probe.counters(shard.primary) for shard in self.cluster.shards]
            outcome = self._replay()
            written = log.found()
            times = probe.command_times(shard.primary for shard in self.cluster.shards)
            busy = [probe.counters(shard.primary) for shard in self.cluster.shards]
            self._settle(outcome)
            self._happened.count_evictions()
            offsets = [probe.counters(shard.primary).offset for shard in self.cluster.shards]
            memory = standstill.memory(self.cluster, should_stop=self.should_stop)
            finish_tap(tap, offsets, self._check)
        tables = table_shape.of_cluster(self.cluster)
        weighed = family_memory.weigh(self.cluster)
        taken = snapshot.take(self.cluster, report=self.report, should_stop=self.should_stop)
        self._check()
        replicas_used = self._replicas_used()
        impact = afterwards.impact_of_snapshots(
            self.task, self.cluster, self._crew, report=self.report, should_stop=self.should_stop
        )
        return {
            "outcome": outcome,
            "log": written,
            "loading_errors": dict(loading_errors),
            "command_times": {cmd: asdict(value) for cmd, value in times.items()},
            "main_thread_us": probe.main_threads_us(self.before, busy),
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
            "snapshot": asdict(replace(taken, impact=impact)),
            "used_bytes": self.used_bytes,
            "keyspace_series": self.keyspace_series,
            "incidents": [asdict(each) for each in self._survived()],
            "ramp": afterwards.climb(self.task, self.cluster, self._crew, report=self.report, check=self._check),
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
        with self._players_cores() as ours:
            return self._played({"cores": ours, "polls": len(ours) >= self.task.players})

    def _players_cores(self) -> AbstractContextManager[tuple[int, ...]]:
        """Cores that no engine uses meanwhile, where that helps; workers have machines of their own."""
        if self.task.workers is not None:
            return contextlib.nullcontext(())
        return cores.apart((node.process.pid for node in self.cluster.nodes), self.task.players, depth=self.task.depth)

    def _played(self, more: dict[str, Any]) -> dict[str, Any]:
        more |= {"depth": self.task.depth, "patience_ns": round(self.task.patience_s * 1e9)}
        self.task.files.records.unlink(missing_ok=True)  # of an earlier try
        self.replayed_s = 0.0
        self._watch = Watch((shard.primary.port for shard in self.cluster.shards), self.cluster.password)
        playing = self._crew.player(more, report=self.report, should_stop=self.should_stop)
        with playing as player, contextlib.closing(self._watch):
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
        self._happened.clock.look()
        if self._watch.look() and (states := self._watch.states()) is not None:
            second = self._watch.rounds_s()
            self.used_bytes += [None] * (second - len(self.used_bytes))
            self.used_bytes.append(sum(each.memory.used for each in states))
            of_keys = (sum(each.memory.keys for each in states), sum(each.memory.settled for each in states))
            self.keyspace_series.append(of_keys)

    def _require_writes_kept(self) -> None:
        if self._watch is not None and (shard := self._watch.refusing()) is not None:
            raise Interrupted(f"Shard {shard} cannot write its append-only file and refuses writes.")

    def _survived(self) -> list[Incident]:
        """What happened and did not end the run."""
        return self._happened.incidents(self.outcome["started_clock_ns"] if self.outcome is not None else 0)

    def _replicas_used(self) -> int | None:
        replicas = [node for shard in self.cluster.shards for node in shard.replicas]
        return (
            sum(probe.memory(node).used for node in replicas) if replicas and not self._happened.dead_replicas else None
        )

    # -- listening ---------------------------------------------------------------------------------------------------

    def _check(self) -> None:
        stop_if_asked(self.should_stop)
        self._happened.require_primaries(self.replayed_s)

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
        known = gauges_of(said, facts.duration_ns, used_bytes=self.used_bytes[-1] if self.used_bytes else None)
        self.report(Progress("replay", said["units"], facts.units, "operations", message, known))
