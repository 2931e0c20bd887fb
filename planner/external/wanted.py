"""What somebody asks for when they measure on a cluster of their own, and the words they agree to. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import quote

from engine.cluster.external.network import Policy
from engine.cluster.external.target import PASSWORD_VARIABLE, Target, parse_target
from engine.replay.external.keys import DEFAULT
from engine.replay.external.rate import DEFAULT_PER_S


@dataclass(frozen=True, slots=True)
class Wanted:
    """`url` without a password; `ca`: certificates to trust (PEM), empty for the system's."""

    url: str
    password: str = field(default="", repr=False)
    ca: str = ""
    prefix: str = DEFAULT
    per_s: float = DEFAULT_PER_S
    speed: float = 1.0
    remove_leftovers: bool = False
    confirmed: str = ""

    @contextmanager
    def target(self, policy: Policy) -> Iterator[Target]:
        """Where that is, for the length of a `with` block. Raises InputError, which never repeats the URL or the password."""
        with TemporaryDirectory(prefix="headroom-ca-") as folder:
            ca = Path(folder) / "ca.pem"
            if self.ca:
                ca.write_text(self.ca)
            yield parse_target(self.url, {PASSWORD_VARIABLE: self.password}, ca=ca if self.ca else None, policy=policy)


PATTERN = (
    "This cluster is mine to load, or its owner agrees, and it serves no customers now. Headroom may create, change and "
    "delete keys there whose names begin with “%p”, and no others, with at most %r commands a second, and removes every one "
    "of them afterwards."
)


def confirmation(prefix: str, per_s: float) -> str:
    """What is agreed to, word by word."""
    return PATTERN.replace("%p", prefix).replace("%r", f"{per_s:,.0f}")


def without_password(target: Target) -> str:
    """The target's URL as it may be kept."""
    scheme = "rediss" if target.access.tls else "redis"
    user = f"{quote(target.access.user, safe='')}@" if target.access.user else ""
    return f"{scheme}://{user}{target.address}"
