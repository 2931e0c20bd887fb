"""Signing in by one-time link."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from planner.accounts import services
from planner.accounts.models import SignInToken
from planner.supervision.claim import AlreadyRunning, DataFolder, Running, read_running

NOON = datetime(2026, 1, 5, 12, 0, tzinfo=UTC)


def _link(user: User) -> str:
    return reverse("accounts:sign-in-link", args=[services.create_token(user=user, now=timezone.now())])


def _is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def test_a_link_signs_its_user_in(owner: User, stranger: Client) -> None:
    response = stranger.get(_link(owner))
    assert response.status_code == 302
    assert response.headers["Location"] == "/"
    assert stranger.session["_auth_user_id"] == str(owner.pk)


def test_a_link_works_once_and_says_how_to_get_another(owner: User, stranger: Client) -> None:
    link = _link(owner)
    Client().get(link)
    response = stranger.get(link)
    assert response.status_code == 410
    assert not _is_signed_in(stranger)
    assert "manage.py sign_in_link" in response.content.decode()


def test_the_browser_that_used_the_link_may_load_it_again(owner: User, stranger: Client) -> None:
    link = _link(owner)
    stranger.get(link)
    assert stranger.get(link).status_code == 302


def test_a_made_up_token_signs_nobody_in(db: None, stranger: Client) -> None:
    assert stranger.get(reverse("accounts:sign-in-link", args=["guess"])).status_code == 410
    assert not _is_signed_in(stranger)


def test_a_token_expires_after_an_hour(owner: User) -> None:
    token = services.create_token(user=owner, now=NOON)
    assert services.use_token(token=token, now=NOON + timedelta(hours=1)) is None
    assert services.use_token(token=token, now=NOON + timedelta(minutes=59)) == owner


def test_the_link_of_somebody_who_left_signs_nobody_in(owner: User) -> None:
    token = services.create_token(user=owner, now=NOON)
    User.objects.filter(pk=owner.pk).update(is_active=False)
    assert services.use_token(token=token, now=NOON) is None


def test_only_a_hash_of_the_token_is_stored(owner: User) -> None:
    token = services.create_token(user=owner, now=NOON)
    stored = SignInToken.objects.get()
    assert token not in str(vars(stored))
    assert re.fullmatch(r"[0-9a-f]{64}", stored.token_hash)


def test_links_of_days_ago_are_forgotten(owner: User) -> None:
    services.create_token(user=owner, now=NOON)
    services.create_token(user=owner, now=NOON + timedelta(days=2))
    assert SignInToken.objects.count() == 1


def test_the_local_user_is_created_once_and_has_no_password(db: None) -> None:
    first, again = services.local_user(), services.local_user()
    assert first == again
    assert not first.has_usable_password()


def test_everything_but_signing_in_asks_for_it(db: None, stranger: Client) -> None:
    response = stranger.get("/jobs/6f9619ff-8b86-d011-b42d-00cf4fc964ff/")
    assert response.status_code == 302
    assert response.headers["Location"].startswith(reverse("accounts:sign-in"))


def test_the_sign_in_page_explains_itself_and_steps_aside_once_signed_in(
    owner_client: Client, stranger: Client
) -> None:
    page = stranger.get(reverse("accounts:sign-in"))
    assert page.status_code == 200
    assert "manage.py sign_in_link" in page.content.decode()
    assert owner_client.get(reverse("accounts:sign-in")).status_code == 302


def test_signing_out_needs_a_click_and_ends_the_session(owner_client: Client) -> None:
    assert owner_client.get(reverse("accounts:sign-out")).status_code == 405
    assert _is_signed_in(owner_client)
    owner_client.post(reverse("accounts:sign-out"))
    assert not _is_signed_in(owner_client)


def test_sign_in_link_prints_a_link_into_what_runs_here(db: None, data_folder: Path, stranger: Client) -> None:
    folder = DataFolder(data_folder)
    folder.write(Running(folder.pid, "http://127.0.0.1:8123"))
    out = StringIO()
    call_command("sign_in_link", stdout=out)
    folder.release()
    url = out.getvalue().strip()
    assert url.startswith("http://127.0.0.1:8123/accounts/sign-in/")
    stranger.get(url.removeprefix("http://127.0.0.1:8123"))
    assert _is_signed_in(stranger)


def test_sign_in_link_says_so_when_nothing_runs_here(db: None) -> None:
    with pytest.raises(CommandError, match="does not run here"):
        call_command("sign_in_link")


def test_a_data_folder_is_held_once_and_names_its_holder(data_folder: Path) -> None:
    folder = DataFolder(data_folder)
    folder.write(Running(4711, "http://127.0.0.1:8000"))
    with pytest.raises(AlreadyRunning, match=r"process 4711, http://127\.0\.0\.1:8000"):
        DataFolder(data_folder)
    folder.release()
    assert read_running(data_folder) is None
    DataFolder(data_folder).release()


def test_the_note_of_a_killed_holder_is_not_believed(data_folder: Path) -> None:
    (data_folder / "up.json").write_text('{"pid": 1, "url": "http://127.0.0.1:1"}')
    assert read_running(data_folder) is None
