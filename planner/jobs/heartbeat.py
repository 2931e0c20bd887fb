"""The thread that speaks for running work: writes its progress, hears whether it should stop.

The work itself never waits for the database: `report` keeps the latest progress in memory, `should_stop` reads a flag.
About twice a second the thread writes the one and refreshes the other.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import Any
from uuid import UUID

from django.db import DatabaseError, connection
from django.db.models import QuerySet
from django.utils import timezone

from engine.progress import Progress
from planner.jobs.models import Job

logger = logging.getLogger(__name__)

PERIOD_S = 0.5
# A heartbeat that cannot be written soon is given up: the next one says more.
BUSY_MS = 1000


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to write a running job's row: it holds as long as nobody else has ended or claimed the job."""

    job_id: UUID
    attempt: int

    def row(self) -> QuerySet[Job]:
        """The job, while this claim holds; nothing afterwards."""
        return Job.objects.filter(pk=self.job_id, state=Job.State.RUNNING, attempts=self.attempt)


def columns(progress: Progress) -> dict[str, Any]:
    """A progress as the columns of `Job`. A gauge that is not a number is not known, and is left out."""
    return {
        "phase": progress.phase[:40],
        "message": progress.message,
        "done": int(progress.done),
        "total": None if progress.total is None else int(progress.total),
        "unit": progress.unit[:40],
        "gauges": _finite(progress.gauges),
    }


def _finite(gauges: Mapping[str, float]) -> dict[str, float]:
    return {name: float(value) for name, value in gauges.items() if math.isfinite(value)}


class Heartbeat:
    """A context manager around the work of one claim."""

    def __init__(self, claim: Claim, *, period_s: float = PERIOD_S) -> None:
        self._claim = claim
        self._period_s = period_s
        self._latest: Progress | None = None
        self._stop = threading.Event()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._beat_until_over, name=f"heartbeat-{claim.job_id}", daemon=True)

    def report(self, progress: Progress) -> None:
        """Take note of where the work stands."""
        self._latest = progress

    def should_stop(self) -> bool:
        """Whether the person asked to stop, or the job is no longer ours."""
        return self._stop.is_set()

    def last_columns(self) -> dict[str, Any]:
        """The latest progress as columns; nothing when none was reported."""
        return columns(self._latest) if self._latest is not None else {}

    def __enter__(self) -> Heartbeat:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _beat_until_over(self) -> None:
        try:
            self._wait_briefly_for_locks()
            while not self._over.wait(self._period_s):
                self._beat()
        finally:
            connection.close()  # this thread's own

    def _wait_briefly_for_locks(self) -> None:
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")

    def _beat(self) -> None:
        """Write the progress and learn in the same statement whether to stop: no row without a request means stop."""
        fields = {"heartbeat_at": timezone.now(), **self.last_columns()}
        try:
            if self._claim.row().filter(cancel_requested=False).update(**fields):
                return
            self._stop.set()
            if not self._claim.row().update(**fields):
                logger.info("Job %s was ended or claimed by another process; stopping.", self._claim.job_id)
        except DatabaseError as error:
            logger.info("A heartbeat of job %s was not written: %s", self._claim.job_id, error)
