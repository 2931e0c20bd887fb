"""Creating, sending, cancelling, resuming, and giving up jobs."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.db import transaction

from engine.processes import started_at
from planner import celery
from planner.jobs import reaper, services
from planner.jobs.models import Job

NOW = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)
Told = Callable[[], list[tuple[str, list[str]]]]


def _running(job: Job, **changes: object) -> Job:
    fields: dict[str, object] = {
        "state": "running",
        "phase": "replay",
        "attempts": 1,
        "worker_host": socket.gethostname(),
        "worker_pid": os.getpid(),
        "worker_started": started_at(os.getpid()),
        "heartbeat_at": NOW,
    }
    Job.objects.filter(pk=job.pk).update(**{**fields, **changes})
    job.refresh_from_db()
    return job


@pytest.fixture
def dead_pid() -> int:
    """Of a process that has ended."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


@contextmanager
def _broker_down() -> Iterator[None]:
    """A broker address where nobody listens, and no connection left from before."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(celery.app, "_pool", None)
        patch.setattr(celery.app.amqp, "_producer_pool", None)
        celery.use_broker("redis+socket:///nowhere/broker.sock")
        yield
    celery.use_broker("memory://")


@pytest.mark.django_db(transaction=True)
def test_workers_are_told_after_the_commit_and_not_before(owner: User, told: Told) -> None:
    with transaction.atomic():
        job = services.create(owner=owner, kind="import", task="tests.work", queue="tests")
        services.enqueue(job, "42")
        assert told() == []
    assert told() == [("tests.work", ["42"])]


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_is_never_sent(owner: User, told: Told) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        services.enqueue(services.create(owner=owner, kind="import", task="tests.work", queue="tests"), "42")
        raise RuntimeError
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_with_the_broker_down_the_job_stays_queued_and_goes_out_later(waiting: Job, told: Told) -> None:
    later = waiting.sent_at + timedelta(hours=1)
    with _broker_down():
        services.enqueue(waiting, "42")
        assert reaper.send_waiting_again(now=later) == 0
    assert told() == []
    assert reaper.send_waiting_again(now=later) == 1
    assert told() == [("tests.work", ["42"])]
    waiting.refresh_from_db()
    assert waiting.state == "queued"


def test_a_waiting_job_is_sent_again_only_after_a_while(waiting: Job, told: Told) -> None:
    assert reaper.send_waiting_again(now=waiting.sent_at + timedelta(seconds=29)) == 0
    assert reaper.send_waiting_again(now=waiting.sent_at + timedelta(seconds=30)) == 1
    assert reaper.send_waiting_again(now=waiting.sent_at + timedelta(seconds=31)) == 0
    assert told() == [("tests.work", ["42"])]


def test_behind_a_running_job_waiting_is_right(waiting: Job, owner: User, told: Told) -> None:
    _running(services.create(owner=owner, kind="measure", task="tests.work", queue=waiting.queue))
    assert reaper.send_waiting_again(now=waiting.sent_at + timedelta(hours=1)) == 0
    assert told() == []


def test_cancelling_a_waiting_job_ends_it(waiting: Job) -> None:
    assert services.cancel(waiting)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.can_cancel, waiting.can_resume) == ("cancelled", False, True)
    assert not services.cancel(waiting)


def test_cancelling_a_running_job_asks_once(waiting: Job) -> None:
    job = _running(waiting)
    assert services.cancel(job)
    job.refresh_from_db()
    assert (job.state, job.cancel_requested, job.can_cancel) == ("running", True, False)
    assert not services.cancel(job)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("state", ["cancelled", "interrupted"])
def test_a_cancelled_or_interrupted_job_is_queued_again(waiting: Job, told: Told, state: str) -> None:
    _running(waiting, state=state, cancel_requested=True, error="why", finished_at=NOW)
    assert services.resume(waiting)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.cancel_requested, waiting.error, waiting.finished_at) == ("queued", False, "", None)
    assert told() == [("tests.work", ["42"])]
    assert not services.resume(waiting)
    assert told() == []


@pytest.mark.django_db(transaction=True)
def test_a_job_that_was_never_sent_waits_on_when_it_is_resumed(waiting: Job, told: Told) -> None:
    job = _running(waiting, state="cancelled", subject="")
    assert services.resume(job)
    assert reaper.send_waiting_again(now=NOW + timedelta(days=365 * 10)) == 0
    assert told() == []


@pytest.mark.parametrize("state", ["queued", "running", "done", "failed"])
def test_no_other_job_can_be_resumed(waiting: Job, state: str) -> None:
    job = _running(waiting, state=state)
    assert not job.can_resume
    assert not services.resume(job)
    job.refresh_from_db()
    assert job.state == state


def test_a_worker_that_died_is_noticed_at_once_and_the_reason_says_when(waiting: Job, dead_pid: int) -> None:
    _running(waiting, worker_pid=dead_pid)
    [job] = services.reap(now=NOW, exits={dead_pid: "was killed by SIGKILL"})
    assert (job.state, job.finished_at) == ("interrupted", NOW)
    assert job.error == "The worker process ended (was killed by SIGKILL) while the recording was being replayed."


def test_a_later_process_with_the_pid_of_the_worker_is_not_taken_for_it(waiting: Job) -> None:
    _running(waiting, worker_started=1.0)
    [job] = services.reap(now=NOW)
    assert job.error == "The worker process ended while the recording was being replayed."


def test_a_living_worker_keeps_its_job(waiting: Job) -> None:
    job = _running(waiting)
    assert services.reap(now=NOW + timedelta(seconds=30)) == []
    job.refresh_from_db()
    assert job.state == "running"


def test_a_silent_worker_on_another_host_is_given_up_after_a_while(waiting: Job, dead_pid: int) -> None:
    _running(waiting, worker_host="elsewhere", worker_pid=dead_pid)
    assert services.reap(now=NOW + timedelta(seconds=30)) == []
    [job] = services.reap(now=NOW + timedelta(seconds=31))
    assert job.error.startswith("The worker on elsewhere has not been heard of for 30 seconds")


def test_a_job_that_was_to_stop_is_cancelled_when_its_worker_dies(waiting: Job, dead_pid: int) -> None:
    _running(waiting, worker_pid=dead_pid, cancel_requested=True)
    [job] = services.reap(now=NOW)
    assert job.state == "cancelled"


def test_jobs_that_do_not_run_are_left_alone(waiting: Job, dead_pid: int) -> None:
    for state in ("queued", "done", "failed", "cancelled", "interrupted"):
        _running(waiting, state=state, worker_pid=dead_pid)
        assert services.reap(now=NOW + timedelta(days=1)) == []


def test_stopping_interrupts_the_jobs_of_the_processes_that_end(waiting: Job, owner: User) -> None:
    _running(waiting)
    other = _running(services.create(owner=owner, kind="measure", task="t", queue="q"), worker_pid=1)
    assert reaper.interrupt_running_of([os.getpid()], reason="Headroom was stopped.", now=NOW) == 1
    waiting.refresh_from_db()
    other.refresh_from_db()
    assert (waiting.state, waiting.error, other.state) == ("interrupted", "Headroom was stopped.", "running")


@pytest.mark.parametrize(
    ("done", "total", "percent"), [(0, None, None), (5, 0, None), (1, 3, 33), (3, 3, 100), (7, 3, 100), (0, 9, 0)]
)
def test_percent_is_of_the_phase_and_unknown_without_a_total(done: int, total: int | None, percent: int | None) -> None:
    assert Job(done=done, total=total).percent == percent
