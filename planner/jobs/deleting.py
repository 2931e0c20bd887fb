"""What was worked on goes together with its job and its files."""

from __future__ import annotations

import shutil
from pathlib import Path

from django.db import transaction
from django.db.models import Model

from planner.jobs.models import Job


def delete_whole(work: Model, job: Job, folder: Path) -> None:
    """Delete `work`, its job and its folder. Not while it waits or works: cancel it first."""
    shutil.rmtree(folder, ignore_errors=True)
    with transaction.atomic():
        work.delete()
        job.delete()
