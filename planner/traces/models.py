"""A workload as its owner knows it: what it comes from, where its files are, how reading went, and what was found in it.

The JSON columns are the plain forms of `TraceHeader`, `Profile` (DESIGN §8), the hit-rate curve and `ItemStatistics`;
they are null until the import is done. Figures alone (a summary) have a profile and a shape, but nothing to replay.
"""

from __future__ import annotations

import uuid
from pathlib import Path

from django.conf import settings
from django.db import models

from planner.jobs.models import Job

SAMPLE = Path(__file__).resolve().parents[2] / "engine" / "traces" / "samples" / "ecommerce.monitor.txt.gz"


class Trace(models.Model):
    """One imported (or still importing) workload.

    `files` are the names of the uploads. `options` is what was said beside them (`redact`, `keep_words`, `duration_s`).
    `recipe` says what to generate: a ready workload with its parameters, or a shape. `shape` is what a summary told, or
    what was typed. `privileges` are the rights each group of clients used (`engine.traces.privileges`).
    """

    class Origin(models.TextChoices):
        UPLOAD = "upload"
        SAMPLE = "sample"
        GENERATED = "generated"
        TYPED = "typed"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="traces")
    name = models.CharField(max_length=120)
    origin = models.CharField(max_length=12, choices=Origin, default=Origin.UPLOAD)
    files = models.JSONField(default=list)
    options = models.JSONField(default=dict)
    recipe = models.JSONField(null=True)
    job = models.OneToOneField(Job, on_delete=models.RESTRICT, related_name="trace")
    header = models.JSONField(null=True)
    profile = models.JSONField(null=True)
    hit_curve = models.JSONField(null=True)
    items = models.JSONField(null=True)
    shape = models.JSONField(null=True)
    privileges = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("-created_at",)

    def __str__(self) -> str:
        return self.name

    @property
    def is_sample(self) -> bool:
        """Whether it is a copy of the bundled sample."""
        return self.origin == self.Origin.SAMPLE

    @property
    def upload_paths(self) -> tuple[Path, ...]:
        """Where the uploads wait to be read; named by the id and a number, never by the user."""
        folder = Path(settings.HEADROOM_DATA) / "uploads"
        return tuple(folder / f"{self.id}.{number}" for number in range(len(self.files)))

    @property
    def path(self) -> Path:
        """The canonical trace."""
        return Path(settings.HEADROOM_DATA) / "traces" / f"{self.id}.parquet"

    @property
    def sources(self) -> tuple[tuple[Path, str], ...]:
        """The files that the import reads, each with the name the person knows it by."""
        if self.is_sample:
            return ((SAMPLE, SAMPLE.name),)
        return tuple(zip(self.upload_paths, self.files, strict=True))

    @property
    def can_resume(self) -> bool:
        """An interrupted import still has its uploads; a cancelled one has not."""
        return self.job.can_resume and all(path.exists() for path, _ in self.sources)

    @property
    def is_ready(self) -> bool:
        """Whether reading is done and there is something to replay."""
        return self.items is not None

    @property
    def is_summary(self) -> bool:
        """Figures without commands: a workload like them can be generated."""
        return self.shape is not None
