"""`python -m tests.browser.prepared_runs USER`: one recording measured in both modes, in the data folder of `HEADROOM_DATA`.

For tests of what a page shows of measurements that take minutes to make. Nothing is queued, so no worker measures anything.
Prints the id of the run in cache mode.
"""

from __future__ import annotations

import os
import sys
from typing import Any

import django

SHA = "5" * 64


def main(username: str) -> None:
    """Write the recording and both runs."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "planner.settings")
    django.setup()
    from django.contrib.auth.models import User

    owner = User.objects.get(username=username)
    cache = _run(owner, "cache")
    _run(owner, "durable")
    sys.stdout.write(f"{cache.pk}\n")


def _job(owner: Any, kind: str) -> Any:
    from django.utils import timezone

    from planner.jobs.models import Job

    now = timezone.now()
    return Job.objects.create(
        owner=owner, kind=kind, state=Job.State.DONE, created_at=now, sent_at=now, finished_at=now
    )


def _trace(owner: Any) -> Any:
    from planner.traces.models import Trace

    there = Trace.objects.filter(owner=owner).first()
    return there or Trace.objects.create(
        owner=owner, name="A shop", job=_job(owner, "import"), header={"source_sha256": SHA}, items={}, profile=None
    )


def _run(owner: Any, mode: str) -> Any:
    from engine import measurement
    from engine.ramp.model import RampSpec
    from planner.runs.models import Run
    from tests.engine.ramp.curves import climbed, queueing
    from tests.planner.sizing.factories import make_measurement

    durable = mode == "durable"
    knee = 5_000 if durable else 10_000
    ramp = climbed(RampSpec(tries=1, precision=0.1), queueing(knee=knee), first=knee * 4 // 5)
    found = make_measurement(mode=mode, trace_sha256=SHA, ramp=ramp, commit=_commit() if durable else None)
    return Run.objects.create(
        owner=owner, trace=_trace(owner), job=_job(owner, "measure"), shards=2, replicas=2 if durable else 1,
        mode=mode, measurement=measurement.to_json(found),
    )  # fmt: skip


def _commit() -> Any:
    from engine.cluster import durability
    from engine.measurement import Commit, Quantiles

    far = Quantiles(p50=3000.0, p90=3500.0, p99=6000.0, p99_9=7000.0, p99_99=8000.0, max=9000.0, count=100)
    return Commit(
        wait_replicas=1, waits=40, writes_per_wait=1.25, timed_out=0, zone_rtt_us=1500.0, aof_bytes=3 << 20,
        filesystem="ext4", not_reproduced=durability.NOT_REPRODUCED, write_with_zone_us=far,
    )  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1])
