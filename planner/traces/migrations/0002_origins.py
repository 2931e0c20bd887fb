"""From one uploaded recording or the sample to every origin of a workload; what is in the table keeps its meaning.

An upload that still waits to be read was named by the id alone; it takes the name the reader now looks for.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import migrations, models

SAMPLE, UPLOAD = "sample", "upload"


def to_origins(apps: Any, _schema: Any) -> None:
    """Say of every trace where it comes from, and name the uploads that still wait."""
    traces = apps.get_model("traces", "Trace").objects
    traces.filter(is_sample=True).update(origin=SAMPLE)
    folder = Path(settings.HEADROOM_DATA) / "uploads"
    for trace in traces.filter(is_sample=False):
        trace.files = [trace.name]
        trace.save(update_fields=["files"])
        _rename(folder / str(trace.pk), folder / f"{trace.pk}.0")


def to_samples(apps: Any, _schema: Any) -> None:
    """The way back: the sample is marked, a first upload has its old name."""
    traces = apps.get_model("traces", "Trace").objects
    traces.filter(origin=SAMPLE).update(is_sample=True)
    folder = Path(settings.HEADROOM_DATA) / "uploads"
    for trace in traces.filter(origin=UPLOAD):
        _rename(folder / f"{trace.pk}.0", folder / str(trace.pk))


def _rename(old: Path, new: Path) -> None:
    if old.exists():
        old.replace(new)


class Migration(migrations.Migration):
    """`is_sample` becomes one of the origins."""

    dependencies = (("traces", "0001_initial"),)

    operations = (
        migrations.AddField(
            "trace",
            "origin",
            models.CharField(
                choices=[("upload", "Upload"), ("sample", "Sample"), ("generated", "Generated"), ("typed", "Typed")],
                default=UPLOAD,
                max_length=12,
            ),
        ),
        migrations.AddField("trace", "files", models.JSONField(default=list)),
        migrations.AddField("trace", "options", models.JSONField(default=dict)),
        migrations.AddField("trace", "recipe", models.JSONField(null=True)),
        migrations.AddField("trace", "shape", models.JSONField(null=True)),
        migrations.AddField("trace", "privileges", models.JSONField(null=True)),
        migrations.RunPython(to_origins, to_samples),
        migrations.RemoveField("trace", "is_sample"),
    )
