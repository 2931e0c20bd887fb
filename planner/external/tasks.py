"""Measuring on a cluster of somebody's own, in a worker."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from planner.external import services


@shared_task(name=services.MEASURE_TASK)
def measure(run_id: str) -> None:
    """Replay and measure there. The message holds the run's id and nothing else."""
    services.measure_run(run_id=UUID(run_id))
