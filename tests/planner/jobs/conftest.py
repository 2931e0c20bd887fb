"""A waiting job, and what the workers were told."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from queue import Empty

import pytest
from django.contrib.auth.models import User

from planner.celery import app
from planner.jobs import services
from planner.jobs.models import Job

Told = Callable[[], list[tuple[str, list[str]]]]
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
    """Takes what was sent to the queue so far: names of tasks and their arguments."""
    with app.connection_for_read() as connection, connection.SimpleQueue(QUEUE) as queue:
        queue.clear()

        def take() -> list[tuple[str, list[str]]]:
            found: list[tuple[str, list[str]]] = []
            while True:
                try:
                    message = queue.get(block=False)
                except Empty:
                    return found
                message.ack()
                found.append((message.headers["task"], message.payload[0]))

        yield take
