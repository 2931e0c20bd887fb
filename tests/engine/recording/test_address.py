"""Where the server is, read from a URL, and never a password in anything that is shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import InputError
from engine.recording.address import Access, Address, parse_url


def test_a_host_alone_means_the_default_port_without_tls() -> None:
    assert parse_url("redis://cache.example", {}) == (Address("cache.example", 6379), Access())


def test_everything_a_url_can_say() -> None:
    address, access = parse_url("rediss://app:s%40crt@[fd00::1]:7000/0", {}, ca=Path("ca.pem"))
    assert address == Address("fd00::1", 7000)
    assert str(address) == "[fd00::1]:7000"
    assert access == Access(True, "app", "s@crt", Path("ca.pem"))


def test_a_unix_socket() -> None:
    address, access = parse_url("unix:///run/valkey.sock?password=secret", {})
    assert (address.path, str(address), access.password) == ("/run/valkey.sock", "unix:/run/valkey.sock", "secret")


def test_the_password_may_come_from_the_environment_and_the_url_goes_first() -> None:
    environment = {"HEADROOM_RECORD_PASSWORD": "from outside"}
    assert parse_url("redis://app@h", environment)[1] == Access(False, "app", "from outside")
    assert parse_url("redis://app:own@h", environment)[1].password == "own"


@pytest.mark.parametrize(
    "url",
    [
        "http://u:secret@h",
        "u:secret@h:6379",
        "redis://u:secret@",
        "redis://u:secret@h:99999",
        "unix://secret",
        "redis://[",
    ],
)
def test_a_wrong_url_is_refused_without_repeating_it(url: str) -> None:
    with pytest.raises(InputError, match=r"^URL: .* Expected: redis://") as caught:
        parse_url(url, {})
    assert "secret" not in str(caught.value)


def test_the_password_is_not_part_of_what_is_printed() -> None:
    assert "secret" not in repr(parse_url("redis://u:secret@h", {}))
