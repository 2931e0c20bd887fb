"""Where somebody else's cluster is and how to sign in. Shown without the password, always."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.cluster.external.network import Policy, checked_addresses
from engine.errors import InputError
from engine.recording import address as addresses
from engine.recording.address import Access, Address
from engine.recording.connection import Connection, tls_context

PASSWORD_VARIABLE = "HEADROOM_TARGET_PASSWORD"
SOURCE = "--target"
_CONNECT_TIMEOUT_S = 10.0


@dataclass(frozen=True, slots=True)
class Target:
    """One node of the cluster by which the others are found, and what holds for all of them."""

    address: Address
    access: Access
    policy: Policy

    def __str__(self) -> str:
        """The URL to show."""
        scheme = "rediss" if self.access.tls else "redis"
        password = ":***" if self.access.password else ""
        user = f"{self.access.user}{password}@" if self.access.user or password else ""
        return f"{scheme}://{user}{self.address}"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A node: the name it is known by, which its certificate is made out to, and the judged address behind the name."""

    address: Address
    ip: str

    def __str__(self) -> str:
        return str(self.address)


def parse_target(
    url: str, environment: Mapping[str, str], *, ca: Path | None = None, policy: Policy | None = None
) -> Target:
    """Raises InputError, which never repeats the URL. `HEADROOM_TARGET_PASSWORD` serves when the URL has no password."""
    known = {addresses.PASSWORD_VARIABLE: environment.get(PASSWORD_VARIABLE, "")}
    expected = "redis://[user@]host[:port], or rediss://… for TLS."
    try:
        address, access = addresses.parse_url(url, known, ca=ca)
    except InputError as error:
        raise InputError(error.problem, source=SOURCE, expected=expected) from None
    if address.path:
        raise InputError("is a socket of this machine.", source=SOURCE, expected=expected)
    if ca is not None and not access.tls:
        raise InputError("is given for a connection without TLS.", source="--ca", expected="a rediss:// target.")
    return Target(address, access, policy or Policy())


def endpoint(address: Address, policy: Policy) -> Endpoint:
    """The node behind a name. Raises InputError when it must not be connected to."""
    found = checked_addresses(address.host, address.port, policy)
    return Endpoint(address, next((ip for ip in found if len(found) > 1 and _listens(ip, address.port)), found[0]))


def _listens(ip: str, port: int) -> bool:
    """A name may have addresses of both kinds of IP, with nobody behind one of them."""
    try:
        socket.create_connection((ip, port), timeout=_CONNECT_TIMEOUT_S).close()
    except OSError:
        return False
    return True


def control_connection(node: Endpoint, access: Access) -> Connection:
    """A signed-in connection. Raises Lost when nobody is there, InputError when TLS or the sign-in fails."""
    try:
        return Connection(node.address, access, ip=node.ip)
    except InputError as error:
        remedy = error.remedy.replace(addresses.PASSWORD_VARIABLE, PASSWORD_VARIABLE)
        raise InputError(error.problem, source=error.source, expected=error.expected, remedy=remedy) from None


def player_socket(node: Endpoint, access: Access) -> socket.socket:
    """A connected, signed-in, non-blocking socket that behaves alike with and without TLS."""
    plain = socket.create_connection((node.ip, node.address.port), timeout=_CONNECT_TIMEOUT_S)
    try:
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock = plain
        if access.tls:
            context = tls_context(access)
            context.sslsocket_class = _QuietTls
            sock = context.wrap_socket(plain, server_hostname=node.address.host)
        Connection.over(sock, node.address, access)
        sock.setblocking(False)
    except BaseException:
        plain.close()
        raise
    return sock


class _QuietTls(ssl.SSLSocket):
    """TLS that waits as plain sockets do: BlockingIOError in place of its own two errors, and nothing left decrypted but
    unread, which epoll would not tell of."""

    def send(self, data: Any, flags: int = 0) -> int:
        try:
            return super().send(data, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None

    def recv(self, buflen: int = 1024, flags: int = 0) -> bytes:
        try:
            data = super().recv(buflen, flags)
            while waiting := self.pending():
                data += super().recv(waiting, flags)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
            raise BlockingIOError from None
        return data
