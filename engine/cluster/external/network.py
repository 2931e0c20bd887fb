"""Which addresses may be connected to. A name is resolved once, every address it has is judged, and the judged address is the
one connected to: an answer that changes between the look and the call (DNS rebinding) changes nothing.

Never: cloud metadata and link-local, unspecified, multicast and reserved addresses. Not unless allowed: loopback, and every
address of this machine, because that is where its own services listen. Own services by port: never.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache

import psutil

from engine.errors import InputError

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
IpNetwork = ipaddress.IPv4Network | ipaddress.IPv6Network
Resolve = Callable[[str, int], Sequence[str]]
_METADATA = tuple(
    ipaddress.ip_network(text)
    for text in ("169.254.0.0/16", "fe80::/10", "fd00:ec2::/32", "100.100.100.200/32", "fd20:ce::254/128")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_REMEDY = "An administrator can allow a network."


@dataclass(frozen=True, slots=True)
class Policy:
    """`allowed`: networks allowed although they are this machine's. `own_ports`: ports of our own services here, which are
    refused even then. `machine`: addresses of this machine."""

    allowed: tuple[IpNetwork, ...] = ()
    own_ports: frozenset[int] = frozenset()
    machine: frozenset[IpAddress] = frozenset()


def parse_networks(texts: Iterable[str], source: str) -> tuple[IpNetwork, ...]:
    """`10.0.0.0/8`, `127.0.0.1` … Raises InputError naming the source."""
    found = []
    for text in texts:
        try:
            found.append(ipaddress.ip_network(text))
        except ValueError as error:
            raise InputError(
                f"“{text[:60]}” is no network.", source=source, expected="a network such as 127.0.0.0/8."
            ) from error
    return tuple(found)


def why_refused(address: IpAddress, port: int, policy: Policy) -> str | None:
    """Why this address must not be connected to, None when it may."""
    address = _carried(address)
    if any(address in network for network in _METADATA) or address.is_link_local:
        return "a link-local or metadata address"
    local = address.is_loopback or address in policy.machine
    if address.is_unspecified or address.is_multicast or (address.is_reserved and not local):
        return "no address of a server"
    if local and port in policy.own_ports:
        return "a service of this application"
    if local and not any(address in network for network in policy.allowed):
        return "an address of this machine"
    return None


def checked_addresses(host: str, port: int, policy: Policy, *, resolve: Resolve | None = None) -> Sequence[str]:
    """The addresses of this host. Raises InputError when it has none, or one among them that must not be connected to."""
    shown = f"{host}:{port}"
    try:
        found = (resolve or resolved)(host, port)
    except (OSError, UnicodeError) as error:
        raise InputError(
            f"the name cannot be resolved ({error}).", source=shown, expected="a host that exists."
        ) from error
    if not found:
        raise InputError("the name has no address.", source=shown, expected="a host that exists.")
    for text in found:
        reason = why_refused(ipaddress.ip_address(text), port, policy)
        if reason is not None:
            raise InputError(
                f"leads to {reason}, which is not allowed.", source=shown, expected="a cluster.", remedy=_REMEDY
            )
    return found


def resolved(host: str, port: int) -> tuple[str, ...]:
    """Every address of a host, as the system resolves it."""
    answers = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return tuple(dict.fromkeys(str(answer[4][0]).partition("%")[0] for answer in answers))


@cache
def machine_addresses() -> frozenset[IpAddress]:
    """Every address of this machine's interfaces."""
    found = set()
    for addresses in psutil.net_if_addrs().values():
        for each in addresses:
            if each.family in (socket.AF_INET, socket.AF_INET6):
                found.add(ipaddress.ip_address(each.address.partition("%")[0]))
    return frozenset(found)


def _carried(address: IpAddress) -> IpAddress:
    """The IPv4 address that an IPv6 address stands for, where it does."""
    if isinstance(address, ipaddress.IPv6Address):
        inner = address.ipv4_mapped or address.sixtofour
        if inner is None and address in _NAT64:
            inner = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
        return inner or address
    return address
