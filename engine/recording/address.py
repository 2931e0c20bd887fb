"""Where the server is and how to sign in: read from a URL and the environment, shown without the password, always."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from engine.errors import InputError

PASSWORD_VARIABLE = "HEADROOM_RECORD_PASSWORD"
SCHEMES = ("redis", "rediss", "unix")
EXPECTED = "redis://[user@]host[:port], rediss://… for TLS, or unix:///path/of/socket."
_DEFAULT_PORT = 6379
_HOST = re.compile(r"[A-Za-z0-9._:%-]{1,253}")


@dataclass(frozen=True, slots=True)
class Address:
    """A host and port, or a unix socket when `path` is set."""

    host: str
    port: int = _DEFAULT_PORT
    path: str = ""

    def __str__(self) -> str:
        if self.path:
            return f"unix:{self.path}"
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Access:
    """How to connect and sign in, the same for all nodes. `ca`: certificates to trust in place of the system's."""

    tls: bool = False
    user: str = ""
    password: str = field(default="", repr=False)
    ca: Path | None = None


def parse_url(url: str, environment: Mapping[str, str], *, ca: Path | None = None) -> tuple[Address, Access]:
    """Raises InputError; its message never repeats the URL, which may hold a password.

    The environment's `HEADROOM_RECORD_PASSWORD` serves when the URL has none, so that none is seen among the processes.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _refused("is no URL.") from error
    if parts.scheme not in SCHEMES:
        raise _refused(f"has the scheme {parts.scheme[:20]!r}." if parts.scheme else "has no scheme.")
    user, password = _sign_in(parts)
    access = Access(parts.scheme == "rediss", user, password or environment.get(PASSWORD_VARIABLE, ""), ca)
    if parts.scheme == "unix":
        return _socket(parts), access
    host = parts.hostname or ""
    if not _HOST.fullmatch(host):
        raise _refused("names no host.")
    return Address(host, port or _DEFAULT_PORT), access


def _sign_in(parts: SplitResult) -> tuple[str, str]:
    """From `user:password@`, or for unix sockets from the query as other clients write it."""
    query = parse_qs(parts.query)
    user = unquote(parts.username or "") or query.get("username", [""])[0]
    return user, unquote(parts.password or "") or query.get("password", [""])[0]


def _socket(parts: SplitResult) -> Address:
    path = unquote(parts.path)
    if not path.startswith("/"):
        raise _refused("names no socket.")
    return Address("", 0, path)


def _refused(problem: str) -> InputError:
    return InputError(problem, source="URL", expected=EXPECTED)
