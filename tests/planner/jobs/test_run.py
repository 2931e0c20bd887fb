"""Claiming a job, doing its work, and how it can end."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable

import pytest

from engine.errors import Cancelled, InputError, Interrupted
from engine.processes import started_at
from engine.progress import Progress, Report, ShouldStop, stop_if_asked
from planner.jobs import services
from planner.jobs.heartbeat import Claim, Heartbeat, columns
from planner.jobs.models import Job

pytestmark = pytest.mark.django_db(transaction=True)

LONG_ENOUGH_S = 20


def _raising(error: BaseException) -> Callable[[Report, ShouldStop], None]:
    def work(report: Report, should_stop: ShouldStop) -> None:
        raise error

    return work


def _run(job: Job, work: Callable[[Report, ShouldStop], None]) -> Job:
    services.run(job_id=job.pk, work=work)
    job.refresh_from_db()
    return job


def test_work_that_returns_makes_the_job_done(waiting: Job) -> None:
    seen: list[Job] = []

    def work(report: Report, should_stop: ShouldStop) -> None:
        seen.append(Job.objects.get(pk=waiting.pk))
        report(Progress("replay", done=3, total=4, unit="operations", message="nearly", gauges={"ops_per_s": 5.5}))

    job = _run(waiting, work)
    assert seen[0].state == "running"
    assert seen[0].attempts == 1
    assert (seen[0].worker_host, seen[0].worker_pid) == (socket.gethostname(), os.getpid())
    assert seen[0].worker_started == started_at(os.getpid())
    assert (job.state, job.error, job.is_over) == ("done", "", True)
    assert (job.phase, job.done, job.total, job.unit, job.message) == ("replay", 3, 4, "operations", "nearly")
    assert (job.percent, job.gauges) == (75, {"ops_per_s": 5.5})
    assert job.finished_at is not None


@pytest.mark.parametrize(
    ("error", "state", "text"),
    [
        (InputError("no operations.", source="m.txt", line=3), "failed", "m.txt, line 3: no operations."),
        (Interrupted("An engine process died."), "interrupted", "An engine process died."),
        (Cancelled("Cancelled on request."), "cancelled", "Cancelled on request."),
    ],
)
def test_the_reason_for_ending_becomes_the_state_and_the_text(
    waiting: Job, error: Exception, state: str, text: str
) -> None:
    job = _run(waiting, _raising(error))
    assert (job.state, job.error) == (state, text)


def test_a_fault_of_ours_is_a_plain_sentence_and_its_traceback_goes_to_the_log(
    waiting: Job, caplog: pytest.LogCaptureFixture
) -> None:
    job = _run(waiting, _raising(ZeroDivisionError("by zero")))
    assert job.state == "failed"
    assert "ZeroDivisionError: by zero" in job.error
    assert "Traceback" not in job.error
    assert "Traceback" in caplog.text


def test_a_worker_told_to_end_leaves_the_job_interrupted_and_ends(waiting: Job) -> None:
    with pytest.raises(SystemExit):
        services.run(job_id=waiting.pk, work=_raising(SystemExit(0)))
    waiting.refresh_from_db()
    assert (waiting.state, waiting.error) == ("interrupted", "The worker was stopped.")


@pytest.mark.parametrize("state", [state for state in Job.State if state != Job.State.QUEUED])
def test_a_job_that_does_not_wait_is_not_done_again(waiting: Job, state: str) -> None:
    Job.objects.filter(pk=waiting.pk).update(state=state)
    job = _run(waiting, _raising(AssertionError("was done")))
    assert (job.state, job.attempts) == (state, 0)


def test_a_job_that_is_gone_is_not_done(waiting: Job) -> None:
    gone = waiting.pk
    waiting.delete()
    services.run(job_id=gone, work=_raising(AssertionError("was done")))


def test_progress_is_written_while_the_work_goes_on(waiting: Job) -> None:
    written = threading.Event()

    def work(report: Report, should_stop: ShouldStop) -> None:
        report(Progress("prepare", done=7))
        for _ in range(LONG_ENOUGH_S * 20):
            if Job.objects.get(pk=waiting.pk).done == 7:
                written.set()
                return
            threading.Event().wait(0.05)

    _run(waiting, work)
    assert written.is_set()


def test_the_work_hears_that_it_should_stop(waiting: Job) -> None:
    def work(report: Report, should_stop: ShouldStop) -> None:
        services.cancel(waiting)
        for _ in range(LONG_ENOUGH_S * 20):
            stop_if_asked(should_stop)
            threading.Event().wait(0.05)

    assert _run(waiting, work).state == "cancelled"


def test_whose_job_was_given_up_stops_and_changes_nothing(waiting: Job) -> None:
    def work(report: Report, should_stop: ShouldStop) -> None:
        Job.objects.filter(pk=waiting.pk).update(state="interrupted", error="given up")
        for _ in range(LONG_ENOUGH_S * 20):
            stop_if_asked(should_stop)
            threading.Event().wait(0.05)

    job = _run(waiting, work)
    assert (job.state, job.error) == ("interrupted", "given up")


def test_whose_job_was_claimed_anew_can_no_longer_write(waiting: Job) -> None:
    def work(report: Report, should_stop: ShouldStop) -> None:
        report(Progress("late news"))
        Job.objects.filter(pk=waiting.pk).update(attempts=2)

    job = _run(waiting, work)
    assert (job.state, job.attempts, job.phase) == ("running", 2, "")


def test_of_many_workers_one_gets_the_job(waiting: Job) -> None:
    done: list[str] = []
    start = threading.Barrier(4)

    def worker() -> None:
        from django.db import connection

        start.wait()
        services.run(job_id=waiting.pk, work=lambda report, should_stop: done.append("once"))
        connection.close()

    threads = [threading.Thread(target=worker) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    waiting.refresh_from_db()
    assert (done, waiting.attempts, waiting.state) == (["once"], 1, "done")


def test_a_heartbeat_leaves_no_thread_behind(waiting: Job) -> None:
    before = threading.active_count()
    with Heartbeat(Claim(waiting.pk, 1)):
        assert threading.active_count() == before + 1
    assert threading.active_count() == before


def test_a_gauge_that_is_no_number_is_left_out() -> None:
    assert columns(Progress("replay", gauges={"late": float("nan"), "dropped": 2}))["gauges"] == {"dropped": 2.0}
