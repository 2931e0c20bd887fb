"""One command as the capture shows it, from the moment it was sent until it is handed on, its reply known or not."""

from __future__ import annotations

from dataclasses import dataclass

from engine.traces.block import UNKNOWN
from engine.traces.capture.layers import Endpoint


@dataclass(slots=True)
class Peer:
    """The client's end of a connection. `number`: given when its first command is handed on."""

    address: Endpoint
    number: int | None = None


@dataclass(slots=True)
class Recorded:
    """`words` None: bytes of it are missing, or it was handed on. `name`: its first word in upper case.

    `expected`: replies it is still owed (SUBSCRIBE gets one for each channel), None when their number is open.
    `end`: the place in the client's stream where it ends. `refused`: the server sent it to another node.
    """

    t_us: int
    peer: Peer
    db: int
    words: list[bytes] | None
    name: bytes
    second: bytes = b""
    reply_len: int = UNKNOWN
    expected: int | None = 1
    end: int = 0
    refused: bool = False

    @property
    def size(self) -> int:
        """About what it costs in memory, in bytes."""
        return 300 + sum(map(len, self.words)) + 60 * len(self.words) if self.words is not None else 300


def recorded(t_us: int, peer: Peer, db: int, words: list[bytes] | None) -> Recorded:
    name = words[0][:32].upper() if words else b""
    second = words[1][:32].upper() if words and len(words) > 1 else b""
    return Recorded(t_us, peer, db, words, name, second)
