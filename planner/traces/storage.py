"""The files of recordings: uploads wait under the id of their trace and a number, and what nobody owns is swept away.

An upload's own name never becomes a path. Nothing here touches the database but to ask which files still have an owner.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from engine.traces.store import part_of
from planner.jobs.models import Job
from planner.traces.models import Trace

GRACE = timedelta(hours=1)  # an upload still arriving is touched far more often than this
NAME_LENGTH = 120


def keep_uploads(temporaries: Sequence[Path], trace: Trace) -> None:
    """Move arrived uploads to where the import looks for them. On one disk, so it is a rename."""
    for temporary, path in zip(temporaries, trace.upload_paths, strict=True):
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.replace(path)


def remove_uploads(trace: Trace) -> None:
    """Delete the uploads; what was read from them stays."""
    for path in trace.upload_paths:
        path.unlink(missing_ok=True)


def remove_files(trace: Trace) -> None:
    """Delete everything the trace has on disk."""
    remove_uploads(trace)
    trace.path.unlink(missing_ok=True)
    part_of(trace.path).unlink(missing_ok=True)


def forget_interrupted() -> None:
    """Delete the uploads of imports that a crash interrupted: an original does not lie about until somebody comes back."""
    for trace in Trace.objects.filter(job__state=Job.State.INTERRUPTED, origin=Trace.Origin.UPLOAD):
        remove_files(trace)


def sweep(*, now: datetime, grace: timedelta = GRACE) -> list[Path]:
    """Delete what a crash left behind: no unfinished import wants it and nobody wrote to it within `grace`."""
    forget_interrupted()
    oldest = (now - grace).timestamp()
    data = Path(settings.HEADROOM_DATA)
    wanted = {str(trace_id) for trace_id in _unfinished()}
    kept = {str(trace_id) for trace_id in Trace.objects.filter(items__isnull=False).values_list("id", flat=True)}
    swept = _sweep_folder(data / "uploads", wanted, oldest)
    return swept + _sweep_folder(data / "traces", wanted | kept, oldest)


def printable_name(name: str) -> str:
    """What the user called the file, as text only: no path, no control characters, of limited length."""
    base = name.replace("\\", "/").rsplit("/", 1)[-1]
    return "".join(sign for sign in base if sign.isprintable()).strip()[:NAME_LENGTH] or "recording"


def _unfinished() -> list[UUID]:
    going_on = Trace.objects.filter(job__state__in=(Job.State.QUEUED, Job.State.RUNNING))
    return list(going_on.values_list("id", flat=True))


def _sweep_folder(folder: Path, keep: set[str], oldest: float) -> list[Path]:
    swept = []
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.is_file() and path.name.lstrip(".").split(".", 1)[0] not in keep and path.stat().st_mtime < oldest:
            path.unlink(missing_ok=True)
            swept.append(path)
    return swept
