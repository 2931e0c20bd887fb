"""Reading a recording, in a worker."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from planner.celery import DEFAULT, enqueue
from planner.traces import services


@shared_task(name=services.IMPORT_TASK)
def import_recording(trace_id: str) -> None:
    """Read it, then wake the runs that wait for it."""
    services.import_recording(trace_id=UUID(trace_id))
    enqueue("planner.runs.tasks.recording_settled", trace_id, queue=DEFAULT)
