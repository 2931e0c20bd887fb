"""Everything that changes a job's state. Each change is a conditional UPDATE that names the state it starts from."""

from __future__ import annotations

import logging
import os
import socket
from collections.abc import Callable
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from engine.errors import Cancelled, InputError, Interrupted
from engine.processes import started_at
from engine.progress import Report, ShouldStop
from planner import celery
from planner.jobs.heartbeat import Claim, Heartbeat
from planner.jobs.models import Job
from planner.jobs.reaper import reap

__all__ = ["cancel", "create", "enqueue", "reap", "resume", "run"]

logger = logging.getLogger(__name__)

Work = Callable[[Report, ShouldStop], None]
State = Job.State


def create(*, owner: User, kind: str, task: str, queue: str) -> Job:
    """A queued job that no worker has been told about yet; see `enqueue`."""
    now = timezone.now()
    return Job.objects.create(owner=owner, kind=kind, task=task, queue=queue, created_at=now, sent_at=now)


def enqueue(job: Job, subject: str | UUID = "") -> None:
    """Tell the workers once the transaction is committed. The task gets `subject` (default: the job's id)."""
    job.subject = str(subject or job.pk)
    job.save(update_fields=["subject"])
    celery.enqueue(job.task, job.subject, queue=job.queue)


def run(*, job_id: UUID, work: Work) -> None:
    """Claim the job, do the work, and store how it ended. Does nothing when the job does not wait to be claimed."""
    claim = _claim(job_id)
    if claim is None:
        logger.info("Job %s is not waiting: another process got there first.", job_id)
        return
    heartbeat = Heartbeat(claim)
    try:
        with heartbeat:
            state, error = _outcome(work, heartbeat)
    except BaseException:  # the process is told to end; whoever asked for it goes on being heard
        _finish(claim, heartbeat, State.INTERRUPTED, "The worker was stopped.")
        raise
    _finish(claim, heartbeat, state, error)


def cancel(job: Job) -> bool:
    """End a waiting job, or ask a running one to stop. False when there was nothing to stop."""
    now = timezone.now()
    rows = Job.objects.filter(pk=job.pk)
    if rows.filter(state=State.QUEUED).update(state=State.CANCELLED, finished_at=now):
        return True
    return bool(rows.filter(state=State.RUNNING, cancel_requested=False).update(cancel_requested=True))


def resume(job: Job) -> bool:
    """Queue a cancelled or interrupted job again. False when it is in no such state: another got there first."""
    waiting = Job.objects.filter(pk=job.pk, state__in=(State.CANCELLED, State.INTERRUPTED)).update(
        state=State.QUEUED, cancel_requested=False, error="", message="", finished_at=None, sent_at=timezone.now()
    )
    if waiting and job.subject:  # without one it was never sent: it waits for something else first
        celery.enqueue(job.task, job.subject, queue=job.queue)
    return bool(waiting)


def _claim(job_id: UUID) -> Claim | None:
    now = timezone.now()
    pid = os.getpid()
    with transaction.atomic():
        claimed = Job.objects.filter(pk=job_id, state=State.QUEUED).update(
            state=State.RUNNING,
            worker_host=socket.gethostname(),
            worker_pid=pid,
            worker_started=started_at(pid),
            started_at=now,
            heartbeat_at=now,
            attempts=F("attempts") + 1,
            phase="",
            message="",
            done=0,
            total=None,
            unit="",
            gauges={},
        )
        if not claimed:
            return None
        return Claim(job_id=job_id, attempt=Job.objects.values_list("attempts", flat=True).get(pk=job_id))


def _outcome(work: Work, heartbeat: Heartbeat) -> tuple[Job.State, str]:
    """Do the work; how it ended and what to tell the person."""
    try:
        work(heartbeat.report, heartbeat.should_stop)
    except InputError as error:
        return State.FAILED, str(error)
    except Interrupted as error:
        return State.INTERRUPTED, str(error)
    except Cancelled as error:
        return State.CANCELLED, str(error)
    except Exception as error:
        logger.exception("A job failed for a reason nobody foresaw.")
        return (
            State.FAILED,
            f"Headroom itself failed here ({type(error).__name__}: {error}). The worker's log has the details.",
        )
    return State.DONE, ""


def _finish(claim: Claim, heartbeat: Heartbeat, state: Job.State, error: str) -> None:
    ended = claim.row().update(state=state, error=error, finished_at=timezone.now(), **heartbeat.last_columns())
    if not ended:
        logger.info("Job %s ended as %s, but another process got there first.", claim.job_id, state)
