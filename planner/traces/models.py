"""A recording as its owner knows it: where its files are, how reading it went, and what was found in it.

The JSON columns are the plain forms of `TraceHeader`, `Profile` (DESIGN §8), the hit-rate curve and `ItemStatistics`;
they are null until the import is done.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models

from planner.jobs.models import Job

SAMPLE = Path(__file__).resolve().parents[2] / "engine" / "traces" / "samples" / "ecommerce.monitor.txt.gz"


class Trace(models.Model):
    """One imported (or still importing) recording."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="traces")
    name = models.CharField(max_length=120)
    is_sample = models.BooleanField(default=False)
    job = models.OneToOneField(Job, on_delete=models.RESTRICT, related_name="trace")
    header = models.JSONField(null=True)
    profile = models.JSONField(null=True)
    hit_curve = models.JSONField(null=True)
    items = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name

    @property
    def upload_path(self) -> Path:
        """Where the upload waits to be read; named by the id, never by the user."""
        return Path(settings.HEADROOM_DATA) / "uploads" / str(self.id)

    @property
    def path(self) -> Path:
        """The canonical trace."""
        return Path(settings.HEADROOM_DATA) / "traces" / f"{self.id}.parquet"

    @property
    def source(self) -> Path:
        """What the import reads: the bundled sample or the upload."""
        return SAMPLE if self.is_sample else self.upload_path

    @property
    def can_resume(self) -> bool:
        """An interrupted import still has its upload; a cancelled one has not."""
        return self.job.can_resume and self.source.exists()

    @property
    def is_ready(self) -> bool:
        """Whether reading is done and everything found stands in the row."""
        return self.items is not None
