"""The pages of recordings, for their owner, a team-mate and a stranger."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from planner.jobs.models import Job
from planner.runs.models import Run
from planner.traces.models import Trace
from tests.planner.traces.making import figures, imported, measured, uploaded

READ = ("detail", "status", "delete")
WRITE = ("cancel", "resume", "delete")


def page(name: str, trace: Trace) -> str:
    return reverse(f"traces:{name}", args=[trace.pk])


@pytest.mark.parametrize("name", READ)
def test_the_owner_sees_it_a_teammate_gets_404_and_a_stranger_is_asked_to_sign_in(
    owner: User, owner_client: Client, teammate_client: Client, stranger: Client, name: str
) -> None:
    url = page(name, imported(owner))
    assert owner_client.get(url).status_code == 200
    assert teammate_client.get(url).status_code == 404
    assert reverse("accounts:sign-in") in stranger.get(url).headers["Location"]


@pytest.mark.parametrize("name", WRITE)
def test_a_teammate_and_a_stranger_can_change_nothing(
    owner: User, teammate_client: Client, stranger: Client, name: str
) -> None:
    trace = uploaded(owner)
    assert teammate_client.post(page(name, trace)).status_code == 404
    assert stranger.post(page(name, trace)).status_code == 302
    assert Job.objects.get(pk=trace.job_id).state == Job.State.QUEUED


def test_the_list_has_ones_own_recordings_only(owner: User, owner_client: Client, teammate_client: Client) -> None:
    imported(owner)
    assert list(owner_client.get(reverse("traces:list")).context["traces"].values_list("name", flat=True)) == [
        "shop.txt"
    ]
    assert not teammate_client.get(reverse("traces:list")).context["traces"]


def test_the_profile_shows_commands_families_and_times_to_live(owner: User, owner_client: Client) -> None:
    profile = owner_client.get(page("detail", imported(owner))).context["profile"]
    assert [(item.name, item.count) for item in profile.commands] == [("GET", 150), ("SET", 50)]
    assert profile.commands[0].of_largest == 1
    assert profile.commands[1].of_all == 0.25
    assert [family["keys"] for family in profile.families] == [25]
    assert ("Median", "10 min") in profile.ttl


def test_a_recording_that_could_not_be_read_says_why_on_its_page(owner: User, owner_client: Client) -> None:
    trace = imported(owner, b"<html>not this</html>\n")
    response = owner_client.get(page("detail", trace))
    assert trace.job.error
    assert b"This recording could not be read" in response.content
    assert b"&lt;html&gt;" in response.content and b"<html>not" not in response.content


def test_polling_goes_on_while_it_is_read_and_then_loads_the_page_anew(owner: User, owner_client: Client) -> None:
    waiting, ready = uploaded(owner), imported(owner)
    assert b"hx-get" in owner_client.get(page("status", waiting)).content
    assert owner_client.get(page("status", ready)).headers["HX-Refresh"] == "true"


def test_deleting_asks_first_and_then_takes_runs_and_files_with_it(owner: User, owner_client: Client) -> None:
    trace = imported(owner)
    run = measured(trace)
    assert owner_client.get(page("delete", trace)).status_code == 200
    assert trace.path.exists() and run.folder.exists()
    owner_client.post(page("delete", trace))
    assert not trace.path.exists() and not run.folder.exists()
    assert not Trace.objects.exists() and not Run.objects.exists() and not Job.objects.exists()


def test_a_recording_that_is_being_read_is_not_deleted(owner: User, owner_client: Client) -> None:
    trace = uploaded(owner)
    owner_client.post(page("delete", trace))
    assert Trace.objects.filter(pk=trace.pk).exists() and trace.upload_paths[0].exists()


def test_from_the_page_of_figures_a_matching_workload_is_generated(owner: User, owner_client: Client) -> None:
    summary = figures(owner)
    response = owner_client.post(page("matching", summary), {"duration_s": "5", "seed": "1"})
    made = Trace.objects.exclude(pk=summary.pk).get()
    assert response.headers["Location"] == page("detail", made)
    assert (made.origin, made.owner, made.job.state) == (Trace.Origin.GENERATED, owner, Job.State.QUEUED)
    assert made.recipe is not None and made.recipe["shape"] == summary.shape


def test_a_matching_workload_of_no_length_is_refused_on_the_page_itself(owner: User, owner_client: Client) -> None:
    response = owner_client.post(page("matching", figures(owner)), {"duration_s": "", "seed": "1"})
    assert response.status_code == 422
    assert list(response.context["matching"].errors) == ["duration_s"]


def test_only_the_owner_of_figures_can_have_them_matched(
    owner: User, owner_client: Client, teammate_client: Client, stranger: Client
) -> None:
    typed = {"duration_s": "5", "seed": "1"}
    summary, recorded = figures(owner), imported(owner)
    assert teammate_client.post(page("matching", summary), typed).status_code == 404
    assert stranger.post(page("matching", summary), typed).status_code == 302
    assert owner_client.post(page("matching", recorded), typed).status_code == 404
    assert Trace.objects.count() == 2
