"""Runs on clusters of people's own as the wizard makes them, and one that has ended, for the tests of their pages."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.models import User

from engine import external_measurement
from engine.external_gaps import Gaps, MemoryGap, WrittenGap
from engine.external_measurement import ExternalMeasurement, ExternalMemory, ExternalTopology
from engine.measurement import EngineIdentity, Network, Operations, Series, SlotLoad, Validity
from planner.external import services
from planner.external.models import ExternalRun
from planner.external.wanted import Wanted, confirmation
from planner.jobs.models import Job
from tests.planner.sizing.factories import make_measurement
from tests.planner.traces.making import imported

SECRET = "correct-Horse?b@ttery"


def wanted(**more: Any) -> Wanted:
    """Of a documentation address, where nobody is."""
    known: dict[str, Any] = {"url": "rediss://shop@192.0.2.7:6379", "password": SECRET}
    return Wanted(**{**known, "confirmed": confirmation("headroom:", 2000), **more})


def queued(owner: User, **more: Any) -> ExternalRun:
    """A run that waits for a worker."""
    run = services.create(owner=owner, trace=imported(owner), wanted=wanted(**more))
    return ExternalRun.objects.select_related("job", "trace").get(pk=run.pk)


def set_job(run: ExternalRun, **fields: Any) -> None:
    Job.objects.filter(pk=run.job_id).update(**fields)


def made(trace_sha256: str = "a" * 64, **more: Any) -> ExternalMeasurement:
    """A measurement of a service that refuses MEMORY USAGE."""
    known: dict[str, Any] = {
        "target": "rediss://shop:***@192.0.2.7:6379", "prefix": "headroom:",
        "engine": EngineIdentity("valkey", "7.2.6", "jemalloc-5.3.0"), "topology": ExternalTopology(2, 2, True),
        "speed": 1.0, "most_per_s": 2000.0,
        "operations": Operations(200, 200, 200, {}, {}, 0, 0, 0), "stopped": "",
        "valid_for_latency": Validity(True, "on time"),
        "latency_us": make_measurement().latency_us,
        "memory": ExternalMemory(1_000_000, 1_250_000, 250_000, 100, 7, 1300), "families": None,
        "replication_growth_bytes": None, "execution_us": {"SET": 1.5, "GET": 0.5}, "main_thread_us_per_op": None,
        "network": Network(10_000, 20_000), "duration_s": 2.0, "trace_sha256": trace_sha256, "trace_format": "monitor",
        "operations_by_class": {"all": 200, "read": 150, "write": 50}, "slot_load": SlotLoad(0.1, 0.05, 7),
        "series": Series((100, 100), (200.0, 210.0), (900.0, 950.0), (None, None)), "removed_keys": 100, "left_behind": "",
        "not_measured": {"data_written": "No PSYNC.", "snapshot": "No BGSAVE.", "families": "MEMORY USAGE is refused."},
        "assumptions": ("Names are longer.",),
    }  # fmt: skip
    return ExternalMeasurement(**{**known, **more})


def ended(owner: User, **more: Any) -> ExternalRun:
    """A run that has measured, with what stands in the place of what it could not."""
    run = queued(owner)
    written = WrittenGap(
        7090, 3545.0, 4000, 120, {"SET": 7090}, {"user:{id}:cart": 7090}, "redis-7.0", 0, "the effects"
    )
    run.measurement = external_measurement.to_json(made(**more))
    run.gaps = Gaps(written, MemoryGap(54_321, 100, "an upper bound")).to_json()
    run.save()
    set_job(run, state=Job.State.DONE)
    services.forget_ended()
    return ExternalRun.objects.select_related("job", "trace").get(pk=run.pk)
