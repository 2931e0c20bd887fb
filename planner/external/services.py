"""What can happen to a run on somebody's own cluster: it is looked at, asked for, measured, stopped, resumed, forgotten,
deleted. The only writer of `ExternalRun`, and the only place where a password is sealed and opened.
"""

from __future__ import annotations

import shutil
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet
from django.views.decorators.debug import sensitive_variables

from engine import external_gaps, external_measurement
from engine.errors import Cancelled, InputError, Interrupted
from engine.external_gaps import Gaps
from engine.external_measurement import ExternalMeasurement
from engine.external_run import ExternalSpec, measure_there
from engine.measurement import Measurement
from engine.progress import Report, ShouldStop
from engine.replay.external.keys import parse_prefix
from engine.replay.external.look import Found
from engine.replay.external.look import look as look_there
from planner import sealing
from planner.external import addresses
from planner.external.discretion import discreet
from planner.external.models import ExternalRun
from planner.external.wanted import Wanted
from planner.jobs import services as jobs
from planner.jobs.deleting import delete_whole
from planner.jobs.models import Job
from planner.runs import live
from planner.runs import services as runs
from planner.traces.models import Trace

MEASURE_TASK = "planner.external.tasks.measure"
_AT_WORK = (Job.State.QUEUED, Job.State.RUNNING)


def visible_to(owner: Any) -> QuerySet[ExternalRun]:
    """The runs of one person, newest first."""
    return ExternalRun.objects.filter(owner=owner).select_related("job", "trace", "trace__job")


@sensitive_variables()
def look(wanted: Wanted) -> Found:
    """What is there, before anything is written. Raises HeadroomError, without the password."""
    with discreet(wanted.password), wanted.target(addresses.policy()) as target:
        return look_there(target, parse_prefix(wanted.prefix))


@sensitive_variables()
@transaction.atomic
def create(*, owner: Any, trace: Trace, wanted: Wanted) -> ExternalRun:
    """Queue a run. Raises InputError without the confirmation, or when the recording is not read."""
    if not wanted.confirmed:
        raise InputError("it is not confirmed that this cluster may be loaded.", expected="the confirmation.")
    if not trace.is_ready or trace.is_summary:
        raise InputError("the recording holds nothing to replay yet.", source=trace.name)
    job = jobs.create(owner=owner, kind="measure elsewhere", task=MEASURE_TASK, queue="measure")
    run = ExternalRun(
        id=uuid4(), owner=owner, trace=trace, job=job, url=wanted.url, signs_in=bool(wanted.password), ca=wanted.ca,
        prefix=wanted.prefix, per_s=wanted.per_s, speed=wanted.speed, remove_leftovers=wanted.remove_leftovers,
        confirmed=wanted.confirmed,
    )  # fmt: skip
    run.sealed = _sealed(run, wanted.password)
    run.save(force_insert=True)
    jobs.enqueue(job, str(run.id))
    return run


def measurement_of(run: ExternalRun) -> ExternalMeasurement | None:
    """What was measured there; None before it is done."""
    return None if run.measurement is None else external_measurement.from_json(run.measurement)


def local_measurement(run: ExternalRun) -> Measurement | None:
    """What the person's latest run of the same recording on this machine measured; None without one."""
    here = runs.visible_to(run.owner).filter(trace=run.trace_id, measurement__isnull=False).first()
    return runs.measurement_of(here) if here is not None else None


def gaps_of(run: ExternalRun) -> Gaps | None:
    """What was worked out in its place; None before that."""
    return None if run.gaps is None else external_gaps.from_json(run.gaps)


def measure_run(*, run_id: UUID) -> None:
    """Replay and measure, in a worker. Does nothing when another has claimed it."""
    run = ExternalRun.objects.select_related("trace").filter(pk=run_id).first()
    if run is not None:
        jobs.run(job_id=run.job_id, work=partial(_measure, run))


def cancel(*, run: ExternalRun) -> None:
    """Ask the run to stop; one that had not begun forgets its password at once."""
    jobs.cancel(run.job)
    forget_ended()


def forget(*, run: ExternalRun) -> None:
    """Delete the kept password now. A run that waits cannot begin without it and is cancelled; one that works goes on."""
    if Job.objects.filter(pk=run.job_id, state=Job.State.QUEUED).exists():
        jobs.cancel(run.job)
    ExternalRun.objects.filter(pk=run.pk).update(sealed="")


def forget_ended() -> int:
    """Delete the passwords of all runs that have ended, however they did; returns how many there were."""
    kept = ExternalRun.objects.exclude(sealed="").exclude(job__state__in=_AT_WORK)
    return ExternalRun.objects.filter(pk__in=list(kept.values_list("pk", flat=True))).update(sealed="")


def can_resume(run: ExternalRun) -> bool:
    """A run that was stopped before it measured anything can begin again."""
    return run.job.can_resume and run.measurement is None and run.trace.is_ready


@sensitive_variables()
@transaction.atomic
def resume(*, run: ExternalRun, password: str, remove_leftovers: bool) -> bool:
    """Begin again, with the password typed anew. False when there was nothing to resume."""
    if not can_resume(run) or not jobs.resume(run.job):
        return False
    run.sealed = _sealed(run, password)
    run.signs_in, run.remove_leftovers = bool(password), remove_leftovers
    run.save(update_fields=["sealed", "signs_in", "remove_leftovers"])
    return True


def delete(*, run: ExternalRun) -> None:
    """Delete a run with its folder. Not while it waits or works: cancel it first."""
    delete_whole(run, run.job, run.folder)


@sensitive_variables()
def _measure(run: ExternalRun, report: Report, should_stop: ShouldStop) -> None:
    run.refresh_from_db(fields=["sealed", "signs_in", "remove_leftovers"])
    try:
        password = _opened(run)
        with discreet(password):
            found = _measured(run, password, live.recording(report, run.live_path), should_stop)
        run.measurement = external_measurement.to_json(found)
        run.save(update_fields=["measurement"])
    finally:
        ExternalRun.objects.filter(pk=run.pk).update(sealed="")
        run.sealed = ""
    try:
        run.gaps = external_gaps.fill(run.trace.path, found, report=report, should_stop=should_stop).to_json()
    except Cancelled:  # what was measured stands; only the prediction is missing
        return
    run.save(update_fields=["gaps"])


@sensitive_variables()
def _measured(run: ExternalRun, password: str, report: Report, should_stop: ShouldStop) -> ExternalMeasurement:
    run.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    wanted = Wanted(run.url, password, run.ca)
    try:
        with wanted.target(addresses.policy()) as target:
            spec = ExternalSpec(
                trace=run.trace.path, folder=run.folder, target=target, prefix=parse_prefix(run.prefix),
                confirmed=bool(run.confirmed), per_s=run.per_s, speed=run.speed, remove_leftovers=run.remove_leftovers,
            )  # fmt: skip
            return measure_there(spec, report=report, should_stop=should_stop)
    finally:
        _keep_the_gauges_only(run)


def _keep_the_gauges_only(run: ExternalRun) -> None:
    """The plan is the recording once more; a run begins from the recording each time."""
    for path in run.folder.iterdir():
        if path != run.live_path:
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _purpose(run: ExternalRun) -> str:
    return f"external run {run.pk} password"


@sensitive_variables("password")
def _sealed(run: ExternalRun, password: str) -> str:
    return sealing.seal(password, purpose=_purpose(run)) if password else ""


def _opened(run: ExternalRun) -> str:
    if not run.signs_in:
        return ""
    if not run.sealed:
        raise Interrupted("The password is no longer kept. Type it again to begin.")
    return sealing.unseal(run.sealed, purpose=_purpose(run))
