"""The answer page compares many designs, sorts them by a link, and computes the answer again from the same measurement."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from planner.estimates import services
from planner.estimates.comparison import comparison
from planner.estimates.models import Estimate
from planner.estimates.presentation import answer
from planner.pricing import designs
from planner.reports import document as documents
from planner.sizing.model.answers import DEFAULT_DESIGNS
from tests.planner.reports.factories import make_document
from tests.planner.traces.making import answered

TYPED = {
    "region": "eu-west-1",
    "designs": ["memorydb-valkey", "dynamodb-provisioned", "ec2-redis+rds-postgresql"],
    "replicas": "2",
    "target_utilisation": "60",
    "memory_headroom": "30",
    "cache_share": "50",
    "snapshot_retention_days": "7",
    "read_consistency": "strong",
    "term": "1yr-no-upfront",
    "peak_to_average": "3",
    "growth_per_month": "2",
    "horizon_months": "24",
}


@pytest.fixture
def estimate(owner: User) -> Estimate:
    return answered(owner)


def page(estimate: Estimate, name: str = "detail") -> str:
    return reverse(f"estimates:{name}", args=[estimate.pk])


def test_every_design_is_a_row_with_bill_promise_and_limits(estimate: Estimate, owner_client: Client) -> None:
    response = owner_client.get(page(estimate))
    text = response.content.decode()
    shown = response.context["comparison"].designs
    assert {view.design.id for view in shown} == set(DEFAULT_DESIGNS)
    assert shown[0].recommended
    assert text.count('class="row-recommended"') == 2
    for words in ("Acknowledged when", "May lose", "Failover", "Consistency", "Room left", "Limits it would break"):
        assert words in text


def test_what_more_room_costs_stands_beside_the_fit_of_each_design_with_nodes(
    estimate: Estimate, owner_client: Client
) -> None:
    response = owner_client.get(page(estimate))
    text = response.content.decode()
    with_nodes = [view for view in response.context["answer"].designs if view.frontier]
    assert len(with_nodes) == text.count("<caption>What more room costs.") > 1
    chosen = [row.chosen for view in with_nodes for row in view.frontier]
    assert text.count('class="row-chosen"') == sum(chosen) > 0


def test_a_link_sorts_the_designs_and_turns_round(estimate: Estimate, owner_client: Client) -> None:
    response = owner_client.get(page(estimate), {"sort": "likely"})
    bills = [view.design.monthly_usd.likely for view in response.context["comparison"].designs]
    assert bills == sorted(bills)
    text = response.content.decode()
    assert 'aria-sort="ascending"' in text and "?sort=-likely" in text
    turned = owner_client.get(page(estimate), {"sort": "-likely"}).context["comparison"]
    assert [view.design.monthly_usd.likely for view in turned.designs] == bills[::-1]
    assert turned.sorted_by == "likely, falling"


def test_an_unknown_order_is_the_usual_one() -> None:
    views = answer(make_document()).designs
    assert comparison(views, 12, "colour").designs == views
    assert comparison(views, 12, "").sorted_by == ""


@pytest.mark.parametrize("column", [column.name for column in comparison((), 12, "").columns])
def test_every_column_can_be_sorted_by(column: str) -> None:
    views = answer(make_document()).designs
    found = comparison(views, 12, column)
    assert {view.design.id for view in found.designs} == {view.design.id for view in views}
    assert [each.name for each in found.columns if each.state] == [column]


def test_every_question_is_on_the_page_with_its_answer(estimate: Estimate, owner_client: Client) -> None:
    text = owner_client.get(page(estimate)).content.decode()
    found = documents.from_json(estimate.document or {}).result.questions
    assert len(found) == 15
    for question in found:
        assert f'id="question-{question.id}"' in text
    assert estimate.document is not None and len(estimate.document["questions"]) == 15


def test_another_what_if_computes_the_answer_again_from_the_same_run(estimate: Estimate, owner_client: Client) -> None:
    run = estimate.run_id
    response = owner_client.post(page(estimate, "what-if"), TYPED)
    assert response.headers["Location"] == page(estimate)
    estimate.refresh_from_db()
    assert estimate.run_id == run and estimate.document is not None
    answers = estimate.document["answers"]
    assert (answers["region"], answers["term"], answers["horizon_months"]) == ("eu-west-1", "1yr-no-upfront", 24)
    assert [design["id"] for design in estimate.document["designs"]] == TYPED["designs"]
    form = owner_client.get(page(estimate)).context["form"]
    assert form["peak_to_average"].value() == 3.0


def test_every_design_at_once_is_shown_and_one_that_does_not_fit_says_so(
    estimate: Estimate, owner_client: Client
) -> None:
    services.save_answers(
        estimate=estimate, answers={"designs": list(designs.BY_ID), "traffic_share": 0.0001, "region": "af-south-1"}
    )
    assert services.compute(estimate=estimate, now=timezone.now()), estimate.error
    response = owner_client.get(page(estimate))
    text = response.content.decode()
    assert len(response.context["comparison"].designs) == 20
    assert any(view.design.monthly_usd is None for view in response.context["comparison"].designs)
    assert "no plan fits" in text and "No plan fits" in text


def test_a_wrong_what_if_is_named_and_the_answer_stands(estimate: Estimate, owner_client: Client) -> None:
    before = estimate.document
    wrong = {**TYPED, "peak_to_average": "0.5"}
    response = owner_client.post(page(estimate, "what-if"), wrong)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["peak_to_average"]
    in_place = owner_client.post(page(estimate, "what-if"), wrong, headers={"hx-request": "true"})
    assert (in_place.status_code, in_place.headers["HX-Retarget"]) == (200, "#what-if")
    estimate.refresh_from_db()
    assert estimate.document == before


def test_only_the_owner_may_ask_what_if_and_only_by_post(
    estimate: Estimate, owner_client: Client, teammate_client: Client, stranger: Client
) -> None:
    assert owner_client.get(page(estimate, "what-if")).status_code == 405
    assert teammate_client.post(page(estimate, "what-if"), TYPED).status_code == 404
    assert reverse("accounts:sign-in") in stranger.post(page(estimate, "what-if"), TYPED).headers["Location"]


def test_without_its_run_an_answer_stays_and_offers_no_what_if(estimate: Estimate, owner_client: Client) -> None:
    estimate.run = None
    estimate.save()
    assert owner_client.get(page(estimate)).context["form"] is None
    assert owner_client.post(page(estimate, "what-if"), TYPED).status_code == 404


def test_a_reader_sees_the_settings_among_the_assumptions(estimate: Estimate, owner_client: Client) -> None:
    owner_client.post(page(estimate, "what-if"), {**TYPED, "clients_internet": "25", "free_tb": "binary"})
    estimate.refresh_from_db()
    assert estimate.document is not None
    assumed = {each["name"]: each["value"] for each in estimate.document["assumptions"]}
    assert assumed["Reservation"].startswith("1 year, no upfront")
    assert assumed["Answers to the internet"].startswith("25 %")
    assert assumed["Valkey's free 10 TB"].startswith("10,240 GB")
    assert "Database CPU by primary key" in assumed and "Memory for data on EC2" in assumed
    assert Decimal(estimate.document["answers"]["operations_hours"]) == 8
