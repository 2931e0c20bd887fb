"""One node of somebody else's cluster, asked through a short list of commands. What it may not say is None, never an error."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from engine import commands
from engine.cluster.external.target import Endpoint, control_connection
from engine.recording.address import Access
from engine.recording.connection import Connection, Lost, Refused

ASKED = frozenset(["PING", "INFO", "CLUSTER SLOTS", "CLUSTER SHARDS", "DBSIZE", "SCAN", "MEMORY USAGE", "UNLINK"])
"""All that is ever sent besides the admitted commands of the recording, and AUTH."""


class ExternalNode:
    """Signed in once made. Raises Lost when the connection ends."""

    def __init__(self, endpoint: Endpoint, access: Access) -> None:
        self.endpoint = endpoint
        self._access = access
        self._connection: Connection = control_connection(endpoint, access)

    def __repr__(self) -> str:
        return f"ExternalNode({self.endpoint})"

    @property
    def tls_version(self) -> str:
        """Such as `TLSv1.3`; empty without TLS."""
        return self._connection.tls_version

    def ask(self, *words: bytes) -> Any:
        """The reply to one of the commands of `ASKED`. Raises Refused when the server answers with an error."""
        _require_asked(words)
        return self._again(lambda connection: connection.ask(*words))

    def ask_all(self, many: Sequence[Sequence[bytes]]) -> list[Any]:
        """Many of them at once; errors stand among the replies."""
        for words in many:
            _require_asked(words)
        replies: list[Any] = self._again(lambda connection: connection.ask_all(many))
        return replies

    def load(self, many: Sequence[Sequence[bytes]]) -> list[Any]:
        """Commands that the caller has admitted; errors stand among the replies."""
        return self._connection.ask_all(many)

    def info(self, section: str) -> Mapping[str, Any]:
        """One section of INFO; fields of fields (`calls=1,usec=2`) as a mapping. Empty when the server does not say."""
        try:
            text: bytes = self.ask(b"INFO", section.encode())
        except Refused:
            return {}
        return parse_info(text.decode("utf-8", "replace"))

    def keys(self) -> int | None:
        """How many keys there are, by whomever."""
        try:
            return int(self.ask(b"DBSIZE"))
        except Refused:
            return None

    def scan(self, prefix: bytes, count: int, *, per_s: float) -> Iterator[list[bytes]]:
        """Keys that begin with the prefix, some at a time and no more often than `per_s`: others may have many keys to pass.
        Raises Refused."""
        cursor = b"0"
        while True:
            cursor, found = self.ask(b"SCAN", cursor, b"MATCH", prefix + b"*", b"COUNT", b"%d" % count)
            yield [key for key in found if key.startswith(prefix)]
            if cursor == b"0":
                return
            time.sleep(1 / per_s)

    def close(self) -> None:
        self._connection.close()

    def _again(self, ask: Callable[[Connection], Any]) -> Any:
        """Once more over a new connection when the old one is lost: servers close idle ones, and a replay is long."""
        try:
            return ask(self._connection)
        except Lost:
            self._connection.close()
            self._connection = control_connection(self.endpoint, self._access)
            return ask(self._connection)


def parse_info(text: str) -> dict[str, Any]:
    """The lines `name:value` of INFO."""
    pairs = (line.partition(":") for line in text.splitlines() if not line.startswith("#"))
    return {name: _value(value) for name, colon, value in pairs if colon}


def _value(value: str) -> Any:
    parts = [part.partition("=") for part in value.split(",")]
    if all(equals for _, equals, _ in parts):
        return {name: inner for name, _, inner in parts}
    return value


def _require_asked(words: Sequence[bytes]) -> None:
    name = commands.split(words)[0]
    if name not in ASKED:
        raise ValueError(f"{name} is not sent to somebody else's cluster")
