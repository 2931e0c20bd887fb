"""Noticing what nobody reports: workers that died in mid-job, and waiting jobs whose message was lost."""

from __future__ import annotations

import socket
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from django.db.models import QuerySet

from engine.processes import is_alive
from planner import celery
from planner.jobs.models import Job
from planner.jobs.wording import doing

SILENCE = timedelta(seconds=30)
UNCLAIMED = timedelta(seconds=30)


def reap(*, now: datetime, exits: Mapping[int, str] | None = None) -> list[Job]:
    """Mark running jobs as interrupted whose process is gone (seen at once on this host) or has been silent for 30 s.

    `exits` says in words how processes of this host ended, by pid, where the caller knows. Returns the jobs it ended.
    """
    reaped = []
    for job in Job.objects.filter(state=Job.State.RUNNING):
        reason = _why_given_up(job, now, exits or {})
        # Asked again with the heartbeat that was judged: one that came in meanwhile saves the job.
        if reason and _interrupt(_same(job).filter(heartbeat_at=job.heartbeat_at), reason, now):
            job.refresh_from_db()
            reaped.append(job)
    return reaped


def interrupt_running_of(pids: Collection[int], *, reason: str, now: datetime) -> int:
    """Mark the running jobs of these processes of this host as interrupted: their owner is about to end them."""
    ours = Job.objects.filter(state=Job.State.RUNNING, worker_host=socket.gethostname(), worker_pid__in=pids)
    return _interrupt(ours, reason, now)


def send_waiting_again(*, now: datetime, unclaimed_for: timedelta = UNCLAIMED) -> int:
    """Tell the workers again of jobs that have waited unclaimed; returns how many were sent.

    Sending twice is harmless, a job is claimed once. A queue with a running job is left alone: waiting is what its jobs
    should do.
    """
    sent = 0
    busy = set(Job.objects.filter(state=Job.State.RUNNING).values_list("queue", flat=True))
    waiting = Job.objects.filter(state=Job.State.QUEUED, sent_at__lte=now - unclaimed_for).exclude(subject="")
    for job in waiting.exclude(queue__in=busy).order_by("created_at"):
        if not celery.send(job.task, job.subject, queue=job.queue):
            break
        Job.objects.filter(pk=job.pk, state=Job.State.QUEUED).update(sent_at=now)
        sent += 1
    return sent


def _why_given_up(job: Job, now: datetime, exits: Mapping[int, str]) -> str:
    here = job.worker_host == socket.gethostname()
    if here and job.worker_pid is not None and not is_alive(job.worker_pid, job.worker_started):
        how = exits.get(job.worker_pid, "")
        return f"The worker process ended{f' ({how})' if how else ''} while {doing(job.phase)}."
    if job.heartbeat_at is None or now - job.heartbeat_at > SILENCE:
        heard = f"has not been heard of for {SILENCE.seconds} seconds"
        return f"The worker on {job.worker_host} {heard}, last while {doing(job.phase)}."
    return ""


def _same(job: Job) -> QuerySet[Job]:
    return Job.objects.filter(pk=job.pk, state=Job.State.RUNNING, attempts=job.attempts)


def _interrupt(rows: QuerySet[Job], reason: str, now: datetime) -> int:
    # What the person asked to stop has stopped, whatever stopped it.
    cancelled = rows.filter(cancel_requested=True).update(
        state=Job.State.CANCELLED, error="Cancelled on request.", finished_at=now
    )
    return cancelled + rows.filter(cancel_requested=False).update(
        state=Job.State.INTERRUPTED, error=reason, finished_at=now
    )
