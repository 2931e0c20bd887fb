"""Computing answers, in a worker."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task
from django.utils import timezone

from planner.estimates import services


@shared_task(name="planner.estimates.tasks.run_settled")
def run_settled(run_id: str) -> None:
    """A run is over: compute the estimates that wait for it."""
    services.compute_waiting(run_id=UUID(run_id), now=timezone.now())
