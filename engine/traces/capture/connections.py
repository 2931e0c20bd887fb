"""All connections of a capture at once, within limits on their number and on what they hold together."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

from engine.traces.capture.connection import Connection, Kind
from engine.traces.capture.layers import Endpoint, Segment
from engine.traces.capture.recorded import Recorded
from engine.traces.limits import MAX_CONNECTION_BYTES, MAX_OPEN_CONNECTIONS

LET_GO = "connection no longer followed because too many were open"
ENCRYPTED = "encrypted connection"

_Pair = tuple[Endpoint, Endpoint]


class Connections:
    """Feed `take` with segments as captured, then call `finish`. `kinds` counts what connections turned out to be."""

    def __init__(self, hand_on: Callable[[Recorded], None], skipped: Counter[str]) -> None:
        self.kinds: Counter[Kind] = Counter()
        self._hand_on = hand_on
        self._skipped = skipped
        self._open: dict[_Pair, Connection] = {}  # the one silent for longest first
        self._held_bytes = 0

    def take(self, segment: Segment) -> None:
        pair = _pair(segment)
        connection = self._open.pop(pair, None)
        if connection is not None and connection.is_over(segment):
            self._close(connection)
            connection = None
        if connection is None:
            connection = Connection(segment, self._hand_on, self._skipped)
        connection.take(segment)
        held = connection.held_bytes
        self._held_bytes += held - connection.counted_bytes
        connection.counted_bytes = held
        self._open[pair] = connection
        self._within_limits()

    def finish(self) -> None:
        """The capture is over."""
        for connection in self._open.values():
            self._close(connection)
        self._open.clear()

    def _within_limits(self) -> None:
        while len(self._open) > MAX_OPEN_CONNECTIONS or (self._held_bytes > MAX_CONNECTION_BYTES and self._open):
            connection = self._open.pop(next(iter(self._open)))
            if connection.kind in (Kind.COMMANDS, Kind.UNDECIDED):
                self._skipped[LET_GO] += 1
            self._close(connection)

    def _close(self, connection: Connection) -> None:
        self._held_bytes -= connection.counted_bytes
        connection.finish()
        self.kinds[connection.kind] += 1
        if connection.kind is Kind.ENCRYPTED:
            self._skipped[ENCRYPTED] += 1


def _pair(segment: Segment) -> _Pair:
    """The two ends, the same for both directions."""
    if segment.source <= segment.target:
        return segment.source, segment.target
    return segment.target, segment.source
