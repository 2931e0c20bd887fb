"""What can happen to a run: it is asked for, waits for its recording, measures, is stopped, goes on, is deleted.

The only writer of `Run`. The engine does the measuring and keeps what a resumed run continues from in the run's folder.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from engine import measurement as measurements
from engine.cluster import durability
from engine.measurement import Measurement
from engine.partial import Partial
from engine.progress import Report, ShouldStop
from engine.ramp.model import RampSpec
from engine.run import RunSpec, measure
from engine.run import partial_of as partials_of
from planner import celery
from planner.jobs import services as jobs
from planner.jobs.deleting import delete_whole
from planner.jobs.models import Job
from planner.runs import live
from planner.runs.cluster import Cluster, engine_path
from planner.runs.models import Run
from planner.traces import services as traces
from planner.traces.models import Trace

MEASURE_TASK = "planner.runs.tasks.measure"
SETTLED_TASK = "planner.estimates.tasks.run_settled"
GIVEN_UP = (Job.State.FAILED, Job.State.CANCELLED)
SETTLES_WITHIN = timedelta(seconds=10)  # an answer is computed in about one


def visible_to(owner: Any) -> QuerySet[Run]:
    """The runs of one person, newest first."""
    return Run.objects.filter(owner=owner).select_related("job", "trace", "trace__job")


@transaction.atomic
def create(*, owner: Any, trace: Trace, cluster: Cluster) -> Run:
    """Queue a run; it starts as soon as its recording is read."""
    job = jobs.create(owner=owner, kind="measure", task=MEASURE_TASK, queue="measure")
    run = Run(
        id=uuid4(), owner=owner, trace=trace, job=job, shards=cluster.shards, replicas=cluster.replicas,
        mode=cluster.mode, speed=cluster.speed, engine=cluster.engine, ramp=cluster.ramp_json(),
        players=cluster.players, zone_rtt_ms=cluster.zone_rtt_ms,
    )  # fmt: skip
    run.save(force_insert=True)
    if trace.is_ready:
        jobs.enqueue(job, str(run.id))
    return run


def counterpart(run: Run) -> Run | None:
    """The owner's latest run of the same recording in the other mode, of the same shape but for replicas, unless given up."""
    sha256 = (run.trace.header or {}).get("source_sha256")
    if sha256 is None:
        return None
    same = visible_to(run.owner).filter(
        trace__header__source_sha256=sha256, mode=other_mode(run), shards=run.shards, speed=run.speed, engine=run.engine
    )
    return same.exclude(job__state__in=GIVEN_UP).first()


def other_mode(run: Run) -> str:
    """Cache for durable, durable for cache."""
    return durability.CACHE if run.mode == durability.DURABLE else durability.DURABLE


@transaction.atomic
def measure_in_other_mode(*, run: Run) -> Run:
    """Queue the same replay in the other mode, ramp and all; the run there already is, when there is one."""
    there = counterpart(run)
    if there is not None:
        return there
    mode = other_mode(run)
    replicas = max(run.replicas, durability.default_replicas(mode)) if mode == durability.DURABLE else run.replicas
    cluster = Cluster(
        shards=run.shards, replicas=replicas, mode=mode, speed=run.speed, engine=run.engine,
        players=run.players, zone_rtt_ms=run.zone_rtt_ms,
    )  # fmt: skip
    return create(owner=run.owner, trace=run.trace, cluster=cluster.with_ramp(run.ramp))


def measurement_of(run: Run) -> Measurement | None:
    """What the run measured; None before it is done."""
    return None if run.measurement is None else measurements.from_json(run.measurement)


def partial_of(run: Run) -> Partial | None:
    """What had been measured when something ended the run; None when it goes on, or was measured to its end."""
    return partials_of(run.folder) if run.job.is_over and run.measurement is None else None


def recording_settled(*, trace_id: UUID) -> None:
    """Start the runs that waited for this recording; give them up when it could not be read. Harmless when repeated."""
    trace = Trace.objects.select_related("job").filter(pk=trace_id).first()
    if trace is None:
        return
    for run in Run.objects.filter(trace=trace, job__state=Job.State.QUEUED).select_related("job"):
        if trace.is_ready:
            wake(run=run)
        elif trace.job.state in traces.GIVEN_UP:
            jobs.cancel(run.job)


def measure_run(*, run_id: UUID) -> None:
    """Replay and measure, in a worker. Does nothing when another has claimed it or the recording is not read yet."""
    run = Run.objects.select_related("trace").filter(pk=run_id).first()
    if run is not None and run.trace.is_ready:
        jobs.run(job_id=run.job_id, work=partial(_measure, run))


def cancel(*, run: Run) -> None:
    """Ask the run to stop."""
    jobs.cancel(run.job)


def can_resume(run: Run) -> bool:
    """A stopped run can go on as long as its recording is there."""
    return run.job.can_resume and run.trace.is_ready


def resume(*, run: Run) -> None:
    """Queue a stopped run again; it goes on at the phase it had reached."""
    if can_resume(run) and jobs.resume(run.job):
        wake(run=run)


def wake(*, run: Run) -> None:
    """Tell the workers of a run that waited until its recording was read. Harmless when repeated."""
    job = Job.objects.get(pk=run.job_id)
    if job.state == Job.State.QUEUED and not job.subject and run.trace.is_ready:
        jobs.enqueue(job, str(run.id))


def tell_settled(*, run_id: UUID) -> None:
    """Have the estimates that wait for this run computed. Harmless when repeated."""
    celery.enqueue(SETTLED_TASK, str(run_id), queue=celery.DEFAULT)


def remind(*, run: Run, now: datetime) -> None:
    """Say again that the run is done when estimates go on waiting for it: the first word must have been lost."""
    ended = run.job.finished_at
    if run.measurement is not None and ended is not None and now - ended > SETTLES_WITHIN and is_awaited(run):
        tell_settled(run_id=run.pk)


def is_awaited(run: Run) -> bool:
    """Whether an estimate waits for what this run measures."""
    return run.estimates.filter(waiting=True).exists()


def delete(*, run: Run) -> None:
    """Delete a run with its folder. Not while it waits or works: cancel it first."""
    delete_whole(run, run.job, run.folder)


def _measure(run: Run, report: Report, should_stop: ShouldStop) -> None:
    run.folder.mkdir(parents=True, exist_ok=True)
    spec = RunSpec(
        trace=run.trace.path, folder=run.folder, shards=run.shards, replicas=run.replicas, mode=run.mode,
        speed=run.speed, engine=engine_path(run.engine), players=run.players or settings.HEADROOM_PLAYERS,
        zone_rtt_ms=run.zone_rtt_ms if run.mode == durability.DURABLE else None,
        ramp=None if run.ramp is None else RampSpec(**run.ramp),
        snapshot_turn_s=settings.HEADROOM_SNAPSHOT_TURN_S,
    )  # fmt: skip
    found = measure(spec, report=live.recording(report, run.live_path), should_stop=should_stop)
    run.measurement = measurements.to_json(found)
    run.save(update_fields=["measurement"])
