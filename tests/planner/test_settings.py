"""Settings: defaults that run, values that fail loudly, pages that load nothing from elsewhere."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth.models import User
from django.contrib.staticfiles import finders
from django.core.exceptions import ImproperlyConfigured
from django.core.files.uploadedfile import TemporaryUploadedFile
from django.test import Client, RequestFactory
from django.utils import timezone

from planner import checks, env
from planner.accounts.services import create_token
from planner.secret_key import secret_key
from planner.staticfiles import PlotlyFinder, is_collected

PROJECT = Path(__file__).parents[2]


def test_a_flag_understands_the_usual_words(monkeypatch: pytest.MonkeyPatch) -> None:
    for word, meant in (("1", True), ("Yes", True), ("on", True), ("0", False), ("FALSE", False), ("off", False)):
        monkeypatch.setenv("SWITCH", word)
        assert env.flag("SWITCH", not meant) is meant


def test_a_flag_nobody_understands_is_refused_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SWITCH", "perhaps")
    with pytest.raises(ImproperlyConfigured, match="SWITCH='perhaps'"):
        env.flag("SWITCH", True)


def test_a_variable_set_to_nothing_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("THING", " ")
    assert (env.text("THING", "x"), env.flag("THING", True), env.number("THING", 7)) == ("x", True, 7)


def test_a_number_may_have_underscores(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COUNT", "2_000")
    assert env.number("COUNT", 1) == 2000


@pytest.mark.parametrize(
    ("value", "complaint"), [("many", "not a whole number"), ("0", "below 1"), ("1.5", "whole"), ("9", "above 8")]
)
def test_a_number_that_makes_no_sense_is_refused_by_name(
    monkeypatch: pytest.MonkeyPatch, value: str, complaint: str
) -> None:
    monkeypatch.setenv("COUNT", value)
    with pytest.raises(ImproperlyConfigured, match=f"COUNT=.*{complaint}"):
        env.number("COUNT", 5, low=1, high=8)


def test_a_fresh_clone_starts_with_nothing_set(tmp_path: Path) -> None:
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("HEADROOM_", "DJANGO_"))}
    shown = "from django.conf import settings as s; print(s.DEBUG, s.ALLOWED_HOSTS, s.DATABASES['default']['NAME'])"
    done = subprocess.run(
        [sys.executable, "-c", shown],
        env={**bare, "DJANGO_SETTINGS_MODULE": "planner.settings", "HEADROOM_DATA": str(tmp_path / "new")},
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == f"False ['localhost', '127.0.0.1', '[::1]'] {tmp_path / 'new' / 'headroom.sqlite3'}"
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_the_secret_key_is_made_once_and_only_its_owner_may_read_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "secret-key"
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: secret_key(path), range(16)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 50
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret-key"]


def test_pages_may_load_scripts_from_this_host_only(stranger: Client, db: None) -> None:
    response = stranger.get("/accounts/sign-in/")
    policy = dict(part.split(" ", 1) for part in response.headers["Content-Security-Policy"].split("; "))
    assert policy["default-src"] == "'self'"
    assert policy["script-src"] == "'self'"
    assert policy["frame-ancestors"] == "'none'"
    assert response.headers["X-Frame-Options"] == "DENY"
    assert response.headers["Referrer-Policy"] == "same-origin"
    assert response.headers["X-Content-Type-Options"] == "nosniff"


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(owner: User, stranger: Client) -> None:
    token = create_token(user=owner, now=timezone.now())
    cookie = stranger.get(f"/accounts/sign-in/{token}/").cookies[settings.SESSION_COOKIE_NAME]
    assert cookie["httponly"] is True
    assert cookie["samesite"] == "Lax"


def test_of_plotly_only_the_one_script_is_served() -> None:
    finder = PlotlyFinder()
    assert [name for name, _ in finder.list(None)] == ["plotly.min.js"]
    assert Path(str(finders.find("vendor/plotly.min.js"))).stat().st_size > 1_000_000
    assert not finders.find("vendor/datasets/iris.csv")
    assert not finders.find("vendor/../plotly.min.js")


def test_htmx_is_served_from_its_package() -> None:
    assert finders.find("django_htmx/htmx-2.min.js")


def test_static_files_count_as_collected_once_the_manifest_is_newest(tmp_path: Path, settings: Any) -> None:
    settings.STATIC_ROOT = tmp_path
    assert not is_collected()
    manifest = tmp_path / "staticfiles.json"
    manifest.write_text("{}")
    assert is_collected()
    os.utime(manifest, (1, 1))
    assert not is_collected()


def _uploaded(size: int, limit: int, settings: Any) -> TemporaryUploadedFile:
    settings.HEADROOM_UPLOAD_MAX_BYTES = limit
    boundary = "frontier"
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="recording"; filename="m.txt"\r\n\r\n'
    body = head.encode() + b"x" * size + f"\r\n--{boundary}--\r\n".encode()
    request = RequestFactory().post("/", body, content_type=f"multipart/form-data; boundary={boundary}")
    file = request.FILES["recording"]
    assert isinstance(file, TemporaryUploadedFile)
    return file


def test_an_upload_is_a_file_in_the_data_folder_from_its_first_byte(data_folder: Path, settings: Any) -> None:
    with _uploaded(size=10, limit=100, settings=settings) as file:
        assert Path(file.temporary_file_path()).parent == data_folder / "uploads"
        assert file.read() == b"x" * 10
    assert list((data_folder / "uploads").iterdir()) == []


def test_an_upload_past_the_limit_is_measured_but_not_stored(data_folder: Path, settings: Any) -> None:
    with _uploaded(size=300_000, limit=100_000, settings=settings) as file:
        assert file.size == 300_000
        assert Path(file.temporary_file_path()).stat().st_size == 0


def test_a_machine_that_has_all_it_needs_gets_no_complaint() -> None:
    assert checks.engine_found() == []
    assert checks.data_folder_writable() == []


def test_an_engine_that_is_not_here_is_named_with_a_hint(settings: Any) -> None:
    settings.HEADROOM_ENGINE = "redis-1.2.3"
    [error] = checks.engine_found()
    assert error.id == "headroom.E001"
    assert "redis-1.2.3" in error.msg
    assert "HEADROOM_ENGINE" in str(error.hint)


def test_a_data_folder_that_is_not_there_is_named_with_a_hint(tmp_path: Path, settings: Any) -> None:
    settings.HEADROOM_DATA = tmp_path / "nowhere"
    [error] = checks.data_folder_writable()
    assert error.id == "headroom.E002"
    assert str(tmp_path / "nowhere") in error.msg
    assert checks.disk_free() == []


def test_little_free_disk_is_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(checks, "LEAST_FREE_BYTES", 1 << 62)
    [warning] = checks.disk_free()
    assert warning.id == "headroom.W001"
