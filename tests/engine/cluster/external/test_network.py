"""Addresses that must not be connected to, whatever name leads there."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.cluster.external.network import Policy, checked_addresses, machine_addresses, parse_networks, why_refused
from engine.errors import InputError

MACHINE = frozenset([ipaddress.ip_address("10.1.2.3")])
STRICT = Policy(machine=MACHINE)
OPEN = Policy(parse_networks(["0.0.0.0/0", "::/0"], "x"), own_ports=frozenset([6380]), machine=MACHINE)
NEVER = (
    "169.254.169.254", "169.254.170.2", "fd00:ec2::254", "fe80::1", "100.100.100.200", "0.0.0.0", "::", "224.0.0.1",
    "ff02::1", "255.255.255.255", "::ffff:169.254.169.254", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::1",
    "::169.254.169.254", "2001:0:4136:e378:8000:63bf:5601:5601", "64:ff9b:1::a9fe:a9fe", "2001:db8::5efe:a9fe:a9fe",
    "fd20:ce::254", "fe80::5efe:a00:1", "169.254.0.1", "240.0.0.1",
)  # fmt: skip
OF_THIS_MACHINE = ("127.0.0.1", "127.9.9.9", "::1", "10.1.2.3", "::ffff:127.0.0.1", "::ffff:10.1.2.3")


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("policy", [STRICT, OPEN])
def test_metadata_and_addresses_of_no_server_are_refused_even_when_everything_is_allowed(
    address: str, policy: Policy
) -> None:
    assert why_refused(ipaddress.ip_address(address), 6379, policy) is not None


@pytest.mark.parametrize("address", OF_THIS_MACHINE)
def test_this_machine_is_refused_until_allowed_and_its_own_services_always(address: str) -> None:
    here = ipaddress.ip_address(address)
    assert why_refused(here, 6379, STRICT) == "an address of this machine"
    assert why_refused(here, 6379, OPEN) is None
    assert why_refused(here, 6380, OPEN) == "a service of this application"


@pytest.mark.parametrize("address", ["10.1.2.4", "172.31.0.9", "54.1.2.3", "fd00::5", "2a05:d018::1"])
def test_private_and_public_addresses_of_others_are_fine(address: str) -> None:
    assert why_refused(ipaddress.ip_address(address), 6379, STRICT) is None


SHARED = Policy(machine=MACHINE, public_only=True, own_services=frozenset([(ipaddress.ip_address("54.9.9.9"), 5432)]))
PRIVATE = (
    "10.1.2.4", "172.31.0.9", "192.168.0.1", "100.64.0.1", "fd00::5", "::ffff:10.0.0.1", "::10.0.0.1", "2002:a00:1::1",
    "64:ff9b::a00:1", "198.18.0.1", "2001:0:4136:e378:8000:63bf:f5ff:fffe",
)  # fmt: skip


@pytest.mark.parametrize("address", PRIVATE)
def test_where_people_share_an_installation_private_networks_have_to_be_allowed(address: str) -> None:
    assert why_refused(ipaddress.ip_address(address), 6379, SHARED) == "an address of a private network"
    allowed = replace(SHARED, allowed=parse_networks(["0.0.0.0/0", "::/0"], "x"))
    assert why_refused(ipaddress.ip_address(address), 6379, allowed) is None


@pytest.mark.parametrize("address", ["54.1.2.3", "2a05:d018::1", "::ffff:54.1.2.3", "64:ff9b::3601:203"])
def test_public_addresses_are_fine_there_but_for_own_services(address: str) -> None:
    assert why_refused(ipaddress.ip_address(address), 6379, SHARED) is None
    assert why_refused(ipaddress.ip_address("::ffff:54.9.9.9"), 5432, SHARED) == "a service of this application"


@pytest.mark.parametrize("host", ["cache.corp.example", "CACHE.corp.example.", "a.b.internal"])
def test_names_can_be_allowed_but_not_to_lead_to_metadata(host: str) -> None:
    policy = replace(SHARED, allowed_hosts=("cache.corp.example", ".internal"))
    assert checked_addresses(host, 6379, policy, resolve=lambda *_: names("10.0.0.9")) == ("10.0.0.9",)
    with pytest.raises(InputError, match="metadata"):
        checked_addresses(host, 6379, policy, resolve=lambda *_: names("169.254.169.254"))
    with pytest.raises(InputError, match="private network"):
        checked_addresses(f"not-{host}.evil.example", 6379, policy, resolve=lambda *_: names("10.0.0.9"))


def embeddings(inner: ipaddress.IPv4Address) -> Sequence[ipaddress.IPv6Address]:
    """Every way in which an IPv6 address can carry this IPv4 address."""
    number = int(inner)
    return [
        ipaddress.IPv6Address(value)
        for value in (
            0xFFFF << 32 | number,
            number,
            0x64FF9B << 96 | number,
            0x2002 << 112 | number << 80 | 1,
            0x20010000 << 96 | (number ^ 0xFFFFFFFF),
            0x2A05D018 << 96 | 0x00005EFE << 32 | number,
        )
    ]


@given(st.sampled_from([*map(str, PRIVATE[:3]), "127.0.0.1", "169.254.169.254", "224.0.0.1"]), st.integers(0, 5))
def test_no_spelling_of_a_forbidden_address_is_allowed(address: str, form: int) -> None:
    assert why_refused(embeddings(ipaddress.IPv4Address(address))[form], 6379, SHARED) is not None


@given(st.ip_addresses(v=4), st.integers(0, 5), st.integers(1, 65535))
def test_an_embedded_address_is_judged_as_the_address_it_carries(
    address: ipaddress.IPv4Address, form: int, port: int
) -> None:
    if int(address) > 1:
        assert why_refused(embeddings(address)[form], port, SHARED) == why_refused(address, port, SHARED)


@given(st.ip_addresses())
def test_what_is_let_through_is_a_global_address(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    if why_refused(address, 6379, SHARED) is None:
        assert address.is_global or isinstance(address, ipaddress.IPv6Address)
        assert not address.is_loopback and not address.is_link_local and not address.is_multicast


def names(*addresses: str) -> Sequence[str]:
    return addresses


def test_one_bad_address_among_good_ones_refuses_the_name() -> None:
    with pytest.raises(InputError, match=r"cache\.example:6379: leads to a link-local or metadata address"):
        checked_addresses("cache.example", 6379, STRICT, resolve=lambda *_: names("10.0.0.9", "169.254.169.254"))


def test_the_judged_addresses_are_answered_so_that_nothing_resolves_again() -> None:
    answers = iter([names("10.0.0.9"), names("127.0.0.1")])
    assert checked_addresses("rebinding.example", 6379, STRICT, resolve=lambda *_: next(answers)) == ("10.0.0.9",)
    assert len(list(answers)) == 1


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0x7f.1", "017700000001", "localhost"])
def test_other_spellings_of_loopback_are_judged_by_what_they_resolve_to(host: str) -> None:
    with pytest.raises(InputError, match="an address of this machine"):
        checked_addresses(host, 6379, STRICT)


def test_a_name_that_leads_nowhere_is_said_so() -> None:
    with pytest.raises(InputError, match="cannot be resolved"):
        checked_addresses("nobody.invalid", 6379, STRICT)
    with pytest.raises(InputError, match="has no address"):
        checked_addresses("empty.example", 6379, STRICT, resolve=lambda *_: ())


def test_the_machine_knows_its_own_addresses() -> None:
    assert ipaddress.ip_address("127.0.0.1") in machine_addresses()


def test_networks_that_are_none_are_refused() -> None:
    with pytest.raises(InputError, match=r"--allow-network: “10\.0\.0\.0/99” is no network"):
        parse_networks(["10.0.0.0/99"], "--allow-network")
