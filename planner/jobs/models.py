"""One row per long task: what it is, where it stands, which process has it. The only truth about a task."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models


class Job(models.Model):
    """A long task and its states.

        create      claim                  work returned
        ------> queued ------> running ---------------------> done
                  |               |----- bad input, a fault --> failed
                  |               |----- asked to stop -------> cancelled ---.
                  |               '----- process died,                       | resume
                  |                      engine died, stopped -> interrupted |---------> queued
                  '-- cancel ----------------------------------> cancelled --'

    Every arrow is a conditional UPDATE in `services.py` that names the state it starts from; whoever updates no row
    came second. `attempts` counts claims and marks whose claim it is: a process that was given up and comes back finds
    another number (or another state) and can no longer write.
    """

    class State(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"
        INTERRUPTED = "interrupted"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="jobs")
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=State, default=State.QUEUED)

    task = models.CharField(max_length=200)
    queue = models.CharField(max_length=40)
    subject = models.CharField(max_length=200, blank=True)

    phase = models.CharField(max_length=40, blank=True)
    message = models.TextField(blank=True)
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    unit = models.CharField(max_length=40, blank=True)
    gauges = models.JSONField(default=dict)
    error = models.TextField(blank=True)
    cancel_requested = models.BooleanField(default=False)

    worker_host = models.CharField(max_length=255, blank=True)
    worker_pid = models.IntegerField(null=True)
    worker_started = models.FloatField(null=True)  # Unix seconds; tells a process from a later one with its pid
    heartbeat_at = models.DateTimeField(null=True)
    attempts = models.IntegerField(default=0)

    created_at = models.DateTimeField()
    sent_at = models.DateTimeField()  # when the workers were last told that it waits
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = (models.Index(fields=["state", "queue"], name="jobs_by_state_and_queue"),)
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.kind} {self.id} ({self.state})"

    @property
    def is_over(self) -> bool:
        """Nothing more will happen by itself."""
        return self.state not in {self.State.QUEUED, self.State.RUNNING}

    @property
    def can_cancel(self) -> bool:
        """There is something to stop and nobody has asked yet."""
        return not self.is_over and not self.cancel_requested

    @property
    def can_resume(self) -> bool:
        """It stopped for a reason that lies outside its input."""
        return self.state in {self.State.CANCELLED, self.State.INTERRUPTED}

    @property
    def percent(self) -> int | None:
        """Share of the phase that is done, 0 to 100; None when the end is not known."""
        if not self.total:
            return None
        return max(0, min(100, self.done * 100 // self.total))
