"""Measuring, in a worker."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from planner.runs import services


@shared_task(name=services.MEASURE_TASK)
def measure(run_id: str) -> None:
    """Replay and measure, then wake the estimates that wait for it."""
    if not run_id:  # resumed before it was ever sent: the message that names it follows
        return
    services.measure_run(run_id=UUID(run_id))
    services.tell_settled(run_id=UUID(run_id))


@shared_task(name="planner.runs.tasks.recording_settled")
def recording_settled(trace_id: str) -> None:
    """A recording was read, or could not be: start the runs that wait for it, or give them up."""
    services.recording_settled(trace_id=UUID(trace_id))
