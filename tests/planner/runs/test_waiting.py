"""A run waits for its recording, starts once, and can be stopped and started again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from planner import celery
from planner.estimates import services as estimates
from planner.jobs.models import Job
from planner.runs import services
from planner.runs.cluster import Cluster, engine_choices, engine_path
from planner.runs.models import Run
from planner.traces import services as traces
from tests.planner.queues import listening
from tests.planner.traces.making import imported, measured, uploaded


def job_of(run: Run) -> Job:
    return Job.objects.get(pk=run.job_id)


def test_a_run_of_a_recording_that_is_read_is_sent_at_once(owner: User) -> None:
    run = services.create(owner=owner, trace=imported(owner), cluster=Cluster())
    assert job_of(run).subject == str(run.pk)


def test_a_run_of_a_recording_that_is_not_read_waits_and_is_sent_when_it_is(owner: User) -> None:
    trace = uploaded(owner)
    run = services.create(owner=owner, trace=trace, cluster=Cluster())
    assert job_of(run).subject == ""
    services.measure_run(run_id=run.pk)  # a message that comes too early changes nothing
    assert job_of(run).state == Job.State.QUEUED
    traces.import_recording(trace_id=trace.pk)
    services.recording_settled(trace_id=trace.pk)
    assert job_of(run).subject == str(run.pk)


def test_a_waiting_run_is_given_up_when_its_recording_cannot_be_read(owner: User) -> None:
    trace = uploaded(owner, b"no recording\n")
    run = services.create(owner=owner, trace=trace, cluster=Cluster())
    traces.import_recording(trace_id=trace.pk)
    services.recording_settled(trace_id=trace.pk)
    assert job_of(run).state == Job.State.CANCELLED
    assert not services.can_resume(Run.objects.get(pk=run.pk))


def test_a_run_cancelled_before_it_was_sent_can_be_resumed_once_its_recording_is_read(owner: User) -> None:
    trace = uploaded(owner)
    run = services.create(owner=owner, trace=trace, cluster=Cluster())
    services.cancel(run=run)
    traces.import_recording(trace_id=trace.pk)
    run = Run.objects.get(pk=run.pk)
    services.resume(run=run)
    assert (job_of(run).state, job_of(run).subject) == (Job.State.QUEUED, str(run.pk))


def test_an_engine_chosen_by_its_name_is_started_from_where_it_was_found(embedded_engine: Any) -> None:
    assert (embedded_engine.ident, f"{embedded_engine.title}, embedded wheel") in engine_choices()
    assert engine_path(embedded_engine.ident) == str(embedded_engine.path)
    assert engine_path("") is None


def test_deleting_a_run_takes_its_folder_and_leaves_the_recording(owner: User) -> None:
    run = measured(imported(owner))
    services.delete(run=run)
    assert not run.folder.exists() and run.trace.path.exists()
    assert not Run.objects.exists() and not Job.objects.filter(pk=run.job_id).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("seconds_ago", "awaited", "said"), [(0, True, 0), (60, False, 0), (60, True, 1)])
def test_an_answer_that_is_overdue_is_asked_for_again_when_somebody_looks(
    owner: User, owner_client: Client, seconds_ago: int, awaited: bool, said: int
) -> None:
    run = measured(imported(owner))
    Job.objects.filter(pk=run.job_id).update(finished_at=timezone.now() - timedelta(seconds=seconds_ago))
    estimate = estimates.create(owner=owner)
    estimates.set_run(estimate=estimate, run=run, measure={})
    if awaited:
        estimates.wait_for_run(estimate=estimate)
    with listening(celery.DEFAULT) as told:
        owner_client.get(reverse("runs:status", args=[run.pk]))
        assert told() == [(services.SETTLED_TASK, [str(run.pk)])] * said
