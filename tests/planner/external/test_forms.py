"""What is typed for a run on a cluster of one's own: judged field by field, agreed to word by word."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from engine.cluster.external.network import Policy
from planner.external.forms import ExternalForm
from planner.external.wanted import confirmation, without_password
from tests.live.tls_cluster import make_certificate
from tests.planner.external.making import SECRET

GOOD: dict[str, Any] = {
    "url": "rediss://shop@cache.example:6379", "password": SECRET, "key_prefix": "headroom:", "per_s": "500", "speed": "1",
    "confirmed": "on", "agreed_to": confirmation("headroom:", 500),
}  # fmt: skip


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("authority")
    make_certificate(folder)
    return folder


def form(ca: bytes = b"", *, testing: bool = False, **more: Any) -> ExternalForm:
    files = {"ca": SimpleUploadedFile("ca.pem", ca)} if ca else None
    return ExternalForm({**GOOD, **more}, files, testing=testing)


def test_what_was_typed_is_taken_without_the_password_in_the_address() -> None:
    filled = form(url=f"rediss://shop%3F:{SECRET.replace('?', '%3F').replace('@', '%40')}@cache.example", password="")
    assert filled.is_valid(), filled.errors
    wanted = filled.wanted()
    assert (wanted.url, wanted.password, wanted.per_s) == ("rediss://shop%3F@cache.example:6379", SECRET, 500)
    with wanted.target(Policy()) as target:
        assert (target.access.user, target.access.password) == ("shop?", SECRET)
        assert without_password(target) == wanted.url


def test_the_words_name_the_prefix_and_the_rate() -> None:
    assert "begin with “mine:”" in confirmation("mine:", 2000) and "at most 2,000 commands a second" in confirmation(
        "mine:", 2000
    )


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"confirmed": ""}, "Without this nothing is sent there."),
        ({"key_prefix": "other:"}, "The words have changed"),
        ({"per_s": "501"}, "The words have changed"),
        ({"agreed_to": ""}, "The words have changed"),
    ],
)
def test_only_the_very_words_that_were_read_are_agreed_to(more: dict[str, Any], words: str) -> None:
    refused = form(**more)
    assert words in str(refused.errors["confirmed"])
    assert form(testing=True, **more).is_valid()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "http://cache.example"), ("url", "unix:///run/redis.sock"), ("url", "redis://"), ("url", "redis://x:99999"),
        ("key_prefix", "no-colon"), ("key_prefix", "a{b}:"), ("per_s", "0"), ("per_s", "1000000"), ("speed", "nan"),
    ],
)  # fmt: skip
def test_a_field_that_cannot_be_is_named(field: str, value: str) -> None:
    typed: dict[str, Any] = {field: value}
    assert list(form(testing=True, **typed).errors) == [field]


def test_certificates_are_taken_and_private_keys_are_not(authority: Path) -> None:
    certificate, key = (authority / "ca.pem").read_bytes(), (authority / "ca.key").read_bytes()
    filled = form(b"notes of somebody\n" + certificate)
    assert filled.is_valid(), filled.errors
    assert filled.wanted().ca.split() == certificate.decode().split()
    assert "holds a private key" in str(form(certificate + key).errors["ca"])
    assert "no PEM file" in str(form(b"\x00\x01").errors["ca"])
    assert "too large" in str(form(b"x" * 300_000).errors["ca"])
    assert "rediss://" in str(form(certificate, url="redis://cache.example").errors["ca"])
