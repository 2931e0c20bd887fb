"""Plays a ramp on a cluster that is up: step after step through one player, over one encoded plan, until the knee is known.

Everything that can be worked out without a cluster is in `engine/ramp` and `passage`. A step is a player's task with the
plan's payload and due times of its own; the player process is the same for all of them.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from typing import Any

from engine.cluster.local import LocalCluster
from engine.errors import Interrupted
from engine.progress import Progress, Report
from engine.ramp.model import MAX_STEP_S, Played, Ramp, RampSpec, RampStep, StepLatency
from engine.ramp.search import conclude, next_rate
from engine.ramp.verdict import FEWEST, judge
from engine.replay import pacer, probe
from engine.replay.children import Child
from engine.replay.commit import NOT_COMMITTED
from engine.replay.hiccups import Hiccups
from engine.replay.latencies import by_role
from engine.replay.passage import Part, Passage
from engine.replay.plan import PlanFacts, PlanFiles
from engine.replay.records import RecordFile
from engine.stats import summary

PHASE = "ramp"
_TICK_S = 0.05
_LONGER = 4.0  # times a step's length, so that the rarer class has enough answers too
_SPARE = 1.05
_NOT_SERVED = (
    "MISCONF",
    "NOREPLICAS",
    "CLUSTERDOWN",
    "READONLY",
    "LOADING",
    NOT_COMMITTED,
)  # the cluster's own refusals


@dataclass(frozen=True, slots=True)
class Stage:
    """What a ramp plays on. `check` raises when somebody asked to stop or a node is gone; `player` starts a player with a
    task; `task` is what it is told besides its folder."""

    cluster: LocalCluster
    files: PlanFiles
    facts: PlanFacts
    report: Report
    check: Callable[[], None]
    player: Callable[[Mapping[str, Any]], Child]
    task: Mapping[str, Any] = field(default_factory=dict)


def climb(spec: RampSpec, stage: Stage) -> Ramp:
    """The ramp. What was played stays when an engine is lost on the way; only a request to stop ends it without a result."""
    passage = Passage(stage.files, stage.facts)
    if not passage.shares():
        return conclude((), spec, ended_by="The recording has no reads or writes that could be timed.")
    return _Climb(spec, stage, passage).run()


class _Climb:
    def __init__(self, spec: RampSpec, stage: Stage, passage: Passage) -> None:
        self.spec = spec
        self.stage = stage
        self.passage = passage
        self.folder = stage.files.folder / PHASE
        self.steps: list[RampStep] = []
        self.place = 0  # in the recording
        self.player: Child | None = None

    def run(self) -> Ramp:
        ended_by = ""
        with ExitStack() as stack:
            try:
                while (rate := next_rate(self.steps, self.spec, self._first())) is not None:
                    self._rest(rate)
                    self.steps.append(judge(self._step(rate, stack), self.spec.objective_us()))
            except (Interrupted, OSError) as error:
                ended_by = str(error)
        shutil.rmtree(self.folder, ignore_errors=True)
        return conclude(self.steps, self.spec, ended_by=ended_by, notes=self._notes())

    def _first(self) -> float:
        """The recorded rate; at least what gives the more frequent class enough answers in one step."""
        recorded = self.passage.operations / (self.passage.period_ns / 1e9) if self.passage.period_ns else 0.0
        return self.spec.first or max(
            recorded, _SPARE * FEWEST / max(self.passage.shares().values()) / self.spec.step_s
        )

    def _seconds(self, rate: float) -> float:
        """Long enough for the 99th percentile of the more frequent class, and of the other where that is not too long."""
        needed = sorted(_SPARE * FEWEST / share / rate for share in self.passage.shares().values())
        return min(max(self.spec.step_s, needed[0], min(needed[-1], _LONGER * self.spec.step_s)), MAX_STEP_S)

    def _rest(self, rate: float) -> None:
        self._show(rate, "resting", {})
        until = time.monotonic() + self.spec.rest_s
        while (left := until - time.monotonic()) > 0:
            self.stage.check()
            time.sleep(min(left, 0.2))

    def _step(self, rate: float, stack: ExitStack) -> Played:
        part = self.passage.part(self.place, rate, self._seconds(rate))
        self.place = part.last
        files = PlanFiles(self.folder)
        self.passage.write(part, files)
        before = self._engine_us()
        with Hiccups() as hiccups:
            outcome = self._play(rate, {**self.stage.task, "folder": str(self.folder)}, stack)
        played = _played(rate, part, files, outcome, _most(before, self._engine_us()))
        return replace(played, machine_p99_us=hiccups.p99_us)

    def _play(self, rate: float, task: Mapping[str, Any], stack: ExitStack) -> dict[str, Any]:
        if self.player is None:
            self.player = stack.enter_context(self.stage.player(task))
        else:
            self.player.tell(task)
        for said in self._lines(self.player):
            if "progress" in said:
                self._show(rate, "playing", _gauges(said["progress"]))
            if "outcome" in said:
                return dict(said["outcome"])
        raise Interrupted("The player ended in the middle of a step.")

    def _lines(self, player: Child) -> Iterator[dict[str, Any]]:
        while True:
            self.stage.check()
            yield from player.hear(_TICK_S)

    def _engine_us(self) -> list[float | None]:
        return [probe.counters(shard.primary).main_thread_us for shard in self.stage.cluster.shards]

    def _show(self, rate: float, doing: str, gauges: Mapping[str, float]) -> None:
        known = max((step.played.asked_ops_per_s for step in self.steps if step.held), default=None)
        held = "" if known is None else f"; {known:,.0f} operations/s held"
        message = f"Step {len(self.steps) + 1}, {rate:,.0f} operations/s, {doing}{held}"
        self.stage.report(Progress(PHASE, len(self.steps), None, "steps", message, gauges))

    def _notes(self) -> tuple[str, ...]:
        speed = self.stage.facts.speed
        notes = [
            "Steps go on in the recording where the one before stopped, over and over; gaps between operations are scaled, so "
            "bursts stay, and a rate is the mean of its step.",
            f"Times to live are those of speed x{speed:g} whatever the rate of a step.",
        ]
        if self.passage.left_out:
            notes.append(f"{self.passage.left_out:,} blocking commands were left out of the steps.")
        return tuple(notes)


def _gauges(said: Mapping[str, Any]) -> dict[str, float]:
    gauges = {
        "ops_per_s": said["answered"] / 0.5,
        "response_p50_us": said["response_p50_us"],
        "response_p99_us": said["response_p99_us"],
        "late": said["late"],
    }
    return {name: float(value) for name, value in gauges.items() if value is not None}


def _most(before: Sequence[float | None], after: Sequence[float | None]) -> float | None:
    """CPU of the busiest engine's main thread, µs."""
    pairs = zip(before, after, strict=True)
    spent = [last - first for first, last in pairs if first is not None and last is not None]
    return max(spent, default=None)


def _played(rate: float, part: Part, files: PlanFiles, outcome: Mapping[str, Any], engine_us: float | None) -> Played:
    recorded = RecordFile(files)
    wall_ns = max(part.duration_ns, outcome["ended_ns"])
    errors = sum(outcome["errors"].values())
    return Played(
        asked_ops_per_s=rate,
        reached_ops_per_s=(outcome["ok"] + errors) / (wall_ns / 1e9),
        seconds=wall_ns / 1e9,
        operations=part.operations,
        units=part.last - part.first,
        latency_us={
            name: StepLatency(known.response.p50, known.response.p99, known.service.p99, known.response.count)
            for name, known in by_role(recorded).items()
        },
        late=max(summary.late(recorded, pacer.LATE_AFTER_NS) - outcome["held_late"], 0),
        held=outcome["held_late"],
        dropped=outcome["dropped"],
        unanswered=outcome["unanswered"] + sum(outcome["errors"].get(kind, 0) for kind in _NOT_SERVED),
        errors=errors,
        out_of_memory=outcome["out_of_memory"],
        player_busy=outcome["client_cpu_ns"] / wall_ns,
        engine_busy=None if engine_us is None else engine_us * 1e3 / wall_ns,
    )
