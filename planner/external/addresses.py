"""Which addresses people of this installation may reach: public ones, and what `HEADROOM_EXTERNAL_ALLOW` names; never our own
services.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from urllib.parse import urlsplit

from django.conf import settings

from engine.cluster.external.network import IpAddress, IpNetwork, Policy, machine_addresses, resolved
from engine.errors import InputError

SETTING = "HEADROOM_EXTERNAL_ALLOW"
_NAME = re.compile(r"\.?[a-z0-9_]([a-z0-9_.-]{0,250}[a-z0-9_])?")
_REDIS, _POSTGRES = 6379, 5432


def policy() -> Policy:
    """What holds for every address of an external run. Raises InputError when the setting cannot be understood."""
    networks, hosts = parse_allowed(settings.HEADROOM_EXTERNAL_ALLOW)
    machine = machine_addresses()
    own = frozenset(_own_services())
    here = {port for address, port in own if address.is_loopback or address in machine}
    web = {settings.HEADROOM_WEB_PORT} if settings.HEADROOM_WEB_PORT else set()
    return Policy(
        allowed=networks,
        own_ports=frozenset(here | web),
        machine=machine,
        public_only=True,
        allowed_hosts=hosts,
        own_services=own,
    )


def parse_allowed(text: str) -> tuple[tuple[IpNetwork, ...], tuple[str, ...]]:
    """Networks and names of a list parted by commas. Raises InputError naming the setting and the entry."""
    networks: list[IpNetwork] = []
    hosts: list[str] = []
    for entry in filter(None, (part.strip().lower() for part in text.split(","))):
        try:
            networks.append(ipaddress.ip_network(entry))
        except ValueError as error:
            name = entry.removeprefix("*").rstrip(".")
            looks_numeric = "/" in name or re.fullmatch(r"[0-9.:]+", name)
            if looks_numeric or not _NAME.fullmatch(name):
                raise InputError(
                    f"“{entry[:80]}” is neither a network nor a host name.",
                    source=SETTING,
                    expected="entries such as 10.0.0.0/8, cache.example.com or .example.com, parted by commas.",
                ) from error
            hosts.append(name)
    return tuple(networks), tuple(hosts)


def _own_services() -> Iterator[tuple[IpAddress, int]]:
    broker = urlsplit(settings.HEADROOM_BROKER_URL)
    if broker.hostname:
        yield from _addresses(broker.hostname, broker.port or _REDIS)
    for database in settings.DATABASES.values():
        if database.get("HOST"):
            yield from _addresses(str(database["HOST"]), int(str(database.get("PORT") or _POSTGRES)))


def _addresses(host: str, port: int) -> Iterable[tuple[IpAddress, int]]:
    try:
        return [(ipaddress.ip_address(text), port) for text in resolved(host, port)]
    except (OSError, UnicodeError, ValueError):
        return []
