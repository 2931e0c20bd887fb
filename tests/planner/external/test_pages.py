"""Pages of runs on clusters of people's own: the owner's alone, without a password, with every gap named."""

from __future__ import annotations

import json

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from planner.estimates import services as estimates
from planner.external import services
from planner.external.models import ExternalRun
from planner.jobs.models import Job
from tests.planner.external.making import SECRET, ended, queued, set_job
from tests.planner.traces.making import imported, measured

GETS = ("detail", "status", "json", "delete")
POSTS = ("cancel", "resume", "forget", "delete")


def page(name: str, run: ExternalRun) -> str:
    return reverse(f"external:{name}", args=[run.pk])


@pytest.mark.parametrize("name", GETS)
def test_the_owner_sees_it_a_teammate_does_not_and_a_stranger_signs_in_first(
    owner: User, owner_client: Client, teammate_client: Client, stranger: Client, name: str
) -> None:
    run = ended(owner)
    assert owner_client.get(page(name, run)).status_code == 200
    assert teammate_client.get(page(name, run)).status_code == 404
    assert reverse("accounts:sign-in") in stranger.get(page(name, run)).headers["Location"]


@pytest.mark.parametrize("name", POSTS)
def test_a_teammate_and_a_stranger_can_change_nothing(
    owner: User, teammate_client: Client, stranger: Client, name: str
) -> None:
    run = queued(owner)
    assert teammate_client.post(page(name, run)).status_code == 404
    assert stranger.post(page(name, run)).status_code == 302
    kept = ExternalRun.objects.select_related("job").get()
    assert (kept.job.state, bool(kept.sealed)) == (Job.State.QUEUED, True)


def test_the_form_is_the_owners_too(
    owner: User, teammate_client: Client, stranger: Client, owner_client: Client
) -> None:
    estimate = estimates.create(owner=owner)
    url = reverse("wizard:elsewhere", args=[estimate.pk])
    assert owner_client.get(url).headers["Location"] == reverse("wizard:workload", args=[estimate.pk])
    estimates.choose_trace(estimate=estimate, trace=imported(owner))
    assert owner_client.get(url).status_code == 200
    assert teammate_client.get(url).status_code == 404
    assert teammate_client.post(url, {"test": "1"}).status_code == 404
    assert stranger.post(url, {"test": "1"}).status_code == 302


def test_everything_that_was_not_measured_is_named_with_its_reason_and_what_stands_in_its_place(
    owner: User, owner_client: Client
) -> None:
    response = owner_client.get(page("detail", ended(owner)))
    rows = {row.title: row for row in response.context["missing"]}
    assert list(rows) == ["Data written", "Snapshot", "Memory by key family"]
    assert (rows["Data written"].needs, rows["Data written"].tag) == ("PSYNC", "predicted")
    assert rows["Data written"].instead.startswith("7,090 bytes, ")
    assert (rows["Snapshot"].needs, rows["Snapshot"].reason, rows["Snapshot"].instead) == ("BGSAVE", "No BGSAVE.", "")
    assert (rows["Memory by key family"].needs, rows["Memory by key family"].tag) == ("MEMORY USAGE", "assumed")
    text = " ".join(response.content.decode().split())
    assert "Valkey 7.2.6</strong>, allocator jemalloc-5.3.0, cluster of 2 shards with 2 replicas in all" in text


def test_the_export_holds_the_measurement_and_what_stands_for_the_rest(owner: User, owner_client: Client) -> None:
    data = json.loads(owner_client.get(page("json", ended(owner))).content)
    assert (data["kind"], data["data_written"]) == ("external measurement", None)
    assert data["not_measured_instead"]["data_written"]["bytes"] == 7090
    assert owner_client.get(page("json", queued(owner))).status_code == 404


def test_a_run_on_the_way_polls_can_be_stopped_and_shows_no_password(owner: User, owner_client: Client) -> None:
    run = queued(owner)
    set_job(run, state=Job.State.RUNNING, phase="replay", done=5, total=10, unit="operations", gauges={"late": 1.0})
    response = owner_client.get(page("detail", run))
    text = response.content.decode()
    assert "hx-get" in text and "Stop the run" in text and "(password hidden)" in text
    assert [step.state for step in response.context["steps"]] == ["done"] * 4 + ["now"] + ["todo"] * 3
    assert SECRET not in text and run.sealed not in text
    set_job(run, state=Job.State.CANCELLED, error="Cancelled on request. All keys of ours were removed (5).")
    assert owner_client.get(page("status", run)).headers["HX-Redirect"] == page("detail", run)
    text = owner_client.get(page("detail", run)).content.decode()
    assert "All keys of ours were removed (5)." in text and "Password, once more" in text


@pytest.mark.parametrize("field", ["stopped", "left_behind"])
def test_an_early_end_and_keys_left_behind_stand_first(owner: User, owner_client: Client, field: str) -> None:
    text = owner_client.get(page("detail", ended(owner, **{field: "the <servers> were lost"}))).content.decode()
    assert text.index("the &lt;servers&gt; were lost") < text.index("Response p50")


def test_without_a_run_here_the_page_says_what_prices_need_and_offers_it(owner: User, owner_client: Client) -> None:
    run = ended(owner)
    estimate = estimates.create(owner=owner)
    estimates.choose_trace(estimate=estimate, trace=run.trace)
    estimates.set_external(estimate=estimate, run=run)
    text = owner_client.get(page("detail", run)).content.decode()
    assert "For an answer with prices a run on this machine is needed too." in text
    assert reverse("wizard:measure", args=[estimate.pk]) in text
    summary = owner_client.get(reverse("wizard:answer", args=[estimate.pk])).content.decode()
    assert "Latency of rediss://shop@192.0.2.7:6379 (measured there)" in summary


def test_a_run_that_works_is_asked_to_stop_before_it_can_be_deleted(owner: User, owner_client: Client) -> None:
    run = queued(owner)
    owner_client.post(page("delete", run))
    assert ExternalRun.objects.filter(pk=run.pk).exists()
    owner_client.post(page("delete", run))
    assert not ExternalRun.objects.exists() and not Job.objects.filter(pk=run.job_id).exists()


def test_an_estimate_outlives_the_run_it_took_latencies_from(owner: User) -> None:
    run = ended(owner)
    estimate = estimates.create(owner=owner)
    estimates.set_external(estimate=estimate, run=run)
    services.delete(run=run)
    estimate.refresh_from_db()
    assert estimate.external is None


def test_what_a_run_here_measured_stands_before_what_was_predicted(owner: User, owner_client: Client) -> None:
    run = ended(owner)
    measured(run.trace)
    rows = {row.title: row for row in owner_client.get(page("detail", run)).context["missing"]}
    assert rows["Data written"].instead.startswith("13,000,000 bytes, busiest second ")
    assert {row.tag for row in rows.values()} == {"derived"}
    assert rows["Snapshot"].source == "the run of this recording on this machine, redis 7.2.4"


def test_a_run_that_was_stopped_ticks_only_what_is_known_to_be_done(owner: User, owner_client: Client) -> None:
    run = queued(owner)
    set_job(run, state=Job.State.RUNNING, phase="clean up", cancel_requested=True)
    steps = owner_client.get(page("status", run)).context["steps"]
    assert [(step.title, step.state) for step in steps][-2:] == [
        ("Looking at what stands there", "done"),
        ("Removing our own keys", "now"),
    ]


def test_a_recording_that_is_replayed_elsewhere_is_kept_and_later_goes_with_its_runs(
    owner: User, owner_client: Client
) -> None:
    run = queued(owner)
    url = reverse("traces:delete", args=[run.trace_id])
    owner_client.post(url)
    assert ExternalRun.objects.exists()
    services.cancel(run=run)
    run.folder.mkdir(parents=True)
    owner_client.post(url)
    assert not ExternalRun.objects.exists() and not Job.objects.exists() and not run.folder.exists()


def test_home_lists_the_runs_of_this_person_with_where_they_went(
    owner: User, owner_client: Client, teammate_client: Client
) -> None:
    done = ended(owner)
    page = owner_client.get(reverse("estimates:home"))
    text = page.content.decode()
    assert reverse("external:detail", args=[done.pk]) in text and done.url in text
    assert SECRET not in text and not page.context["live"]
    waiting = queued(owner)
    page = owner_client.get(reverse("estimates:home"))
    assert page.context["external"] == [waiting, done] and page.context["live"]
    assert "On clusters of your own" not in teammate_client.get(reverse("estimates:home")).content.decode()
