"""The step Workload without a recording: ready workloads, typed figures, and the workload that matches them."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from engine.traces.synthesis import ready_workloads
from planner.estimates import services as estimates
from planner.estimates.models import Estimate
from planner.jobs.models import Job
from planner.traces.models import Trace
from planner.wizard.forms_workload import ReadyForm
from tests.planner.traces.making import brought_in, figures, imported

FIGURES = {"name": "Our shop", "reads_per_s": "40", "writes_per_s": "10", "keys": "200", "value_bytes": "64"}


def page(name: str, estimate: Estimate) -> str:
    return reverse(f"wizard:{name}", args=[estimate.pk])


def settings_of(workload: str, **changed: str) -> dict[str, str]:
    """What the form of a ready workload sends when nothing but `changed` is touched."""
    form = ReadyForm(ready=next(each for each in ready_workloads() if each.id == workload))
    return {"workload": workload, **{field.name: str(field.value()) for field in form}, **changed}


@pytest.fixture
def draft(owner: User) -> Estimate:
    return estimates.create(owner=owner)


def test_every_ready_workload_has_a_card_with_its_sliders_as_number_fields(
    draft: Estimate, owner_client: Client
) -> None:
    response = owner_client.get(page("ready", draft))
    forms = response.context["forms"]
    assert [form.ready for form in forms] == list(ready_workloads())
    for form in forms:
        for field, slider in form.sliders():
            assert float(field.value()) == slider.default
            assert f'id="{field.id_for_label}"' in response.content.decode()


@pytest.mark.parametrize("workload", [each.id for each in ready_workloads()])
def test_a_ready_workload_as_it_stands_is_accepted(draft: Estimate, owner_client: Client, workload: str) -> None:
    where = owner_client.post(page("ready", draft), settings_of(workload)).headers["Location"]
    trace = Trace.objects.get()
    assert where == page("workload", draft)
    assert trace.origin == Trace.Origin.GENERATED
    assert trace.recipe is not None and (trace.recipe["workload"], trace.recipe["seed"]) == (workload, 1)


def test_a_ready_workload_is_generated_as_set_and_becomes_the_drafts_workload(
    draft: Estimate, owner_client: Client
) -> None:
    ready = ready_workloads()[0]
    small = {
        slider.name: f"{slider.low:g}" for slider in ready.sliders if slider.name in ("keys", "duration_s", "rate")
    }
    owner_client.post(page("ready", draft), settings_of(ready.id, seed="7", **small))
    trace = brought_in(Trace.objects.get())
    draft.refresh_from_db()
    assert trace.job.state == Job.State.DONE, trace.job.error
    assert draft.trace == trace and trace.name == draft.name == ready.title
    assert trace.is_ready and trace.path.exists()
    assert owner_client.get(page("workload", draft)).context["profile"].raw["operations"] > 0


def test_the_same_seed_makes_the_same_workload_and_another_seed_another(draft: Estimate, owner_client: Client) -> None:
    ready = ready_workloads()[0]
    small = {
        slider.name: f"{slider.low:g}" for slider in ready.sliders if slider.name in ("keys", "duration_s", "rate")
    }
    found = []
    for seed in ("1", "1", "2"):
        owner_client.post(page("ready", draft), settings_of(ready.id, seed=seed, **small))
        found.append((brought_in(Trace.objects.latest("created_at")).header or {})["source_sha256"])
    assert found[0] == found[1] != found[2]


def test_a_slider_out_of_its_range_is_named_and_nothing_is_generated(draft: Estimate, owner_client: Client) -> None:
    ready = ready_workloads()[0]
    slider = ready.sliders[0]
    typed = settings_of(ready.id, **{slider.name: str(int(slider.high * 10) + 1)})
    response = owner_client.post(page("ready", draft), typed)
    assert response.status_code == 422
    assert [list(form.errors) for form in response.context["forms"] if form.errors] == [[slider.name]]
    assert not Trace.objects.exists()


def test_a_workload_nobody_knows_is_not_found(draft: Estimate, owner_client: Client) -> None:
    assert owner_client.post(page("ready", draft), {"workload": "nonsense", "seed": "1"}).status_code == 404


def test_typed_figures_become_a_profile_with_each_figure_tagged(draft: Estimate, owner_client: Client) -> None:
    assert owner_client.post(page("numbers", draft), FIGURES).headers["Location"] == page("workload", draft)
    trace = brought_in(Trace.objects.get())
    assert trace.job.state == Job.State.DONE, trace.job.error
    assert trace.is_summary and not trace.is_ready and not trace.path.exists()
    summary = owner_client.get(page("workload", draft)).context["summary"]
    rows = {row.name: row for group in summary.groups for row in group.rows}
    assert (rows["Reads, mean"].value, rows["Reads, mean"].tag) == ("40 ops/s", "typed")
    assert (rows["Keys"].value, rows["Keys"].tag) == ("200", "typed")


def test_typed_shares_are_per_cent_and_times_seconds(draft: Estimate, owner_client: Client) -> None:
    owner_client.post(page("numbers", draft), FIGURES | {"ttl_share": "25", "hit_rate": "90", "ttl_mean_s": "600"})
    shape = Trace.objects.get().shape or {}
    assert (shape["ttl_share"], shape["hit_rate"], shape["ttl_mean_ms"]) == (0.25, 0.9, 600_000)


@pytest.mark.parametrize("wrong", [{"reads_per_s": "-1"}, {"ttl_share": "101"}, {"keys": "0"}, {"skew": "nan"}])
def test_a_figure_that_cannot_be_is_named_beside_its_field(
    draft: Estimate, owner_client: Client, wrong: dict[str, str]
) -> None:
    response = owner_client.post(page("numbers", draft), FIGURES | wrong)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(wrong)
    assert not Trace.objects.exists()


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"reads_peak_per_s": "20"}, "The peak is below the mean (40)."),
        ({"bytes_used": "much"}, "such as"),
    ],
)
def test_figures_that_contradict_each_other_or_have_no_number_are_explained_beside_the_field(
    draft: Estimate, owner_client: Client, wrong: dict[str, str], why: str
) -> None:
    response = owner_client.post(page("numbers", draft), FIGURES | wrong)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(wrong)
    assert why in response.content.decode()


def test_figures_without_any_rate_are_refused_with_a_sentence(draft: Estimate, owner_client: Client) -> None:
    response = owner_client.post(page("numbers", draft), {"name": "Nothing", "keys": "100"})
    assert response.status_code == 422
    assert response.context["form"].errors and not Trace.objects.exists()


def test_a_workload_that_matches_figures_is_generated_and_can_be_measured(
    owner: User, draft: Estimate, owner_client: Client
) -> None:
    summary = figures(owner)
    estimates.choose_trace(estimate=draft, trace=summary)
    where = owner_client.post(page("matching", draft), {"duration_s": "5", "seed": "3"}).headers["Location"]
    draft.refresh_from_db()
    assert draft.trace is not None and where == page("workload", draft)
    trace = brought_in(draft.trace)
    assert trace.job.state == Job.State.DONE, trace.job.error
    assert trace.is_ready and not trace.is_summary
    found = trace.profile or {}
    assert found["mean_ops_per_s"] == pytest.approx(50, rel=0.2)
    assert owner_client.get(page("measure", draft)).context["plan"].operations == found["operations"]


def test_a_duration_that_cannot_be_is_named_and_nothing_is_generated(
    owner: User, draft: Estimate, owner_client: Client
) -> None:
    estimates.choose_trace(estimate=draft, trace=figures(owner))
    response = owner_client.post(page("matching", draft), {"duration_s": "0", "seed": "1"})
    assert response.status_code == 422
    assert list(response.context["matching"].errors) == ["duration_s"]
    assert Trace.objects.count() == 1


def test_only_figures_have_a_matching_workload(owner: User, draft: Estimate, owner_client: Client) -> None:
    assert owner_client.post(page("matching", draft), {"duration_s": "5", "seed": "1"}).status_code == 404
    estimates.choose_trace(estimate=draft, trace=imported(owner))
    assert owner_client.post(page("matching", draft), {"duration_s": "5", "seed": "1"}).status_code == 404


@pytest.mark.parametrize("name", ["ready", "numbers"])
def test_the_ways_in_belong_to_the_drafts_owner(
    draft: Estimate, owner_client: Client, teammate_client: Client, stranger: Client, name: str
) -> None:
    assert owner_client.get(page(name, draft)).status_code == 200
    assert teammate_client.get(page(name, draft)).status_code == 404
    assert teammate_client.post(page(name, draft), FIGURES).status_code == 404
    assert reverse("accounts:sign-in") in stranger.get(page(name, draft)).headers["Location"]
