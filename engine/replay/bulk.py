"""Commands sent to one node in bulk, before the clock starts: of the answers only the errors are kept."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self

import hiredis

from engine.cluster.node import HOST
from engine.errors import Interrupted
from engine.replay import resp

_TIMEOUT_S = 120  # for the slowest single command: one that makes a large part of a key
_RECEIVE_BYTES = 1 << 18
_NOTHING: Any = object()


@dataclass(slots=True)
class BulkLink:
    """A signed-in connection to the node on `port`; use it as a context manager. Raises OSError when it breaks."""

    port: int
    password: str
    _socket: socket.socket = field(init=False)
    _reader: Any = field(default_factory=lambda: hiredis.Reader(notEnoughData=_NOTHING))

    def __post_init__(self) -> None:
        self._socket = socket.create_connection((HOST, self.port), timeout=_TIMEOUT_S)
        if self.send([(b"AUTH", self.password.encode())]):
            raise Interrupted(f"The engine on port {self.port} refused the sign-in.")

    def send(self, commands: Iterable[tuple[bytes, ...]]) -> Counter[str]:
        """Send them all and wait for all answers; answers how many were errors, by their first word."""
        pieces = [resp.command(words) for words in commands]
        self._socket.sendall(b"".join(pieces))
        replies = (self._reply() for _ in pieces)
        return Counter(str(reply).split(" ", 1)[0] for reply in replies if isinstance(reply, hiredis.ReplyError))

    def _reply(self) -> Any:
        while (reply := self._reader.gets()) is _NOTHING:
            received = self._socket.recv(_RECEIVE_BYTES)
            if not received:
                raise ConnectionResetError(f"the engine on port {self.port} closed the connection")
            self._reader.feed(received)
        return reply

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()
