"""Small real recordings and what becomes of them, for the tests of traces, runs, estimates and the wizard."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.utils import timezone

from engine import measurement as measurements
from planner.estimates import services as estimates
from planner.estimates.models import Estimate
from planner.jobs.models import Job
from planner.runs import services as runs
from planner.runs.cluster import Cluster
from planner.runs.models import Run
from planner.traces import services as traces
from planner.traces.models import Trace
from tests.planner.sizing.factories import make_measurement

START = 1_700_000_000


def recording(operations: int = 200) -> bytes:
    """A MONITOR recording of two seconds: every fourth operation a SET with a time to live, the others GETs, over 25 keys."""
    lines = []
    for number in range(operations):
        when = f"{START + 2 * number // operations}.{number * 2_000_000 // operations % 1_000_000:06d}"
        key = f"user:{number % 25}:cart"
        words = f'"SET" "{key}" "{"x" * 40}" "EX" "600"' if number % 4 == 0 else f'"GET" "{key}"'
        lines.append(f"{when} [0 127.0.0.1:5{number % 5:04d}] {words}")
    return ("\n".join(lines) + "\n").encode()


def arrived(content: bytes, name: str = "arrived.upload") -> Path:
    """A file as the upload handler leaves it."""
    path = Path(settings.HEADROOM_DATA) / "uploads" / name
    path.write_bytes(content)
    return path


def uploaded(owner: User, content: bytes | None = None, name: str = "shop.txt", **options: Any) -> Trace:
    """A recording whose import is queued."""
    content = recording() if content is None else content
    files = [(name, arrived(content))]
    return traces.import_upload(owner=owner, files=files, options=options, now=timezone.now())


def imported(owner: User, content: bytes | None = None, name: str = "shop.txt", **options: Any) -> Trace:
    """A recording that has been read, by the real import."""
    return brought_in(uploaded(owner, content, name, **options))


def brought_in(trace: Trace) -> Trace:
    """The trace after its import, as a worker does it."""
    traces.import_recording(trace_id=trace.pk)
    return Trace.objects.get(pk=trace.pk)


def figures(owner: User) -> Trace:
    """Figures typed by hand, profiled: nothing to replay."""
    typed = {"reads_per_s": 40.0, "writes_per_s": 10.0, "keys": 200, "value_bytes": 64.0}
    return brought_in(traces.import_typed(owner=owner, name="Typed figures", fields=typed))


def measured(trace: Trace) -> Run:
    """A run that is done; its figures are the round ones of the sizing tests."""
    run = runs.create(owner=trace.owner, trace=trace, cluster=Cluster(shards=2))
    run.folder.mkdir(parents=True)
    run.measurement = measurements.to_json(make_measurement())
    run.save(update_fields=["measurement"])
    Job.objects.filter(pk=run.job_id).update(state=Job.State.DONE)
    return Run.objects.get(pk=run.pk)


def answered(owner: User) -> Estimate:
    """An estimate with its frozen answer."""
    trace = imported(owner)
    estimate = estimates.create(owner=owner, name="Carts in spring")
    estimates.choose_trace(estimate=estimate, trace=trace)
    estimates.set_run(estimate=estimate, run=measured(trace), measure={})
    assert estimates.compute(estimate=estimate, now=timezone.now()), estimate.error
    return Estimate.objects.get(pk=estimate.pk)
