"""A waiting job, and what the workers were told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User

from planner.jobs import services
from planner.jobs.models import Job
from tests.planner.queues import Told, listening

QUEUE = "tests"


@pytest.fixture
def waiting(owner: User) -> Job:
    """A queued job of the owner's that no worker was told about."""
    job = services.create(owner=owner, kind="measure", task="tests.work", queue=QUEUE)
    Job.objects.filter(pk=job.pk).update(subject="42")
    job.refresh_from_db()
    return job


@pytest.fixture
def told() -> Iterator[Told]:
    """Takes what was sent to the queue so far."""
    with listening(QUEUE) as take:
        yield take
