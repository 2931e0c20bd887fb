"""A year of metrics in the step Scale: read into twelve factors, kept with its name, removed by a tick, or refused."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from planner.estimates import services as estimates
from planner.estimates.models import Estimate
from planner.sizing.answers import parse_answers
from planner.sizing.seasonality import season_of
from planner.wizard.forms_season import MOST_BYTES
from tests.planner.sizing.test_seasonality import as_csv, year
from tests.planner.wizard.test_steps import COMPARE, SCALE, page

BUSY_DECEMBER = as_csv(year(m12=200.0))
FLAT = {**SCALE, "growth_per_month": "0"}


@pytest.fixture
def draft(owner: User) -> Estimate:
    return estimates.create(owner=owner)


def upload(text: str | bytes, name: str = "year.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, text.encode() if isinstance(text, str) else text)


def test_a_year_becomes_twelve_factors_and_the_page_names_its_file(draft: Estimate, owner_client: Client) -> None:
    sent = {**FLAT, "season_file": upload(BUSY_DECEMBER)}
    assert owner_client.post(page("scale", draft), sent).status_code == 302
    draft.refresh_from_db()
    answers = parse_answers(draft.answers)
    # the mean of the year is (11 x 100 + 200) / 12
    assert answers.season_mean[11] == pytest.approx(24 / 13) and answers.season_mean[0] == pytest.approx(12 / 13)
    assert answers.season_source == "year.csv"
    assert "season from year.csv" in owner_client.get(page("scale", draft)).content.decode()


def test_growth_stated_for_traffic_is_taken_out_of_the_year(draft: Estimate, owner_client: Client) -> None:
    sent = {**FLAT, "growth_traffic_per_month": "10", "season_file": upload(BUSY_DECEMBER)}
    owner_client.post(page("scale", draft), sent)
    draft.refresh_from_db()
    expected = season_of(BUSY_DECEMBER, "year.csv", growth_per_month=0.1)
    assert draft.answers["season_mean"] == pytest.approx(list(expected.mean))


def test_a_season_stays_until_it_is_removed(draft: Estimate, owner_client: Client) -> None:
    owner_client.post(page("scale", draft), {**FLAT, "season_file": upload(BUSY_DECEMBER)})
    owner_client.post(page("scale", draft), FLAT)
    owner_client.post(page("compare", draft), COMPARE)
    draft.refresh_from_db()
    assert len(draft.answers["season_peak"]) == 12
    owner_client.post(page("scale", draft), {**FLAT, "season_remove": "on"})
    draft.refresh_from_db()
    assert (draft.answers["season_peak"], draft.answers["season_source"]) == ([], "")
    assert "Remove it" not in owner_client.get(page("scale", draft)).content.decode()


def test_the_column_that_is_traffic_can_be_named(draft: Estimate, owner_client: Client) -> None:
    two = "date,requests,errors\n" + "".join(f"{when:%Y-%m-%d},{value},1\n" for when, value in year(m12=200.0))
    refused = owner_client.post(page("scale", draft), {**FLAT, "season_file": upload(two)})
    assert "2 columns that may be traffic" in refused.content.decode()
    sent = {**FLAT, "season_file": upload(two), "season_metric": "requests"}
    assert owner_client.post(page("scale", draft), sent).status_code == 302


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "The file is empty."),
        (b"\xff\xfe\x00", "year.csv: is not text."),
        (b"x" * (MOST_BYTES + 1), "year.csv: has more than 1 MB."),
        (as_csv(year()[:200]).encode(), "all twelve months"),
        (b"date,requests\n2026-01-01,many\n", "year.csv, line 2"),
        (b"date,requests\n1971-01-01,1\n1971-01-02,1\n1971-01-03,1\n2099-01-01,1\n", "more than 10 years"),
        (b"{", "year.csv"),
    ],
)
def test_a_bad_file_is_told_at_its_field_and_nothing_is_kept(
    draft: Estimate, owner_client: Client, content: bytes, says: str
) -> None:
    response = owner_client.post(page("scale", draft), {**SCALE, "season_file": upload(content)})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == ["season_file"]
    assert says in str(response.context["form"].errors["season_file"][0])
    draft.refresh_from_db()
    assert draft.answers == {}
