"""A measuring run as its owner knows it: which recording, on which cluster, how it went, and what was measured.

`measurement` is the JSON of `engine.measurement` (DESIGN §8), null until the run is done. The run's own folder holds
what a resumed run continues from, and `live.csv`, the gauges the page draws while the run goes on.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models

from planner.jobs.models import Job
from planner.traces.models import Trace


class Run(models.Model):
    """One replay of a recording on a cluster of this machine."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="runs")
    trace = models.ForeignKey(Trace, on_delete=models.CASCADE, related_name="runs")
    job = models.OneToOneField(Job, on_delete=models.RESTRICT, related_name="run")
    shards = models.PositiveSmallIntegerField(default=3)
    replicas = models.PositiveSmallIntegerField(default=1)
    mode = models.CharField(max_length=16, default="cache")
    speed = models.FloatField(default=1.0)
    engine = models.CharField(max_length=200, blank=True)
    ramp = models.JSONField(null=True)  # a RampSpec's objectives, null: none asked for
    players = models.PositiveSmallIntegerField(null=True)  # null: as many as the settings say
    zone_rtt_ms = models.FloatField(null=True)  # assumed for commits, so in durable mode only
    measurement = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return f"{self.trace.name}, {self.shards} × (1+{self.replicas})"

    @property
    def folder(self) -> Path:
        """What the run keeps on disk."""
        return Path(settings.HEADROOM_DATA) / "runs" / str(self.id)

    @property
    def live_path(self) -> Path:
        """The gauges of the replay so far, a line each."""
        return self.folder / "live.csv"
