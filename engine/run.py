"""One run from a stored trace to a Measurement: plan, calibrate, boot, prepare, replay, settle, snapshot, collect.

Finished parts are kept in the run's folder; calling `measure` again with the same folder goes on where it stopped.
"""

from __future__ import annotations

import json
import shutil
from dataclasses import asdict, replace
from itertools import islice
from pathlib import Path
from typing import Any

from engine import measurement, partial, units
from engine.cluster import binaries, durability
from engine.cluster.binaries import Engine
from engine.errors import InputError, Interrupted
from engine.measurement import Calibration, Measurement, WrittenPrediction
from engine.partial import Partial
from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.replay import lifetimes, live, population, predicting
from engine.replay.calibration import calibrate
from engine.replay.collecting import RunFacts, collect
from engine.replay.collecting_partial import collect_partial
from engine.replay.committing import with_zone
from engine.replay.live_task import LiveTask
from engine.replay.phases import Finished
from engine.replay.plan import PlanFacts, PlanFiles
from engine.replay.planning import compile_plan
from engine.replay.remote.hosting import Workers
from engine.replay.survey import Survey
from engine.run_spec import MAX_SPEED, RunSpec, require_sane
from engine.traces.model import TraceHeader
from engine.traces.store import iter_operations, read_header

__all__ = ["MAX_SPEED", "RunSpec", "measure", "partial_of"]

_REPORT_EVERY = 1 << 14
_DISK_RESERVE_BYTES = 256 << 20


def measure(
    spec: RunSpec, *, report: Report = ignore, should_stop: ShouldStop = never, workers: Workers | None = None
) -> Measurement:
    """Replay a trace on a cluster of its own and measure it. With `workers`, those play it, as many as `spec.players`.

    Raises InputError for what the person can mend, Interrupted when an engine or helper process ended (call again to go
    on), Cancelled when asked to stop. After the first two, `partial_of` the folder has what was measured until then.
    """
    require_sane(spec)
    engine = binaries.choose(spec.engine)
    finished = _finished(spec, engine)
    if (done := finished.get("measurement")) is not None:
        return measurement.from_json(done)
    if workers is not None:
        workers.require_this_machine()
        workers.gather(report, should_stop)
    return _Run(spec, engine, finished, report, should_stop, workers).measure()


def partial_of(folder: Path) -> Partial | None:
    """What the run of this folder had measured when something ended it; None when nothing did."""
    kept = Finished(folder).get("partial")
    return None if kept is None else partial.from_json(kept)


def _finished(spec: RunSpec, engine: Engine) -> Finished:
    """The finished parts of the run's folder, if they are of this very run."""
    spec.folder.mkdir(parents=True, exist_ok=True)
    finished = Finished(spec.folder)
    asked = {**asdict(spec), "trace": str(spec.trace), "folder": "", "engine": engine.title}
    if finished.get("spec") != json.loads(json.dumps(asked)):
        finished.forget()
        finished.put("spec", asked)
    return finished


class _Run:
    def __init__(
        self,
        spec: RunSpec,
        engine: Engine,
        finished: Finished,
        report: Report,
        should_stop: ShouldStop,
        workers: Workers | None,
    ) -> None:
        self.spec = spec
        self.engine = engine
        self.finished = finished
        self.report = report
        self.should_stop = should_stop
        self.workers = workers
        self.header = read_header(spec.trace)
        self.files = PlanFiles(spec.folder)

    def measure(self) -> Measurement:
        survey = self._survey()
        facts = self._plan(survey)
        self._require_disk()
        calibration = self._calibration()
        run = RunFacts(
            engine=self.engine,
            shards=self.spec.shards,
            replicas=self.spec.replicas,
            mode=self.spec.mode,
            header=self.header,
            facts=facts,
            calibration=calibration,
            assumptions=(*_unseen(self.header), *population.assumptions(survey), *_out_of_time(self.spec)),
            depth=self.spec.depth,
            plateau=lifetimes.of_trace(self.spec.trace, self.header),
        )
        raw = self._live_or_partial(survey, run)
        self.report(Progress("collect", message="Attributing every byte written"))
        found = replace(collect(self.spec.folder, run, raw), written_predicted=self._predicted(raw))
        result = with_zone(found, self.spec.zone_rtt_ms)
        self.finished.put("measurement", measurement.to_json(result))
        self._clear_raw_files()
        return result

    def _survey(self) -> Survey:
        survey = Survey()
        for count, operation in enumerate(iter_operations(self.spec.trace)):
            if count % _REPORT_EVERY == 0:
                stop_if_asked(self.should_stop)
                self.report(
                    Progress("plan", count, 2 * self.header.operations, "operations", "Looking over the recording")
                )
            if count < self.header.population:
                survey.populate(operation)
            else:
                survey.look_at(operation)
        survey.close()
        return survey

    def _plan(self, survey: Survey) -> PlanFacts:
        if self.finished.get("plan") is not None:
            return self.files.read_facts()
        facts = compile_plan(
            islice(iter_operations(self.spec.trace), self.header.population, None),
            self.header,
            survey,
            self.files,
            speed=self.spec.speed,
            report=self._second_half,
            should_stop=self.should_stop,
        )
        if not facts.units and not self.header.population:
            reasons = ", ".join(f"{count:,} {reason}" for reason, count in facts.not_replayed.items())
            raise InputError(
                f"none of its {facts.operations:,} operations can be replayed ({reasons}).",
                source=self.header.source_name,
                expected="commands that read or write keys.",
            )
        self.finished.put("plan", {})
        return facts

    def _second_half(self, progress: Progress) -> None:
        total = 2 * self.header.operations
        done = self.header.operations + progress.done
        self.report(Progress("plan", done, total, "operations", "Encoding every command"))

    def _require_disk(self) -> None:
        free = shutil.disk_usage(self.spec.folder).free
        needed = 2 * self.files.payload.stat().st_size + _DISK_RESERVE_BYTES
        if free < needed:
            raise InputError(
                f"the run needs about {units.format_bytes(needed)} of disk and {units.format_bytes(free)} are free.",
                source=self.header.source_name,
                remedy="Free some space, or delete earlier runs.",
            )

    def _calibration(self) -> Calibration:
        known = self.finished.get("calibration")
        if known is not None:
            return Calibration(**known)
        found = calibrate(self.engine, report=self.report, should_stop=self.should_stop)
        self.finished.put("calibration", asdict(found))
        return found

    def _live_or_partial(self, survey: Survey, run: RunFacts) -> dict[str, Any]:
        """The live part; when something ends it, what was measured until then is kept first."""
        self.finished.drop("partial")
        try:
            return self._live(survey, run.facts)
        except (InputError, Interrupted) as error:
            if (so_far := self.finished.get("so_far")) is None:
                raise
            kept = collect_partial(self.spec.folder, run, so_far)
            self.finished.put("partial", partial.to_json(kept))
            self.finished.drop("so_far")
            if isinstance(error, InputError):
                raise
            raise Interrupted(kept.ended_by.sentence) from error

    def _live(self, survey: Survey, facts: PlanFacts) -> dict[str, Any]:
        raw = self.finished.get("live")
        if raw is None:
            task = LiveTask(
                trace=self.spec.trace,
                header=self.header,
                engine=self.engine,
                shards=self.spec.shards,
                replicas=self.spec.replicas,
                folder=self.spec.folder,
                facts=facts,
                survey=survey,
                seed=self.spec.seed,
                depth=self.spec.depth,
                players=self.spec.players,
                workers=self.workers,
                max_memory_bytes=self.spec.max_memory_bytes,
                eviction=self.spec.eviction,
                patience_s=self.spec.patience_s,
                ramp=self.spec.ramp,
                durable=self.spec.mode == durability.DURABLE,
                snapshot_turn_s=self.spec.snapshot_turn_s,
            )
            raw = live.run(task, report=self.report, should_stop=self.should_stop)
            self.finished.put("live", raw)
        return raw

    def _predicted(self, raw: dict[str, Any]) -> WrittenPrediction | None:
        if self.spec.depth is not None:
            return None  # other commands meet other states when times are ignored
        return predicting.of_run(
            self.spec.trace,
            self.header,
            self.engine,
            speed=self.spec.speed,
            ended_ns=raw["outcome"]["ended_ns"],
            files=self.files,
            should_stop=self.should_stop,
        )

    def _clear_raw_files(self) -> None:
        """The streams and the payload hold a workload's data: they go when the figures are safe. The record stays."""
        for path in (*self.spec.folder.glob("tap-*"), self.files.payload):
            path.unlink(missing_ok=True)


def _out_of_time(spec: RunSpec) -> tuple[str, ...]:
    if spec.depth is None:
        return ()
    return (
        "Closed loop: operations left as fast as answers came, not when they were recorded; times to live were kept as "
        "recorded, so fewer keys expired than would have.",
    )


def _unseen(header: TraceHeader) -> tuple[str, ...]:
    """What the recording cannot show, and what therefore is missing from every figure that follows."""
    if header.population == header.operations:
        return (
            "The recording holds a keyspace and no traffic: requests, data written and CPU are not in these figures.",
        )
    if header.writes_only:
        return ("The recording holds writes only: reads, their requests and their CPU are not in these figures.",)
    return ()
