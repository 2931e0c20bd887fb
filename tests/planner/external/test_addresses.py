"""Which addresses an installation lets its people reach."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from engine.cluster.external.network import why_refused
from engine.errors import InputError
from planner.checks import external_allow_list
from planner.external import addresses


def refused(address: str, port: int = 7000) -> str | None:
    return why_refused(ipaddress.ip_address(address), port, addresses.policy())


@pytest.fixture(autouse=True)
def nothing_allowed(settings: Any) -> None:
    settings.HEADROOM_EXTERNAL_ALLOW = ""


def test_public_addresses_only_unless_the_setting_says_more(settings: Any) -> None:
    assert refused("54.1.2.3") is None
    assert refused("10.1.2.3") == "an address of a private network"
    assert refused("127.0.0.1") == "an address of this machine"
    settings.HEADROOM_EXTERNAL_ALLOW = " 10.0.0.0/8,127.0.0.1 , Cache.Example.com, *.internal"
    assert (refused("10.1.2.3"), refused("127.0.0.1")) == (None, None)
    assert refused("169.254.169.254") == "a link-local or metadata address"
    assert addresses.policy().allowed_hosts == ("cache.example.com", ".internal")


def test_own_services_are_refused_even_where_their_address_is_allowed(settings: Any) -> None:
    settings.HEADROOM_EXTERNAL_ALLOW = "127.0.0.0/8, 10.0.0.0/8"
    settings.HEADROOM_BROKER_URL = "redis://:word@10.0.0.5:6390/0"
    settings.HEADROOM_WEB_PORT = 8000
    assert refused("10.0.0.5", 6390) == "a service of this application"
    assert refused("10.0.0.5", 6391) is None
    assert refused("127.0.0.1", 8000) == "a service of this application"
    settings.HEADROOM_BROKER_URL = "redis://127.0.0.1:6379/0"
    assert refused("127.0.0.2", 6379) == "a service of this application"
    settings.HEADROOM_BROKER_URL = "redis+socket:///run/broker.sock"
    assert refused("127.0.0.1", 6379) is None


@pytest.mark.parametrize("entry", ["10.0.0.0/99", "10.0.0", "a b", "x/8", "-", "*"])
def test_an_entry_that_cannot_be_understood_is_named_by_the_check(settings: Any, entry: str) -> None:
    settings.HEADROOM_EXTERNAL_ALLOW = f"10.0.0.0/8,{entry}"
    with pytest.raises(InputError, match="HEADROOM_EXTERNAL_ALLOW: “"):
        addresses.policy()
    assert [each.id for each in external_allow_list()] == ["headroom.E003"]
