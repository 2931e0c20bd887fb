"""A run on somebody's own cluster: where, under which limits, what was confirmed, how it went, and what was found.

`url` never holds a password. `sealed` holds it while the run waits or works (`planner.sealing`) and is emptied when it ends.
`measurement` is the JSON of `engine.external_measurement`, `gaps` that of `engine.external_gaps`; both null until then.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models

from planner.jobs.models import Job
from planner.traces.models import Trace


class ExternalRun(models.Model):
    """One replay of a recording on a cluster that is not ours.

    asked for -> job queued, `sealed` set -> running -> ended (however), `sealed` empty
                                                          '-- resumed with the password typed again -> job queued …
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="external_runs")
    trace = models.ForeignKey(Trace, on_delete=models.CASCADE, related_name="external_runs")
    job = models.OneToOneField(Job, on_delete=models.RESTRICT, related_name="external_run")
    url = models.CharField(max_length=600)
    signs_in = models.BooleanField(default=False)  # a password was given, whether or not it is still kept
    sealed = models.TextField(blank=True)
    ca = models.TextField(blank=True)  # certificates to trust, PEM; public by nature
    prefix = models.CharField(max_length=64)
    per_s = models.FloatField()
    speed = models.FloatField(default=1.0)
    remove_leftovers = models.BooleanField(default=False)
    confirmed = models.TextField()  # the words that were agreed to
    measurement = models.JSONField(null=True)
    gaps = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.trace.name} on {self.url}"

    @property
    def folder(self) -> Path:
        """What the run keeps on disk; never the password."""
        return Path(settings.HEADROOM_DATA) / "runs" / f"external-{self.id}"

    @property
    def live_path(self) -> Path:
        """The gauges of the replay so far, a line each."""
        return self.folder / "live.csv"
