"""What can happen to a workload: it arrives, it is read, it is given up, it is deleted. The only writer of `Trace`.

The work of reading itself stands in `importing.py`.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import QuerySet

from engine.traces.summaries.typed import typed
from planner.jobs import services as jobs
from planner.jobs.models import Job
from planner.traces import storage
from planner.traces.importing import bring_in
from planner.traces.models import Trace
from planner.traces.workloads import shape_recipe, workload_recipe

IMPORT_TASK = "planner.traces.tasks.import_recording"
SAMPLE_NAME = "Sample shop: carts, sessions, stock"
GIVEN_UP = (Job.State.FAILED, Job.State.CANCELLED)
Arrived = tuple[str, Path]  # what the person called the file, and where it lies


def visible_to(owner: Any) -> QuerySet[Trace]:
    """The workloads of one person, newest first."""
    return Trace.objects.filter(owner=owner).select_related("job")


def import_upload(
    *, owner: Any, files: Sequence[Arrived], options: Mapping[str, Any] | None = None, now: datetime
) -> Trace:
    """Take over arrived uploads, one workload together, and queue their import. They are moved; gone if this fails.

    `options`: what was said beside them: `redact`, `keep_words`, `duration_s`.
    """
    storage.sweep(now=now)
    names = [storage.printable_name(name) for name, _ in files]
    trace = Trace(
        id=uuid4(), owner=owner, name=_together(names), origin=Trace.Origin.UPLOAD,
        files=names, options=dict(options or {}),
    )  # fmt: skip
    try:
        storage.keep_uploads([temporary for _, temporary in files], trace)
        return _queue(trace)
    except BaseException:
        storage.remove_files(trace)
        raise


def import_sample(*, owner: Any) -> Trace:
    """The owner's copy of the bundled sample: the one already there, else a new one whose import is queued."""
    copies = visible_to(owner).filter(origin=Trace.Origin.SAMPLE)
    there = copies.exclude(job__state__in=(*GIVEN_UP, Job.State.INTERRUPTED)).first()
    return there or _queue(Trace(id=uuid4(), owner=owner, name=SAMPLE_NAME, origin=Trace.Origin.SAMPLE))


def import_generated(*, owner: Any, workload: str, title: str, parameters: Mapping[str, float], seed: int) -> Trace:
    """Queue the making of a ready workload."""
    return _generated(owner, title, workload_recipe(workload, parameters, seed))


def import_typed(*, owner: Any, name: str, fields: Mapping[str, object]) -> Trace:
    """Figures typed by hand, to be profiled. Raises InputError naming the field that cannot be."""
    shape = typed(fields).to_json()
    name = storage.printable_name(name)
    return _queue(Trace(id=uuid4(), owner=owner, name=name, origin=Trace.Origin.TYPED, shape=shape))


def import_matching(*, summary: Trace, duration_s: float, seed: int) -> Trace:
    """Queue the making of a workload that matches the figures of `summary`, which must be one."""
    assert summary.shape is not None
    title = f"{summary.name}, generated"[-storage.NAME_LENGTH :]
    return _generated(summary.owner, title, shape_recipe(summary.shape, duration_s, seed))


def import_recording(*, trace_id: UUID) -> None:
    """Read or make one workload and look into it, in a worker. Does nothing when another has claimed it."""
    trace = Trace.objects.filter(pk=trace_id).first()
    if trace is None:
        return
    jobs.run(job_id=trace.job_id, work=partial(bring_in, trace))
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
    at_work = {"job__state__in": (Job.State.QUEUED, Job.State.RUNNING)}
    waiting = trace.runs.filter(**at_work).exists() or trace.external_runs.filter(**at_work).exists()
    return not trace.job.is_over or waiting


def delete(*, trace: Trace) -> None:
    """Delete a recording and the runs of it, with every file. Not while `is_busy`."""
    runs: list[Any] = [*trace.runs.all(), *trace.external_runs.all()]
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


def _generated(owner: Any, title: str, recipe: Mapping[str, Any]) -> Trace:
    name = storage.printable_name(title)
    return _queue(Trace(id=uuid4(), owner=owner, name=name, origin=Trace.Origin.GENERATED, recipe=dict(recipe)))


def _together(names: Sequence[str]) -> str:
    """One name for several files: the first one's, and how many more."""
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return names[0][: storage.NAME_LENGTH - len(more)] + more


def _tidy(trace: Trace) -> None:
    """Once the import is over, its uploads are of no more use; when it was given up, neither is what it wrote."""
    job = Job.objects.get(pk=trace.job_id)
    if job.state == Job.State.DONE:
        storage.remove_uploads(trace)
    elif job.state in GIVEN_UP:
        storage.remove_files(trace)
