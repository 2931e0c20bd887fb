"""Durable against cache on the run page: asked for, on its way, side by side; for the owner alone."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from engine import measurement as measurements
from engine.cluster import durability
from engine.measurement import Commit, Measurement
from engine.plain import to_plain
from engine.ramp.model import RampSpec
from planner.jobs.models import Job
from planner.runs import services
from planner.runs.cluster import Cluster
from planner.runs.models import Run
from planner.traces.models import Trace
from tests.engine.ramp.curves import climbed, queueing
from tests.planner.sizing.factories import make_measurement
from tests.planner.traces.making import imported, recording

COMMIT = Commit(
    wait_replicas=1,
    waits=40,
    writes_per_wait=1.25,
    timed_out=0,
    zone_rtt_us=None,
    aof_bytes=3 << 20,
    filesystem="ext4",
    not_reproduced=durability.NOT_REPRODUCED,
)
SPEC = RampSpec(tries=1, precision=0.1)


def page(name: str, run: Run) -> str:
    return reverse(f"runs:{name}", args=[run.pk])


def done(trace: Trace, mode: str = "cache", **figures: Any) -> Run:
    """A run in this mode that has measured; a durable one has its commits."""
    replicas = 2 if mode == "durable" else 1
    run = services.create(owner=trace.owner, trace=trace, cluster=Cluster(shards=2, replicas=replicas, mode=mode))
    found = make_measurement(
        mode=mode, commit=COMMIT if mode == "durable" else None, trace_sha256=sha(trace), **figures
    )
    run.measurement = measurements.to_json(found)
    run.save(update_fields=["measurement"])
    Job.objects.filter(pk=run.job_id).update(state=Job.State.DONE)
    return Run.objects.get(pk=run.pk)


def sha(trace: Trace) -> str:
    assert trace.header is not None
    return str(trace.header["source_sha256"])


def shown(client: Client, run: Run) -> str:
    return " ".join(client.get(page("detail", run)).content.decode().split())


def cells(client: Client, run: Run) -> dict[str, tuple[str, str]]:
    view = client.get(page("detail", run)).context["other"].comparison
    return {row.name: (row.cache, row.durable) for row in view.rows}


def test_a_press_of_the_button_queues_the_same_replay_on_three_copies(owner: User, owner_client: Client) -> None:
    cluster = Cluster(shards=2, replicas=1, speed=4.0, ramp=True, objective_read_ms=1.0)
    run = services.create(owner=owner, trace=imported(owner), cluster=cluster)
    run.measurement = measurements.to_json(make_measurement())
    run.save(update_fields=["measurement"])
    assert "Measure this in durable mode too" in shown(owner_client, run)
    where = owner_client.post(page("other-mode", run)).headers["Location"]
    other = Run.objects.exclude(pk=run.pk).get()
    assert where == page("detail", other)
    assert (other.mode, other.shards, other.replicas, other.speed) == ("durable", 2, 2, 4.0)
    assert other.ramp == {"read_us": 1000.0, "write_us": 5000.0}
    assert other.job.state == Job.State.QUEUED


def test_pressed_again_it_leads_to_the_run_on_its_way(owner: User, owner_client: Client) -> None:
    run = done(imported(owner))
    first = owner_client.post(page("other-mode", run)).headers["Location"]
    assert owner_client.post(page("other-mode", run)).headers["Location"] == first
    assert Run.objects.count() == 2
    text = shown(owner_client, run)
    assert f'<a href="{first}">' in text
    assert "Measure this in durable mode too" not in text


def test_a_run_that_was_given_up_can_be_asked_for_again(owner: User, owner_client: Client) -> None:
    run = done(imported(owner))
    owner_client.post(page("other-mode", run))
    Job.objects.filter(run__mode="durable").update(state=Job.State.FAILED)
    assert "Measure this in durable mode too" in shown(owner_client, run)
    owner_client.post(page("other-mode", run))
    assert Run.objects.filter(mode="durable").count() == 2


def test_both_pages_show_both_runs_side_by_side(owner: User, owner_client: Client) -> None:
    trace = imported(owner)
    cache = done(trace, ramp=climbed(SPEC, queueing(knee=10_000), first=8_000))
    durable = done(trace, "durable", ramp=climbed(SPEC, queueing(knee=5_000), first=4_000))
    assert cells(owner_client, cache) == cells(owner_client, durable)
    rows = cells(owner_client, cache)
    assert rows["highest rate within the objective"] == (
        "10,000 operations/s, below 11,000",
        "5,000 operations/s, below 5,500",
    )
    assert rows["append-only files, all copies"] == ("—", "3 MiB on ext4")
    assert rows["data written"][0] == rows["data written"][1]
    assert {"read p50", "read p99", "read p99.9", "write p50", "write p99", "write p99.9"} <= set(rows)
    assert "Cache (this run)" in shown(owner_client, cache)
    assert "Durable (this run)" in shown(owner_client, durable)


def test_what_others_published_stands_apart_and_what_is_not_reproduced_is_said(
    owner: User, owner_client: Client
) -> None:
    trace = imported(owner)
    run = done(trace)
    done(trace, "durable")
    text = shown(owner_client, run)
    assert '<th scope="row">write p99</th><td class="num">≤3 ms</td><td class="num">≤6 ms</td>' in text
    assert "badge-published" in text
    assert "10.1145/3626246.3653380" in text
    for sentence in durability.NOT_REPRODUCED:
        assert sentence in text


def test_latencies_not_to_be_trusted_are_not_set_side_by_side_without_a_word(owner: User, owner_client: Client) -> None:
    trace = imported(owner)
    run = done(trace)
    doubtful = measurements.Validity(False, "3 % were late.")
    done(trace, "durable", valid_for_latency=doubtful)
    assert "Durable mode, not valid for latency.</strong> 3 % were late." in shown(owner_client, run)


def test_the_same_recording_brought_in_twice_is_the_same_recording(owner: User, owner_client: Client) -> None:
    run = done(imported(owner))
    done(imported(owner, name="again.txt"), "durable")
    assert "read p99" in cells(owner_client, run)


@pytest.mark.parametrize("case", ["recording", "shards", "engine"])
def test_what_is_not_alike_is_not_compared(owner: User, owner_client: Client, case: str) -> None:
    run = done(imported(owner))
    other_engine = dataclasses.replace(make_measurement().engine, version="9.9.9")
    trace = imported(owner, recording(100)) if case == "recording" else run.trace
    other = done(trace, "durable", **({"engine": other_engine} if case == "engine" else {}))
    if case == "shards":
        Run.objects.filter(pk=other.pk).update(shards=3)
    context = owner_client.get(page("detail", run)).context["other"]
    assert context.comparison is None
    assert ("9.9.9" in context.unlike) == (case == "engine")


def test_a_teammate_and_a_stranger_start_nothing_and_see_nothing(
    owner: User, teammate_client: Client, stranger: Client
) -> None:
    run = done(imported(owner))
    assert teammate_client.post(page("other-mode", run)).status_code == 404
    assert reverse("accounts:sign-in") in stranger.post(page("other-mode", run)).headers["Location"]
    assert Run.objects.count() == 1
    other = done(run.trace, "durable")
    for one in (run, other):
        assert teammate_client.get(page("detail", one)).status_code == 404
        assert reverse("accounts:sign-in") in stranger.get(page("detail", one)).headers["Location"]


def test_somebody_elses_run_of_the_same_recording_is_never_set_beside_ones_own(
    owner: User, teammate: User, owner_client: Client, teammate_client: Client
) -> None:
    mine = done(imported(owner))
    theirs = done(imported(teammate), "durable")
    assert owner_client.get(page("detail", mine)).context["other"].run is None
    assert teammate_client.get(page("detail", theirs)).context["other"].run is None


def test_only_a_run_that_has_measured_can_be_asked_for_the_other_mode(owner: User, owner_client: Client) -> None:
    run = services.create(owner=owner, trace=imported(owner), cluster=Cluster())
    owner_client.post(page("other-mode", run))
    assert owner_client.get(page("other-mode", run)).status_code == 405
    assert Run.objects.count() == 1


def test_the_commit_is_part_of_what_a_run_keeps() -> None:
    found = make_measurement(commit=COMMIT)
    assert to_plain(found)["commit"]["aof_bytes"] == 3 << 20
    assert isinstance(measurements.from_json(measurements.to_json(found)), Measurement)
