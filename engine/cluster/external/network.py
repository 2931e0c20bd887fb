"""Which addresses may be connected to. A name is resolved once, every address it has is judged, and the judged address is the
one connected to: an answer that changes between the look and the call (DNS rebinding) changes nothing.

Never: cloud metadata and link-local, unspecified, multicast and reserved addresses, and our own services. Not unless allowed:
loopback, and every address of this machine, because that is where its own services listen; where many people share one
installation (`public_only`), private networks as well. IPv6 forms that carry an IPv4 address are judged as that address.
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
_COMPATIBLE = ipaddress.ip_network("::/96")  # long obsolete; `::` and `::1` are addresses of their own
_TRANSLATED = ipaddress.ip_network("64:ff9b:1::/48")  # where in it an IPv4 address stands is a local matter
_TUNNEL_IDS = frozenset((0x00005EFE, 0x02005EFE))  # ISATAP: the interface half of an address names an IPv4 one
_REMEDY = "An administrator can allow a network."


@dataclass(frozen=True, slots=True)
class Policy:
    """`allowed`: networks allowed although they are this machine's (or private). `own_ports`: ports of our own services here,
    which are refused even then; `own_services`: those elsewhere. `machine`: addresses of this machine.

    `public_only`: private networks have to be allowed too. `allowed_hosts`: names that are allowed wherever they lead but to
    what is never allowed; `.example.com` stands for all names that end so.
    """

    allowed: tuple[IpNetwork, ...] = ()
    own_ports: frozenset[int] = frozenset()
    machine: frozenset[IpAddress] = frozenset()
    public_only: bool = False
    allowed_hosts: tuple[str, ...] = ()
    own_services: frozenset[tuple[IpAddress, int]] = frozenset()

    def allows_host(self, host: str) -> bool:
        """Whether the name itself is on the list."""
        name = host.lower().rstrip(".")
        return any(name.endswith(each) if each.startswith(".") else name == each for each in self.allowed_hosts)


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


def why_refused(address: IpAddress, port: int, policy: Policy, *, host: str = "") -> str | None:
    """Why this address must not be connected to, None when it may. `host`: the name that led to it."""
    whole, address = address, _carried(address)
    if any(address in network for network in _METADATA) or address.is_link_local or whole in _TRANSLATED:
        return "a link-local or metadata address"
    local = address.is_loopback or address in policy.machine
    if address.is_unspecified or address.is_multicast or (address.is_reserved and not local):
        return "no address of a server"
    if (local and port in policy.own_ports) or (address, port) in policy.own_services:
        return "a service of this application"
    if policy.allows_host(host) or any(address in network for network in policy.allowed):
        return None
    if local:
        return "an address of this machine"
    return "an address of a private network" if policy.public_only and not address.is_global else None


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
        reason = why_refused(ipaddress.ip_address(text.partition("%")[0]), port, policy, host=host)
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
    if not isinstance(address, ipaddress.IPv6Address):
        return address
    last = ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    if address in _NAT64 or (address in _COMPATIBLE and int(address) > 1):
        return last
    if (int(address) >> 32) & 0xFFFFFFFF in _TUNNEL_IDS and not address.is_link_local:
        return last
    tunnel = address.teredo
    return address.ipv4_mapped or address.sixtofour or (tunnel[1] if tunnel else None) or address
