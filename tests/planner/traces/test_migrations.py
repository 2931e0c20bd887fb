"""Tables of an older version are carried over: the sample stays the sample, a waiting upload can still be read."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone

from planner.traces import services
from planner.traces.models import Trace
from tests.planner.traces.making import recording

OLD, NEW = ("traces", "0001_initial"), ("traces", "0002_origins")


@pytest.mark.django_db(transaction=True)
def test_an_old_upload_that_waits_is_read_and_the_old_sample_is_still_the_sample(data_folder: Path) -> None:
    apps = migrated(OLD)
    owner = apps.get_model("auth", "User").objects.create(username="owner")
    upload, sample = old_trace(apps, owner, "shop.txt"), old_trace(apps, owner, "Sample", is_sample=True)
    (data_folder / "uploads" / str(upload.pk)).write_bytes(recording())
    migrated(NEW)
    now = Trace.objects.get(pk=upload.pk)
    assert (now.origin, now.files, now.options) == (Trace.Origin.UPLOAD, ["shop.txt"], {})
    assert Trace.objects.get(pk=sample.pk).is_sample
    services.import_recording(trace_id=now.pk)
    assert (Trace.objects.get(pk=upload.pk).profile or {})["operations"] == 200


@pytest.mark.django_db(transaction=True)
def test_the_way_back_keeps_the_waiting_upload_too(data_folder: Path) -> None:
    apps = migrated(OLD)
    owner = apps.get_model("auth", "User").objects.create(username="owner")
    upload, sample = old_trace(apps, owner, "shop.txt"), old_trace(apps, owner, "Sample", is_sample=True)
    (data_folder / "uploads" / str(upload.pk)).write_bytes(recording())
    migrated(NEW)
    back = migrated(OLD).get_model("traces", "Trace").objects
    assert [path.name for path in (data_folder / "uploads").iterdir()] == [str(upload.pk)]
    assert not back.get(pk=upload.pk).is_sample and back.get(pk=sample.pk).is_sample
    migrated(NEW)


def migrated(target: tuple[str, str]) -> Any:
    """The models as they are after that migration."""
    executor = MigrationExecutor(connection)
    executor.migrate([target])
    return MigrationExecutor(connection).loader.project_state([target, ("jobs", "0001_initial")]).apps


def old_trace(apps: Any, owner: Any, name: str, *, is_sample: bool = False) -> Any:
    """A trace as the older version stored it, with its job."""
    now = timezone.now()
    job = apps.get_model("jobs", "Job").objects.create(
        owner=owner, kind="import", task="", queue="default", created_at=now, sent_at=now
    )
    return apps.get_model("traces", "Trace").objects.create(owner=owner, name=name, job=job, is_sample=is_sample)
