"""A job's page and its buttons, for the owner, a team-mate and a stranger."""

from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from planner.jobs import gauges, wording
from planner.jobs.models import Job

POLLING = {"HX-Request": "true", "HX-Current-URL": "http://testserver/runs/7/?tab=1"}


class _Elements(HTMLParser):
    """The start tags of a page with their attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def all(self, tag: str, css_class: str = "") -> list[dict[str, str]]:
        return [a for t, a in self.found if t == tag and (not css_class or css_class in a.get("class", "").split())]


def _url(job: Job, action: str = "job") -> str:
    return reverse(f"jobs:{action}", args=[job.pk])


def _put(job: Job, **fields: object) -> Job:
    Job.objects.filter(pk=job.pk).update(**fields)
    job.refresh_from_db()
    return job


def _page(client: Client, job: Job, **headers: str) -> _Elements:
    return _Elements(client.get(_url(job), headers=headers).content.decode())


@pytest.mark.parametrize("action", ["job", "cancel", "resume"])
def test_a_team_mate_and_a_stranger_learn_nothing(
    waiting: Job, teammate_client: Client, stranger: Client, action: str
) -> None:
    method = "get" if action == "job" else "post"
    assert getattr(teammate_client, method)(_url(waiting, action)).status_code == 404
    answer = getattr(stranger, method)(_url(waiting, action))
    assert answer.status_code == 302
    assert answer.headers["Location"].startswith(reverse("accounts:sign-in"))
    waiting.refresh_from_db()
    assert waiting.state == "queued"


def test_a_job_that_is_not_there_is_not_found(owner_client: Client, owner: User) -> None:
    assert owner_client.get(reverse("jobs:job", args=["6f9619ff-8b86-d011-b42d-00cf4fc964ff"])).status_code == 404


def test_a_running_job_shows_how_far_it_is_with_units(waiting: Job, owner_client: Client) -> None:
    _put(waiting, state="running", phase="replay", done=1500, total=6000, unit="operations", gauges={"late": 12.0})
    html = owner_client.get(_url(waiting)).content.decode()
    page = _Elements(html)
    [bar] = page.all("progress")
    assert (bar["value"], bar["max"]) == ("25", "100")
    assert page.all("label")[0]["for"] == bar["id"]
    assert "Replaying the recording" in html
    assert "1,500 of 6,000 operations" in html
    assert len(page.all("article", "job--running")) == 1
    assert len(page.all("div", "job__gauge--late")) == 1


def test_without_a_known_end_the_bar_has_no_value(waiting: Job, owner_client: Client) -> None:
    _put(waiting, state="running", phase="read", done=10)
    assert "value" not in _page(owner_client, waiting).all("progress")[0]


def test_a_job_polls_until_it_is_over_and_then_has_the_page_loaded_anew(waiting: Job, owner_client: Client) -> None:
    [poll] = _page(owner_client, waiting).all("div", "job-poll")
    assert poll["hx-get"] == _url(waiting)
    assert poll["hx-trigger"] == "every 1s"
    going = owner_client.get(_url(waiting), headers=POLLING)
    assert "HX-Refresh" not in going.headers
    assert b"<html" not in going.content
    _put(waiting, state="done")
    over = owner_client.get(_url(waiting), headers=POLLING)
    assert over.headers["HX-Refresh"] == "true"
    [poll] = _page(owner_client, waiting).all("div", "job-poll")
    assert "hx-get" not in poll


def test_without_javascript_the_page_reloads_until_the_job_is_over(waiting: Job, owner_client: Client) -> None:
    refresh = [meta for meta in _page(owner_client, waiting).all("meta") if meta.get("http-equiv") == "refresh"]
    assert [meta["content"] for meta in refresh] == ["2"]
    _put(waiting, state="failed")
    assert not [meta for meta in _page(owner_client, waiting).all("meta") if meta.get("http-equiv") == "refresh"]


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        ("queued", ["cancel"]),
        ("running", ["cancel"]),
        ("done", []),
        ("failed", []),
        ("cancelled", ["resume"]),
        ("interrupted", ["resume"]),
    ],
)
def test_only_buttons_that_do_something_are_shown(
    waiting: Job, owner_client: Client, state: str, actions: list[str]
) -> None:
    _put(waiting, state=state)
    forms = [form["action"] for form in _page(owner_client, waiting).all("form") if "/jobs/" in form.get("action", "")]
    assert forms == [_url(waiting, action) for action in actions]


def test_the_reason_is_shown_as_text_and_not_as_markup(waiting: Job, owner_client: Client) -> None:
    _put(waiting, state="failed", error="<b>line 3</b>")
    html = owner_client.get(_url(waiting)).content.decode()
    assert re.search(r'<p class="job__error" role="status">&lt;b&gt;line 3', html)


def test_cancel_ends_the_job_and_returns_to_the_page_of_the_button(waiting: Job, owner_client: Client) -> None:
    polled = _page(owner_client, waiting, **POLLING)
    [back] = [field["value"] for field in polled.all("input") if field.get("name") == "next"]
    assert back == "/runs/7/?tab=1"
    answer = owner_client.post(_url(waiting, "cancel"), {"next": back})
    assert answer.headers["Location"] == "/runs/7/?tab=1"
    waiting.refresh_from_db()
    assert waiting.state == "cancelled"


def test_resume_queues_the_job_again(waiting: Job, owner_client: Client) -> None:
    _put(waiting, state="interrupted")
    assert owner_client.post(_url(waiting, "resume")).headers["Location"] == _url(waiting)
    waiting.refresh_from_db()
    assert waiting.state == "queued"


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:alert(1)", ""])
def test_a_button_never_leads_elsewhere(waiting: Job, owner_client: Client, elsewhere: str) -> None:
    answer = owner_client.post(_url(waiting, "cancel"), {"next": elsewhere})
    assert answer.headers["Location"] == _url(waiting)


@pytest.mark.parametrize("action", ["cancel", "resume"])
def test_looking_changes_nothing(waiting: Job, owner_client: Client, action: str) -> None:
    assert owner_client.get(_url(waiting, action)).status_code == 405


def test_gauges_come_in_reading_order_with_units() -> None:
    shown = gauges.gauges({"used_bytes": 5 * 1024 * 1024, "ops_per_s": 1234.5, "unheard_of": 1.0, "late": 1200.0})
    assert [gauge.label for gauge in shown] == ["Rate", "Late", "Memory"]
    assert "ops" in shown[0].value
    assert shown[1].value == "1,200"
    assert "B" in shown[2].value


def test_every_state_and_an_unknown_phase_have_words() -> None:
    assert set(wording.STATES) == set(Job.State)
    assert wording.phase_title("warm_up") == "Warm up"
    assert wording.doing("warm_up") == "it was in phase warm up"
