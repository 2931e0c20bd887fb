"""Home and the answer page, for the owner, a team-mate and a stranger."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from planner.estimates import services
from planner.estimates.models import Estimate
from tests.planner.traces.making import answered


class Scripts(HTMLParser):
    """Collects script elements and everything that would load from elsewhere."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.inline: list[str] = []
        self.loaded: list[str] = []
        self._in_script = False
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        data = given.get("type") == "application/json"
        self._in_script = tag == "script" and not given.get("src") and not data
        if tag in ("script", "img", "link", "iframe"):
            self.loaded.append(given.get("src") or given.get("href") or "")
        assert not any(name.startswith("on") for name in given), "an inline handler"

    def handle_data(self, data: str) -> None:
        if self._in_script and data.strip():
            self.inline.append(data)

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False


def page(name: str, estimate: Estimate) -> str:
    return reverse(f"estimates:{name}", args=[estimate.pk])


@pytest.mark.parametrize("name", ["detail", "rename", "delete", "pdf", "json"])
def test_the_owner_sees_it_a_teammate_gets_404_and_a_stranger_is_asked_to_sign_in(
    owner: User, owner_client: Client, teammate_client: Client, stranger: Client, name: str
) -> None:
    url = page(name, answered(owner))
    assert owner_client.get(url).status_code == 200
    assert teammate_client.get(url).status_code == 404
    assert reverse("accounts:sign-in") in stranger.get(url).headers["Location"]


@pytest.mark.parametrize("name", ["rename", "delete"])
def test_a_teammate_and_a_stranger_can_change_nothing(
    owner: User, teammate_client: Client, stranger: Client, name: str
) -> None:
    estimate = answered(owner)
    assert teammate_client.post(page(name, estimate), {"name": "mine"}).status_code == 404
    assert stranger.post(page(name, estimate), {"name": "mine"}).status_code == 302
    assert Estimate.objects.get(pk=estimate.pk).name == "Carts in spring"


def test_an_empty_home_invites_to_the_sample_and_to_an_upload(owner_client: Client) -> None:
    text = owner_client.get(reverse("estimates:home")).content.decode()
    assert f'action="{reverse("wizard:sample")}"' in text and f'action="{reverse("wizard:start")}"' in text
    assert "redis-cli -h HOST MONITOR" in text


def test_home_lists_ones_own_estimates_with_design_and_bill(
    owner: User, owner_client: Client, teammate_client: Client
) -> None:
    estimate = answered(owner)
    draft = services.create(owner=owner, name="A draft")
    rows = owner_client.get(reverse("estimates:home")).context["rows"]
    assert {(row.estimate.pk, row.state) for row in rows} == {(estimate.pk, "done"), (draft.pk, "draft")}
    done = next(row for row in rows if row.state == "done")
    assert done.design and done.monthly > 0
    assert not teammate_client.get(reverse("estimates:home")).context["rows"]


def test_home_answers_polling_with_the_list_alone(owner: User, owner_client: Client) -> None:
    services.create(owner=owner)
    text = owner_client.get(reverse("estimates:home"), headers={"HX-Request": "true"}).content.decode()
    assert text.lstrip().startswith('<div class="stack" id="estimate-list"') and "<html" not in text


def test_the_answer_page_shows_every_design_line_assumption_and_price_list(owner: User, owner_client: Client) -> None:
    response = owner_client.get(page("detail", answered(owner)))
    text = response.content.decode()
    result = response.context["document"].result
    for design in result.designs:
        assert design.title in text
    for name in (item.name for item in (*result.assumptions, *result.price_lists)):
        assert name.replace("'", "&#x27;") in text
    assert response.context["document"].header.source_sha256 in text
    assert "jemalloc-5.3.0" in text
    assert "badge-derived" in text  # MemoryDB for Redis OSS rests on derived prices


def test_no_page_has_a_script_of_its_own_or_loads_anything_from_another_host(owner: User, owner_client: Client) -> None:
    estimate = answered(owner)
    urls = (page("detail", estimate), reverse("estimates:home"), reverse("runs:detail", args=[estimate.run_id]))
    for url in urls:
        found = Scripts(owner_client.get(url).content.decode())
        assert found.inline == []
        assert [place for place in found.loaded if place and not place.startswith("/")] == []


def test_a_draft_leads_to_the_step_it_waits_at(owner: User, owner_client: Client) -> None:
    estimate = services.create(owner=owner)
    where = owner_client.get(page("detail", estimate)).headers["Location"]
    assert where == reverse("wizard:workload", args=[estimate.pk])


def test_pdf_and_json_are_downloads_of_the_same_answer(owner: User, owner_client: Client) -> None:
    estimate = answered(owner)
    pdf, data = owner_client.get(page("pdf", estimate)), owner_client.get(page("json", estimate))
    assert pdf.content.startswith(b"%PDF-") and pdf.headers["Content-Type"] == "application/pdf"
    assert json.loads(data.content) == estimate.document
    for response in (pdf, data):
        assert response.headers["Content-Disposition"].startswith("attachment")


def test_a_draft_has_neither_pdf_nor_json(owner: User, owner_client: Client) -> None:
    estimate = services.create(owner=owner)
    assert owner_client.get(page("pdf", estimate)).status_code == 404
    assert owner_client.get(page("json", estimate)).status_code == 404


def test_a_new_name_is_printed_escaped_and_stands_in_the_answer_too(owner: User, owner_client: Client) -> None:
    estimate = answered(owner)
    owner_client.post(page("rename", estimate), {"name": "<b>Carts</b>"})
    text = owner_client.get(page("detail", estimate)).content.decode()
    assert "&lt;b&gt;Carts&lt;/b&gt;" in text and "<b>Carts</b>" not in text
    assert json.loads(owner_client.get(page("json", estimate)).content)["name"] == "<b>Carts</b>"


def test_an_empty_name_is_refused(owner: User, owner_client: Client) -> None:
    estimate = answered(owner)
    assert owner_client.post(page("rename", estimate), {"name": "  "}).status_code == 422
    assert Estimate.objects.get(pk=estimate.pk).name == "Carts in spring"


def test_deleting_asks_first_and_leaves_recording_and_run(owner: User, owner_client: Client) -> None:
    estimate = answered(owner)
    assert estimate.trace is not None and estimate.run is not None
    owner_client.post(page("delete", estimate))
    assert not Estimate.objects.exists()
    estimate.trace.refresh_from_db()
    estimate.run.refresh_from_db()
