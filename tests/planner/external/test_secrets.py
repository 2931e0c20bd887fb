"""A password is sealed while it is needed, gone when the run has ended, and in nothing that anybody reads."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Cancelled, HeadroomError, InputError, Interrupted
from planner.estimates import services as estimates
from planner.external import services
from planner.external.discretion import discreet, said
from planner.external.forms import ExternalForm, shown_address
from planner.external.models import ExternalRun
from planner.jobs.models import Job
from planner.management.commands import up
from planner.wizard import services as wizard
from tests.planner.external.making import SECRET, queued, set_job, wanted
from tests.planner.traces.making import imported


def kept() -> ExternalRun:
    return ExternalRun.objects.select_related("job").get()


def test_it_is_sealed_for_its_run_alone(owner: User) -> None:
    run = queued(owner)
    assert run.sealed and SECRET not in run.sealed
    assert SECRET not in repr(wanted()) and SECRET not in str(run.__dict__)
    other = queued(owner)
    other.sealed = run.sealed
    with pytest.raises(InputError, match="cannot be opened"):
        services._opened(other)


@pytest.mark.parametrize("state", [Job.State.DONE, Job.State.FAILED, Job.State.CANCELLED, Job.State.INTERRUPTED])
def test_it_is_forgotten_once_a_run_has_ended_whoever_ended_it(owner: User, state: str) -> None:
    run, waiting = queued(owner), queued(owner)
    set_job(run, state=state)
    assert services.forget_ended() == 1
    run.refresh_from_db()
    waiting.refresh_from_db()
    assert (run.sealed, bool(waiting.sealed)) == ("", True)


def test_it_is_forgotten_when_a_waiting_run_is_cancelled_or_on_request(owner: User, owner_client: Client) -> None:
    run = queued(owner)
    owner_client.post(reverse("external:cancel", args=[run.pk]))
    assert (kept().sealed, kept().job.state) == ("", Job.State.CANCELLED)
    assert services.resume(run=kept(), password=SECRET, remove_leftovers=True)
    assert (bool(kept().sealed), kept().remove_leftovers, kept().job.state) == (True, True, Job.State.QUEUED)
    owner_client.post(reverse("external:forget", args=[run.pk]))
    assert (kept().sealed, kept().job.state) == ("", Job.State.CANCELLED)


def test_on_request_a_run_that_works_goes_on_without_the_kept_one(owner: User) -> None:
    run = queued(owner)
    set_job(run, state=Job.State.RUNNING)
    services.forget(run=run)
    assert (kept().sealed, kept().job.state, kept().job.cancel_requested) == ("", Job.State.RUNNING, False)


def test_a_run_that_fails_forgets_it_and_says_why_without_it(owner: User, caplog: pytest.LogCaptureFixture) -> None:
    """192.0.2.7 is for documentation and therefore not global."""
    caplog.set_level(logging.DEBUG)
    run = queued(owner)
    services.measure_run(run_id=run.pk)
    assert (kept().job.state, kept().sealed) == (Job.State.FAILED, "")
    assert "leads to an address of a private network" in kept().job.error
    assert SECRET not in caplog.text and SECRET not in kept().job.error


def test_without_the_confirmation_nothing_is_queued(owner: User) -> None:
    with pytest.raises(InputError, match="not confirmed"):
        services.create(owner=owner, trace=imported(owner), wanted=wanted(confirmed=""))
    assert not Job.objects.filter(kind="measure elsewhere").exists()


@pytest.mark.parametrize("kind", [InputError, Interrupted, Cancelled, ValueError])
def test_errors_lose_the_password_and_their_cause_on_the_way(
    kind: type[Exception], caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(HeadroomError) as caught, discreet(SECRET):
        raise kind(f"unknown command AUTH {SECRET}, see --remove-leftovers")
    assert SECRET not in str(caught.value) and SECRET not in caplog.text
    assert caught.value.__suppress_context__
    assert isinstance(caught.value, Interrupted if kind is ValueError else kind)


WORD = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


@given(st.text("xyz "), WORD, st.text("xyz "))
def test_what_is_said_never_holds_the_password(before: str, password: str, after: str) -> None:
    if not set(password) <= set("xyz"):
        assert password not in said(f"{before}{password}{after}{quote(password, safe='')}", password)


@given(
    WORD.filter(lambda word: not set(word) & set(":/@?#[]")),
    st.text(min_size=6).filter(lambda word: word.strip() == word),
)
def test_an_address_is_shown_without_what_stands_between_user_and_host(user: str, password: str) -> None:
    shown = shown_address(f"rediss://{user}:{password}@cache.example:6379")
    assert shown in (f"rediss://{user}@cache.example:6379", "")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ("rediss://shop:s@cr/et@cache.example:6379", "rediss://shop@cache.example:6379"),
        ("redis://:secret@[::1]:7000", "redis://[::1]:7000"),
        ("redis://cache.example", "redis://cache.example"),
        ("rediss://shop:secret", ""),
        ("shop:secret@cache.example", ""),
        ("redis://cache.example?password=secret", ""),
        ("secret", ""),
    ],
)
def test_what_is_not_clearly_an_address_is_not_sent_back(typed: str, shown: str) -> None:
    assert shown_address(typed) == shown


@pytest.mark.parametrize("address", [f"rediss://shop:{SECRET}@192.0.2.7", f"rediss://shop:{SECRET}", f"{SECRET}://x"])
def test_a_refused_form_sends_no_password_back(owner: User, owner_client: Client, address: str) -> None:
    estimate = estimates.create(owner=owner)
    estimates.choose_trace(estimate=estimate, trace=imported(owner))
    fields = {"url": address, "password": SECRET, "key_prefix": "x", "per_s": "0", "speed": "1"}
    response = owner_client.post(reverse("wizard:elsewhere", args=[estimate.pk]), fields)
    assert response.status_code == 422
    assert SECRET not in response.content.decode()
    assert not ExternalRun.objects.exists()


def test_an_error_page_with_debugging_on_holds_no_password(
    owner: User, owner_client: Client, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(**_: object) -> None:
        raise RuntimeError("of our own making")

    settings.DEBUG = True
    owner_client.raise_request_exception = False
    monkeypatch.setattr(wizard, "start_external", fail)
    estimate = estimates.create(owner=owner)
    estimates.choose_trace(estimate=estimate, trace=imported(owner))
    form = ExternalForm()
    fields = {
        "url": f"rediss://shop:{quote(SECRET)}@192.0.2.7",
        "password": SECRET,
        "key_prefix": "headroom:",
        "per_s": "2000",
    }
    fields |= {"speed": "1", "confirmed": "on", "agreed_to": form.words}
    response = owner_client.post(reverse("wizard:elsewhere", args=[estimate.pk]), fields)
    text = response.content.decode()
    assert response.status_code == 500 and "of our own making" in text and "agreed_to" in text
    assert SECRET not in text


def test_what_a_killed_worker_kept_is_forgotten_when_jobs_are_looked_after(owner: User) -> None:
    run = queued(owner)
    set_job(run, state=Job.State.INTERRUPTED)
    up._forget_what_ended()
    assert kept().sealed == ""
