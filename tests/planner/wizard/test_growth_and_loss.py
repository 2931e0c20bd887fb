"""Growth of data and traffic apart, its spread, what may be lost, reads from replicas and SSD: typed, kept, left alone."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from planner.estimates import services as estimates
from planner.estimates.forms_answers import WhatIfForm
from planner.estimates.models import Estimate
from planner.sizing.answers import parse_answers
from tests.planner.wizard.test_steps import COMPARE, SCALE, page


@pytest.fixture
def draft(owner: User) -> Estimate:
    return estimates.create(owner=owner)


def test_growth_of_data_and_traffic_and_its_spread_are_kept_and_shown_again(
    draft: Estimate, owner_client: Client
) -> None:
    typed = {"growth_data_per_month": "3", "growth_traffic_per_month": "-1.5", "growth_spread_per_month": "4"}
    assert owner_client.post(page("scale", draft), SCALE | typed).status_code == 302
    draft.refresh_from_db()
    assert [draft.answers[name] for name in typed] == [0.03, -0.015, 0.04]
    form = owner_client.get(page("scale", draft)).context["form"]
    assert [str(form[name].value()) for name in typed] == ["3", "-1.5", "4"]


def test_growth_left_empty_is_as_growth_per_month_and_two_points_wide(draft: Estimate, owner_client: Client) -> None:
    empty = {"growth_data_per_month": "", "growth_traffic_per_month": "", "growth_spread_per_month": ""}
    assert owner_client.post(page("scale", draft), SCALE | empty).status_code == 302
    draft.refresh_from_db()
    assert [draft.answers[name] for name in empty] == [None, None, 0.02]


def test_what_may_be_lost_and_what_replicas_and_ssd_may_do_is_kept(draft: Estimate, owner_client: Client) -> None:
    typed = {"survive": "zone", "stale_reads": "on", "data_tiering": "on"}
    assert owner_client.post(page("compare", draft), COMPARE | typed).status_code == 302
    draft.refresh_from_db()
    answers = parse_answers(draft.answers)
    assert (answers.survive, answers.stale_reads, answers.data_tiering) == ("zone", True, True)
    text = owner_client.get(page("compare", draft)).content.decode()
    assert '<option value="zone" selected>' in text
    assert text.count(" checked") == 2 + len(COMPARE["designs"]) + 1  # the ticks, the designs, how DynamoDB reads
    owner_client.post(page("compare", draft), COMPARE | {"survive": "none"})
    draft.refresh_from_db()
    assert (draft.answers["survive"], draft.answers["stale_reads"]) == ("none", False)


def test_what_a_form_does_not_show_or_was_not_sent_stays(draft: Estimate, owner_client: Client) -> None:
    hidden = {
        "vectors": {"count": 1000, "dimensions": 8, "m": 16},
        "season_peak": [1.0] * 12,
        "season_mean": [1.0] * 12,
    }
    estimates.save_answers(estimate=draft, answers={**hidden, "survive": "node", "growth_data_per_month": 0.1})
    owner_client.post(page("scale", draft), SCALE)
    owner_client.post(page("compare", draft), COMPARE)
    draft.refresh_from_db()
    assert {name: draft.answers[name] for name in hidden} == hidden
    assert (draft.answers["survive"], draft.answers["growth_data_per_month"]) == ("node", 0.1)


@pytest.mark.parametrize(
    ("step", "wrong"),
    [
        ("scale", {"growth_data_per_month": "-51"}),
        ("scale", {"growth_spread_per_month": "51"}),
        ("compare", {"survive": "all"}),
    ],
)
def test_a_wrong_one_is_named_beside_its_field(
    draft: Estimate, owner_client: Client, step: str, wrong: dict[str, str]
) -> None:
    response = owner_client.post(page(step, draft), (SCALE if step == "scale" else COMPARE) | wrong)
    assert response.status_code == 422
    assert list(response.context["form"].errors) == list(wrong)


def test_the_answer_page_has_them_all() -> None:
    assert {
        "survive", "stale_reads", "data_tiering",
        "growth_data_per_month", "growth_traffic_per_month", "growth_spread_per_month",
    } <= set(WhatIfForm.names)  # fmt: skip
    assert set(WhatIfForm.names) == set(WhatIfForm().fields)
