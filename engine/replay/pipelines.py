"""Which commands were sent in one piece: a client that waits for an answer cannot send the next command this soon. Pure.

A server executes what it reads from one client in one go, so commands of a pipeline stand next to each other in a recording,
microseconds apart. Replayed at those times they would leave one by one; they are therefore due together.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine.traces.model import Operation

CLOSE_US = 20  # less than any round trip through a network stack, loopback included
_NOBODY = -1


@dataclass(slots=True)
class Pipelines:
    """Follows the operations that are sent, in recorded order. `finest_us`: the resolution of the recording's clock."""

    finest_us: int
    joined: int = 0
    _client: int = _NOBODY
    _t_us: int = 0

    def joins(self, operation: Operation) -> bool:
        """Whether an operation left together with the one before it."""
        close = operation.conn == self._client and 0 <= operation.t_us - self._t_us <= CLOSE_US
        self._client, self._t_us = operation.conn, operation.t_us
        joined = close and self.finest_us <= 1
        self.joined += joined
        return joined

    def note(self) -> tuple[str, ...]:
        """What to say of it."""
        if not self.joined:
            return ()
        return (
            f"{self.joined:,} operations came within {CLOSE_US} µs of the one before them on their connection, sooner than "
            "any answer: they were sent together with it, as a pipeline.",
        )
