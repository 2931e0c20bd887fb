"""The five steps keep what was typed, refuse what cannot be, and belong to one person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from planner.estimates import services as estimates
from planner.estimates.models import Estimate
from planner.jobs.models import Job
from planner.pricing import designs
from planner.runs.models import Run
from planner.sizing.model.answers import DEFAULT_DESIGNS
from tests.planner.traces.making import answered, figures, imported, measured

DATA = Path(__file__).parents[2] / "data"
STEPS = ("workload", "measure", "scale", "compare", "answer")
SCALE = {
    "recording_is": "average",
    "peak_to_average": "3",
    "traffic_share": "25",
    "growth_per_month": "5",
    "horizon_months": "24",
}
COMPARE = {
    "region": "us-east-1",
    "designs": ["memorydb-valkey", "memorydb-redis"],
    "replicas": "2",
    "target_utilisation": "60",
    "memory_headroom": "30",
    "cache_share": "50",
    "snapshot_retention_days": "7",
    "read_consistency": "strong",
}
MEASURE = {"engine": "", "shards": "2", "replicas": "0", "mode": "cache", "speed": "10"}


def page(name: str, estimate: Estimate) -> str:
    return reverse(f"wizard:{name}", args=[estimate.pk])


@pytest.fixture
def draft(owner: User) -> Estimate:
    return estimates.create(owner=owner)


@pytest.mark.parametrize("name", STEPS)
def test_the_owner_sees_each_step_a_teammate_gets_404_and_a_stranger_is_asked_to_sign_in(
    draft: Estimate, owner_client: Client, teammate_client: Client, stranger: Client, name: str
) -> None:
    assert owner_client.get(page(name, draft)).status_code == 200
    assert teammate_client.get(page(name, draft)).status_code == 404
    assert teammate_client.post(page(name, draft), SCALE).status_code == 404
    assert reverse("accounts:sign-in") in stranger.get(page(name, draft)).headers["Location"]


@pytest.mark.parametrize("name", STEPS)
def test_the_open_step_is_marked_and_each_step_can_be_reached_from_each(
    draft: Estimate, owner_client: Client, name: str
) -> None:
    response = owner_client.get(page(name, draft))
    assert [step.name for step in response.context["steps"] if step.current] == [name]
    text = response.content.decode()
    assert text.count('aria-current="step"') == 1
    assert all(page(other, draft) in text for other in STEPS)


def test_starting_makes_a_draft_and_only_on_post(owner_client: Client) -> None:
    assert owner_client.get(reverse("wizard:start")).status_code == 405
    where = owner_client.post(reverse("wizard:start")).headers["Location"]
    assert where == page("workload", Estimate.objects.get())


def test_only_ones_own_recordings_can_be_chosen(owner: User, teammate: User, owner_client: Client) -> None:
    mine, theirs = imported(owner), imported(teammate)
    draft = estimates.create(owner=owner)
    assert list(owner_client.get(page("workload", draft)).context["earlier"]) == [mine]
    assert owner_client.post(page("workload", draft), {"trace": str(theirs.pk)}).status_code == 404
    assert owner_client.post(page("workload", draft), {"trace": "nonsense"}).status_code == 404
    owner_client.post(page("workload", draft), {"trace": str(mine.pk)})
    draft.refresh_from_db()
    assert draft.trace == mine


def test_measuring_starts_a_run_as_typed_and_keeps_it(
    owner: User, draft: Estimate, owner_client: Client, embedded_engine: Any
) -> None:
    estimates.choose_trace(estimate=draft, trace=imported(owner))
    response = owner_client.post(page("measure", draft), {**MEASURE, "engine": embedded_engine.ident})
    run = Run.objects.get()
    assert response.headers["Location"] == reverse("runs:detail", args=[run.pk])
    assert (run.shards, run.replicas, run.speed, run.engine) == (2, 0, 10.0, embedded_engine.ident)
    form = owner_client.get(page("measure", draft)).context["form"]
    assert (form["shards"].value(), form["speed"].value()) == (2, 10.0)


def test_a_ramp_asked_for_reaches_the_run_with_its_objectives_and_is_kept(
    owner: User, draft: Estimate, owner_client: Client, embedded_engine: Any
) -> None:
    estimates.choose_trace(estimate=draft, trace=imported(owner))
    asked = {"engine": embedded_engine.ident, "ramp": "on", "objective_read_ms": "1.5", "objective_write_ms": ""}
    owner_client.post(page("measure", draft), MEASURE | asked)
    assert Run.objects.get().ramp == {"read_us": 1500.0, "write_us": 5000.0}
    form = owner_client.get(page("measure", draft)).context["form"]
    assert (form["ramp"].value(), form["objective_read_ms"].value()) == (True, 1.5)


def test_players_and_the_way_between_zones_reach_both_runs_and_belong_to_commits_only(
    owner: User, draft: Estimate, owner_client: Client, embedded_engine: Any
) -> None:
    estimates.choose_trace(estimate=draft, trace=imported(owner))
    asked = MEASURE | {"engine": embedded_engine.ident, "players": "2", "zone_rtt_ms": "1.5"}
    refused = owner_client.post(page("measure", draft), asked)
    assert list(refused.context["form"].errors) == ["zone_rtt_ms"]
    owner_client.post(page("measure", draft), asked | {"mode": "both"})
    assert {(run.mode, run.players, run.zone_rtt_ms) for run in Run.objects.all()} == {
        ("cache", 2, 1.5),
        ("durable", 2, 1.5),
    }
    again = owner_client.get(page("measure", draft))
    assert [again.context["form"][name].value() for name in ("mode", "players", "zone_rtt_ms")] == ["both", 2, 1.5]
    assert "All of it twice" in again.content.decode()


def test_durable_mode_is_measured_on_three_copies(
    owner: User, draft: Estimate, owner_client: Client, embedded_engine: Any
) -> None:
    estimates.choose_trace(estimate=draft, trace=imported(owner))
    durable = MEASURE | {"engine": embedded_engine.ident, "mode": "durable"}
    refused = owner_client.post(page("measure", draft), durable)
    assert refused.context["form"].errors == {
        "replicas": ["Durable mode keeps three copies of each shard: 2 replicas."]
    }
    owner_client.post(page("measure", draft), durable | {"replicas": "2"})
    run = Run.objects.get()
    assert (run.mode, run.replicas, run.ramp) == ("durable", 2, None)


def test_both_modes_are_two_runs_of_which_the_answer_rests_on_the_first(
    owner: User, draft: Estimate, owner_client: Client, embedded_engine: Any
) -> None:
    estimates.choose_trace(estimate=draft, trace=imported(owner))
    owner_client.post(page("measure", draft), MEASURE | {"engine": embedded_engine.ident, "mode": "both", "ramp": "on"})
    durable, cache = Run.objects.order_by("-created_at")
    assert (cache.mode, cache.replicas, durable.mode, durable.replicas) == ("cache", 0, "durable", 2)
    assert cache.ramp == durable.ramp == {"read_us": 2000.0, "write_us": 5000.0}
    assert Estimate.objects.get(pk=draft.pk).run == cache


def test_the_step_measure_says_how_long_the_replay_takes(owner: User, draft: Estimate, owner_client: Client) -> None:
    estimates.choose_trace(estimate=draft, trace=imported(owner))
    plan = owner_client.get(page("measure", draft)).context["plan"]
    assert (plan.operations, plan.nodes) == (200, 6)
    assert plan.replay_s == pytest.approx(plan.recorded_s)
    estimates.save_measure(estimate=draft, measure={"shards": 2, "replicas": 0, "speed": 4.0})
    plan = owner_client.get(page("measure", draft)).context["plan"]
    assert plan.nodes == 2 and plan.replay_s == pytest.approx(plan.recorded_s / 4)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shards": "7"},
        {"shards": "0"},
        {"replicas": "3"},
        {"speed": "0.05"},
        {"mode": "durable", "replicas": "1"},
        {"mode": "eventual"},
        {"objective_read_ms": "0"},
        {"engine": "/bin/sh"},
    ],
)
def test_a_cluster_that_cannot_be_is_refused_and_nothing_starts(
    owner: User, draft: Estimate, owner_client: Client, wrong: dict[str, str]
) -> None:
    estimates.choose_trace(estimate=draft, trace=imported(owner))
    assert owner_client.post(page("measure", draft), MEASURE | wrong).status_code == 422
    assert not Run.objects.exists()


def test_without_a_recording_what_was_typed_is_kept_and_nothing_starts(draft: Estimate, owner_client: Client) -> None:
    where = owner_client.post(page("measure", draft), MEASURE).headers["Location"]
    draft.refresh_from_db()
    assert where == page("workload", draft)
    assert draft.measure["shards"] == 2 and not Run.objects.exists()


def test_figures_cannot_be_measured_and_the_step_says_how_to_go_on(
    owner: User, draft: Estimate, owner_client: Client
) -> None:
    estimates.choose_trace(estimate=draft, trace=figures(owner))
    response = owner_client.get(page("measure", draft))
    assert response.context["plan"] is None
    assert "Generate a workload that matches them" in response.content.decode()
    response = owner_client.post(page("measure", draft), MEASURE, follow=True)
    assert response.redirect_chain[-1][0] == page("workload", draft)
    assert "Figures alone cannot be replayed" in response.content.decode()
    assert not Run.objects.exists()


def test_a_snapshot_has_no_traffic_and_the_step_says_so(owner: User, draft: Estimate, owner_client: Client) -> None:
    snapshot = imported(owner, (DATA / "rdb" / "redis_encodings.rdb").read_bytes(), "dump.rdb")
    estimates.choose_trace(estimate=draft, trace=snapshot)
    response = owner_client.get(page("measure", draft))
    assert response.context["plan"].operations == 0
    assert "This is a snapshot" in response.content.decode()


def test_answers_are_kept_as_shares_and_shown_again_as_per_cent(draft: Estimate, owner_client: Client) -> None:
    assert owner_client.post(page("scale", draft), SCALE).headers["Location"] == page("compare", draft)
    assert owner_client.post(page("compare", draft), COMPARE).headers["Location"] == page("answer", draft)
    draft.refresh_from_db()
    assert (draft.answers["traffic_share"], draft.answers["growth_per_month"]) == (0.25, 0.05)
    assert draft.answers["designs"] == COMPARE["designs"]
    form = owner_client.get(page("scale", draft)).context["form"]
    assert {name: str(form[name].value()) for name in ("traffic_share", "growth_per_month", "horizon_months")} == {
        "traffic_share": "25",
        "growth_per_month": "5",
        "horizon_months": "24",
    }


def test_every_step_works_with_its_defaults(draft: Estimate, owner_client: Client) -> None:
    for name, following in (("scale", "compare"), ("compare", "answer")):
        form = owner_client.get(page(name, draft)).context["form"]
        typed = {field.name: field.value() for field in form if field.value() is not None}
        assert owner_client.post(page(name, draft), typed).headers["Location"] == page(following, draft)


@pytest.mark.parametrize(
    "wrong", [{"traffic_share": "0"}, {"horizon_months": "61"}, {"peak_to_average": "0.5"}, {"recording_is": "night"}]
)
def test_a_wrong_answer_is_named_beside_its_field_and_not_kept(
    draft: Estimate, owner_client: Client, wrong: dict[str, str]
) -> None:
    response = owner_client.post(page("scale", draft), SCALE | wrong)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(wrong)
    draft.refresh_from_db()
    assert draft.answers == {}


def test_every_design_and_every_join_can_be_chosen_and_each_stands_in_one_group(
    draft: Estimate, owner_client: Client
) -> None:
    form = owner_client.get(page("compare", draft)).context["form"]
    offered = [option.id for group in form.groups for option in group.options]
    assert sorted(offered) == sorted(designs.available())
    assert sorted(option.id for group in form.groups for option in group.options if option.chosen) == sorted(
        DEFAULT_DESIGNS
    )
    chosen = ["azure-cache-redis", "ec2-redis+rds-postgresql-multi-az"]
    owner_client.post(page("compare", draft), COMPARE | {"designs": chosen})
    draft.refresh_from_db()
    assert draft.answers["designs"] == chosen


def test_settings_are_kept_exactly_and_an_empty_one_takes_its_default(draft: Estimate, owner_client: Client) -> None:
    typed = {"term": "3yr-partial-upfront", "operations_usd_per_hour": "85.50", "clients_internet": "25", "free_tb": ""}
    assert owner_client.post(page("compare", draft), COMPARE | typed).status_code == 302
    draft.refresh_from_db()
    assert draft.answers["operations_usd_per_hour"] == "85.50"
    assert (draft.answers["clients_internet"], draft.answers["free_tb"]) == (0.25, "decimal")
    text = owner_client.get(page("answer", draft)).content.decode()
    assert "3 years, partial upfront" in text


def test_a_wrong_setting_opens_the_settings_and_is_not_kept(draft: Estimate, owner_client: Client) -> None:
    response = owner_client.post(page("compare", draft), COMPARE | {"hours_per_month": "800"})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["hours_per_month"]
    assert '<details class="settings" open>' in response.content.decode()


def test_no_design_chosen_is_refused(draft: Estimate, owner_client: Client) -> None:
    typed = {name: value for name, value in COMPARE.items() if name != "designs"}
    assert owner_client.post(page("compare", draft), typed).status_code == 422


def test_the_answer_is_computed_at_once_when_there_is_a_measurement(
    owner: User, draft: Estimate, owner_client: Client
) -> None:
    trace = imported(owner)
    estimates.choose_trace(estimate=draft, trace=trace)
    estimates.set_run(estimate=draft, run=measured(trace), measure={})
    where = owner_client.post(page("answer", draft)).headers["Location"]
    assert where == reverse("estimates:detail", args=[draft.pk])
    assert owner_client.get(where).status_code == 200


def test_the_answer_waits_for_a_run_that_goes_on(owner: User, draft: Estimate, owner_client: Client) -> None:
    estimates.choose_trace(estimate=draft, trace=imported(owner))
    owner_client.post(page("measure", draft), MEASURE | {"speed": "1"})
    where = owner_client.post(page("answer", draft)).headers["Location"]
    draft.refresh_from_db()
    assert where == reverse("runs:detail", args=[draft.run_id])
    assert draft.waiting and draft.document is None


def test_the_answer_step_names_what_is_missing(draft: Estimate, owner_client: Client) -> None:
    response = owner_client.post(page("answer", draft))
    assert [row.name for row in response.context["summary"] if not row.ready] == ["Workload", "Measure"]


def test_changed_answers_change_the_same_estimate(owner: User, owner_client: Client) -> None:
    estimate = answered(owner)
    owner_client.post(page("scale", estimate), SCALE)
    owner_client.post(page("answer", estimate))
    again = Estimate.objects.get(pk=estimate.pk)
    assert again.document is not None and again.document["answers"]["horizon_months"] == 24
    assert again.document != estimate.document


def test_the_sample_is_one_press_from_home_to_the_run_page(owner: User, owner_client: Client) -> None:
    where = owner_client.post(reverse("wizard:sample")).headers["Location"]
    run, estimate = Run.objects.get(), Estimate.objects.get()
    assert where == reverse("runs:detail", args=[run.pk])
    assert (estimate.run, estimate.trace, estimate.waiting) == (run, run.trace, True)
    assert run.trace.is_sample and run.trace.job.state == Job.State.QUEUED
    assert run.owner == run.trace.owner == estimate.owner == owner
