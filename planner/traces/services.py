"""What can happen to a recording: it arrives, it is read, it is given up, it is deleted. The only writer of `Trace`."""

from __future__ import annotations

import shutil
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from engine.progress import Progress, Report, ShouldStop
from engine.traces.hit_rate import hit_curve
from engine.traces.items import item_load
from engine.traces.profile import profile
from engine.traces.reading import read_recording
from planner.jobs import services as jobs
from planner.jobs.models import Job
from planner.reports.records import encode
from planner.traces import storage
from planner.traces.models import Trace

IMPORT_TASK = "planner.traces.tasks.import_recording"
SAMPLE_NAME = "Sample shop: carts, sessions, stock"
GIVEN_UP = (Job.State.FAILED, Job.State.CANCELLED)


def visible_to(owner: Any) -> QuerySet[Trace]:
    """The recordings of one person, newest first."""
    return Trace.objects.filter(owner=owner).select_related("job")


def import_upload(*, owner: Any, name: str, temporary: Path, now: datetime) -> Trace:
    """Take over an arrived upload and queue its import. The file at `temporary` is moved; it is gone if this fails."""
    storage.sweep(now=now)
    trace = Trace(id=uuid4(), owner=owner, name=storage.printable_name(name))
    storage.keep_upload(temporary, trace)
    try:
        return _queue(trace)
    except BaseException:
        storage.remove_files(trace)
        raise


def import_sample(*, owner: Any) -> Trace:
    """The owner's copy of the bundled sample: the one already there, else a new one whose import is queued."""
    there = visible_to(owner).filter(is_sample=True).exclude(job__state__in=(*GIVEN_UP, Job.State.INTERRUPTED)).first()
    return there or _queue(Trace(id=uuid4(), owner=owner, name=SAMPLE_NAME, is_sample=True))


def import_recording(*, trace_id: UUID) -> None:
    """Read, profile, and simulate caches of one recording, in a worker. Does nothing when another has claimed it."""
    trace = Trace.objects.filter(pk=trace_id).first()
    if trace is None:
        return
    jobs.run(job_id=trace.job_id, work=partial(_import, trace))
    _tidy(trace)


def cancel(*, trace: Trace) -> None:
    """Ask the import to stop."""
    jobs.cancel(trace.job)
    _tidy(trace)


def resume(*, trace: Trace) -> None:
    """Queue an interrupted import again."""
    jobs.resume(trace.job)


def is_busy(trace: Trace) -> bool:
    """Whether the recording is being read or a run of it waits or works."""
    waiting = trace.runs.filter(job__state__in=(Job.State.QUEUED, Job.State.RUNNING))
    return not trace.job.is_over or waiting.exists()


def delete(*, trace: Trace) -> None:
    """Delete a recording and the runs of it, with every file. Not while `is_busy`."""
    runs = list(trace.runs.all())
    jobs_gone = [trace.job_id, *(run.job_id for run in runs)]
    storage.remove_files(trace)
    for run in runs:
        shutil.rmtree(run.folder, ignore_errors=True)
    with transaction.atomic():
        trace.delete()
        Job.objects.filter(pk__in=jobs_gone).delete()


@transaction.atomic
def _queue(trace: Trace) -> Trace:
    trace.job = jobs.create(owner=trace.owner, kind="import", task=IMPORT_TASK, queue="default")
    trace.save(force_insert=True)
    jobs.enqueue(trace.job, str(trace.id))
    return trace


def _import(trace: Trace, report: Report, should_stop: ShouldStop) -> None:
    trace.path.parent.mkdir(parents=True, exist_ok=True)
    header = read_recording(
        trace.source, trace.path, source_name=trace.name, report=_phase("read", report), should_stop=should_stop
    )
    found = profile(trace.path, report=_phase("profile", report), should_stop=should_stop)
    items = item_load(trace.path, report=_phase("items", report), should_stop=should_stop)
    curve = hit_curve(trace.path, report=_phase("hit rate", report), should_stop=should_stop)
    trace.header, trace.profile = encode(header), found.to_json()
    trace.items, trace.hit_curve = encode(items), encode(tuple(curve))
    trace.save(update_fields=["header", "profile", "items", "hit_curve"])


def _phase(name: str, report: Report) -> Report:
    """The same report under one of the import's own phase names."""

    def renamed(progress: Progress) -> None:
        report(
            Progress(name, progress.done, progress.total, progress.unit, progress.message, progress.gauges),
        )

    return renamed


def _tidy(trace: Trace) -> None:
    """Once the import is over, its upload is of no more use; when it was given up, neither is what it wrote."""
    job = Job.objects.get(pk=trace.job_id)
    if job.state == Job.State.DONE:
        trace.upload_path.unlink(missing_ok=True)
    elif job.state in GIVEN_UP:
        storage.remove_files(trace)
