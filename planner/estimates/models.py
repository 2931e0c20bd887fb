"""An estimate: the draft a person fills in step by step, and the frozen answer once it is computed.

`measure` and `answers` are what was typed (wizard steps Measure, and Scale with Compare); `document` is the JSON of
`planner.reports.document` and never changes unless the answer is computed again. `waiting` says that the answer is to
be computed as soon as the run is done.
"""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from planner.external.models import ExternalRun
from planner.runs.models import Run
from planner.traces.models import Trace


class Estimate(models.Model):
    """One question and its answer."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="estimates")
    name = models.CharField(max_length=120)
    trace = models.ForeignKey(Trace, on_delete=models.SET_NULL, null=True, related_name="estimates")
    run = models.ForeignKey(Run, on_delete=models.SET_NULL, null=True, related_name="estimates")
    external = models.ForeignKey(ExternalRun, on_delete=models.SET_NULL, null=True, related_name="estimates")
    measure = models.JSONField(default=dict)
    answers = models.JSONField(default=dict)
    document = models.JSONField(null=True)
    waiting = models.BooleanField(default=False)
    error = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ("-updated_at",)

    def __str__(self) -> str:
        return self.name
