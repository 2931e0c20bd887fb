"""The run page while it goes on and afterwards, for its owner, a team-mate and a stranger."""

from __future__ import annotations

from dataclasses import asdict

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from engine import weather
from engine.measurement import EngineIdentity, Latency, Quantiles, Series, Topology
from engine.partial import Partial, PartialMemory, PartialOperations, PartialWritten, from_json, to_json
from engine.plain import to_plain
from engine.ramp.model import RampSpec
from engine.replay.phases import Finished
from planner.estimates import services as estimates
from planner.jobs.models import Job
from planner.runs import services
from planner.runs.cluster import Cluster
from planner.runs.models import Run
from tests.engine.ramp.curves import climbed, queueing
from tests.planner.traces.making import answered, imported, measured, uploaded


def page(name: str, run: Run) -> str:
    return reverse(f"runs:{name}", args=[run.pk])


def waiting(owner: User) -> Run:
    return services.create(owner=owner, trace=imported(owner), cluster=Cluster())


def ended_early(owner: User) -> Run:
    """A run whose primary was killed half a second into its replay; the round figures of a partial result."""
    run = waiting(owner)
    quantiles = Quantiles(100.0, 200.0, 300.0, 400.0, 400.0, 400.0, 90)
    kept = Partial(
        engine=EngineIdentity("valkey", "9.1.2", "libc"),
        topology=Topology(2, 1),
        mode="cache",
        speed=1.0,
        incidents=(weather.primary_died(weather.node("primary", 0), "It was <killed> by SIGKILL.", 0.5),),
        phase="replay",
        recorded_s=6.0,
        replayed_s=0.5,
        operations=PartialOperations(300, 100, 90, {"WRONGTYPE": 4}, 6, 0),
        latency_us={"all": Latency(quantiles, quantiles)},
        series=Series(),
        memory=PartialMemory(5_000_000, 2_000_000, 40),
        data_written=PartialWritten(12_000, 28, 50, {"SET": 12_000}, {"key:{id}": 12_000}, (12_000,)),
        trace_sha256="0" * 64,
        trace_format="monitor",
    )
    run.folder.mkdir(parents=True)
    Finished(run.folder).put("partial", to_json(kept))
    set_job(run, state=Job.State.INTERRUPTED, phase="replay", error=kept.ended_by.sentence)
    return Run.objects.get(pk=run.pk)


def set_job(run: Run, **columns: object) -> None:
    Job.objects.filter(pk=run.job_id).update(**columns)


@pytest.mark.parametrize("name", ["detail", "status", "delete", "json"])
def test_the_owner_sees_it_a_teammate_gets_404_and_a_stranger_is_asked_to_sign_in(
    owner: User, owner_client: Client, teammate_client: Client, stranger: Client, name: str
) -> None:
    url = page(name, measured(imported(owner)))
    assert owner_client.get(url).status_code == 200
    assert teammate_client.get(url).status_code == 404
    assert reverse("accounts:sign-in") in stranger.get(url).headers["Location"]


@pytest.mark.parametrize("name", ["cancel", "resume", "delete"])
def test_a_teammate_and_a_stranger_can_change_nothing(
    owner: User, teammate_client: Client, stranger: Client, name: str
) -> None:
    run = waiting(owner)
    assert teammate_client.post(page(name, run)).status_code == 404
    assert stranger.post(page(name, run)).status_code == 302
    assert Job.objects.get(pk=run.job_id).state == Job.State.QUEUED


def test_each_phase_is_ticked_as_it_passes(owner: User, owner_client: Client) -> None:
    run = waiting(owner)
    set_job(run, state=Job.State.RUNNING, phase="replay", done=50, total=200, unit="operations")
    steps = owner_client.get(page("status", run)).context["steps"]
    assert [step.state for step in steps] == ["done"] * 5 + ["now"] + ["todo"] * 3
    set_job(run, state=Job.State.INTERRUPTED)
    assert owner_client.get(page("detail", run)).context["steps"][5].state == "stopped"


def test_the_ramp_is_a_phase_of_runs_that_asked_for_one(owner: User, owner_client: Client) -> None:
    run = services.create(owner=owner, trace=imported(owner), cluster=Cluster(ramp=True))
    set_job(run, state=Job.State.RUNNING, phase="ramp")
    steps = owner_client.get(page("status", run)).context["steps"]
    assert [step.state for step in steps] == ["done"] * 8 + ["now", "todo"]
    assert steps[8].title == "Looking for the highest rate"


def test_a_ramp_is_shown_with_its_knee_its_objective_and_every_step(owner: User, owner_client: Client) -> None:
    run = measured(imported(owner))
    ramp = climbed(RampSpec(tries=1, precision=0.1), queueing(knee=10_000), first=8_000)
    assert run.measurement is not None
    run.measurement["ramp"] = to_plain(ramp)
    run.save(update_fields=["measurement"])
    text = " ".join(owner_client.get(page("detail", run)).content.decode().split())
    assert '<dt>Knee</dt><dd class="number">10,000 ops/s' in text
    assert "11,000 ops/s<small>lowest that broke" in text
    assert "the engine<small>p99 of reads within 2 ms, of writes within 5 ms" in text
    assert "did not hold. p99 of writes 8.33 ms &gt; 5 ms." in text


def test_a_running_run_shows_its_gauges_and_lines_and_polls(owner: User, owner_client: Client) -> None:
    run = waiting(owner)
    run.folder.mkdir(parents=True)
    run.live_path.write_text("100,1,2,1000\n200,1,2,2000\n")
    set_job(run, state=Job.State.RUNNING, phase="replay", gauges={"ops_per_s": 1234.0, "late": 3.0})
    page_text = owner_client.get(page("detail", run)).content.decode()
    assert "hx-get" in page_text and "<polyline" in page_text and "1,234" in page_text


@pytest.mark.parametrize("state", [Job.State.FAILED, Job.State.INTERRUPTED])
def test_a_run_that_did_not_finish_says_why_in_escaped_words(owner: User, owner_client: Client, state: str) -> None:
    run = waiting(owner)
    set_job(run, state=state, error="More <data> than memory allows.")
    text = owner_client.get(page("detail", run)).content.decode()
    assert "More &lt;data&gt; than memory allows." in text
    assert (page("resume", run) in text) == (state == Job.State.INTERRUPTED)


def test_a_run_that_is_cancelled_can_be_resumed_from_its_page(owner: User, owner_client: Client) -> None:
    run = waiting(owner)
    owner_client.post(page("cancel", run))
    assert Job.objects.get(pk=run.job_id).state == Job.State.CANCELLED
    owner_client.post(page("resume", run))
    assert Job.objects.get(pk=run.job_id).state == Job.State.QUEUED


def test_a_run_whose_recording_cannot_be_read_leads_to_the_reason(owner: User, owner_client: Client) -> None:
    trace = imported(owner, b"no recording\n")
    run = services.create(owner=owner, trace=trace, cluster=Cluster())
    services.recording_settled(trace_id=trace.pk)
    assert b"not a recording" in owner_client.get(page("detail", run)).content


def test_polling_ends_at_the_answer_where_there_is_one(owner: User, owner_client: Client) -> None:
    estimate = answered(owner)
    assert estimate.run is not None
    answer = reverse("estimates:detail", args=[estimate.pk])
    assert owner_client.get(page("status", estimate.run)).headers["HX-Redirect"] == answer
    assert owner_client.get(page("detail", estimate.run) + "?follow=1").headers["Location"] == answer
    assert owner_client.get(page("detail", estimate.run)).status_code == 200


def test_polling_goes_on_while_the_answer_is_being_computed(owner: User, owner_client: Client) -> None:
    estimate = answered(owner)
    assert estimate.run is not None
    estimates.wait_for_run(estimate=estimate)
    response = owner_client.get(page("status", estimate.run))
    assert "HX-Redirect" not in response.headers
    assert b"Computing the answer" in response.content


def test_the_measurement_is_printed_with_its_engine_and_accounts_for_every_byte(
    owner: User, owner_client: Client
) -> None:
    run = measured(imported(owner))
    response = owner_client.get(page("detail", run))
    text = " ".join(response.content.decode().split())
    assert "Redis 7.2.4</strong>, allocator jemalloc-5.3.0" in text
    assert response.context["accounts_for_growth"]
    assert "together exactly the 13,001,000 bytes" in text
    assert [row.name for row in response.context["latency"].classes] == ["all", "read", "write"]


def test_a_measurement_that_is_not_valid_for_latency_says_so_before_anything_else(
    owner: User, owner_client: Client
) -> None:
    run = measured(imported(owner))
    assert run.measurement is not None
    run.measurement["valid_for_latency"] = {"ok": False, "reason": "3 % were late."}
    run.save(update_fields=["measurement"])
    text = owner_client.get(page("detail", run)).content.decode()
    assert text.index("Not valid for latency.") < text.index("Memory in use")


def test_a_run_without_a_measurement_has_no_json(owner: User, owner_client: Client) -> None:
    assert owner_client.get(page("json", waiting(owner))).status_code == 404


def test_a_run_that_works_is_asked_to_stop_before_it_can_be_deleted(owner: User, owner_client: Client) -> None:
    run = services.create(owner=owner, trace=uploaded(owner), cluster=Cluster())
    owner_client.post(page("delete", run))
    assert Run.objects.filter(pk=run.pk).exists()
    owner_client.post(page("delete", run))
    assert not Run.objects.filter(pk=run.pk).exists()


def test_a_run_that_was_ended_shows_what_it_had_measured_what_happened_and_how_to_go_on(
    owner: User, owner_client: Client
) -> None:
    run = ended_early(owner)
    text = " ".join(owner_client.get(page("detail", run)).content.decode().split())
    assert "Partial result" in text and "Nothing is sized or priced from it" in text
    assert "Node died: this ended the run." in text and "It was &lt;killed&gt; by SIGKILL." in text
    assert "of 100 sent, 300 planned" in text and "Error WRONGTYPE" in text
    assert page("resume", run) in text and page("partial", run) in text
    assert page("json", run) not in text and "wizard" not in text.split("Partial result")[1]


def test_a_partial_result_is_data_for_its_owner_only(
    owner: User, owner_client: Client, teammate_client: Client, stranger: Client
) -> None:
    url = page("partial", ended_early(owner))
    data = owner_client.get(url).json()
    assert data["partial"] is True and data["incidents"][-1]["kind"] == "node died"
    assert from_json(data).operations.answered == 90
    assert teammate_client.get(url).status_code == 404
    assert stranger.get(url).status_code == 302


def test_a_partial_result_is_no_measurement(owner: User, owner_client: Client) -> None:
    run = ended_early(owner)
    assert services.measurement_of(run) is None
    assert owner_client.get(page("json", run)).status_code == 404
    set_job(run, state=Job.State.RUNNING)
    assert owner_client.get(page("partial", run)).status_code == 404


def test_what_happened_to_a_run_that_went_on_stands_above_its_figures(owner: User, owner_client: Client) -> None:
    run = measured(imported(owner))
    assert run.measurement is not None
    evicted = weather.evicted(weather.node("primary", 1), 1234, 1 << 30, "allkeys-lru")
    run.measurement["incidents"] = [asdict(evicted)]
    run.save(update_fields=["measurement"])
    text = owner_client.get(page("detail", run)).content.decode()
    assert "evicted 1,234 keys to stay below maxmemory (1 GiB, allkeys-lru)" in text
    assert text.index("What happened") < text.index("Memory in use")
