"""One direction of a TCP connection put back in order: late, repeated and overlapping segments, and holes noticed.

Bytes are counted by position from where the capture first saw the stream. A hole is waited for within the limits, then
it counts as lost by the capture: the receiver had it, since the connection went on.
"""

from __future__ import annotations

from bisect import insort
from typing import NamedTuple

from engine.traces.limits import HOLE_PACKETS, HOLE_US, MAX_OUT_OF_ORDER_BYTES, MAX_OUT_OF_ORDER_PACKETS


class Piece(NamedTuple):
    """Bytes of a stream in order. `lost` bytes before them are missing. `t_us`: when all up to here had been seen.

    `ack`: position in the other direction up to which the sender had received when it sent these; None when not known.
    """

    t_us: int
    data: bytes
    lost: int
    ack: int | None


class _Held(NamedTuple):
    start: int
    serial: int
    length: int
    t_us: int
    data: bytes
    ack: int | None


def _signed(difference: int) -> int:
    """A difference of 32-bit sequence numbers, which wrap around."""
    return (difference + 0x8000_0000 & 0xFFFF_FFFF) - 0x8000_0000


class Stream:
    """Feed `take` with segments as captured. `position`: bytes delivered or given up so far."""

    __slots__ = ("_expected", "_held", "_passed", "_serial", "acked", "held_bytes", "position")

    def __init__(self) -> None:
        self.position = 0
        self.acked = 0  # up to here the receiver has said it has the bytes
        self.held_bytes = 0
        self._expected: int | None = None  # sequence number at `position`
        self._held: list[_Held] = []
        self._passed = 0  # packets since the present hole was met
        self._serial = 0

    @property
    def begun(self) -> bool:
        return self._expected is not None

    @property
    def waits(self) -> bool:
        """Whether something is held behind a hole."""
        return bool(self._held)

    def begin(self, seq: int) -> None:
        """The next byte has this sequence number, unless the stream has begun already."""
        if self._expected is None:
            self._expected = seq & 0xFFFF_FFFF

    def place(self, seq: int) -> int:
        """The position of a sequence number near the present one."""
        return self.position + _signed(seq - (self._expected or 0))

    def take(self, t_us: int, seq: int, data: bytes, length: int, ack: int | None) -> list[Piece]:
        """What can be delivered now that this segment is here. `length` on the wire may be more than was captured."""
        start = self.place(seq)
        if start + length <= self.position:
            return self.late(t_us)
        self._serial += 1
        held = _Held(start, self._serial, length, t_us, data, ack)
        if start > self.position:
            insort(self._held, held)
            self.held_bytes += len(data)
            return self.late(t_us)
        pieces = self._delivered(held, t_us)
        if self._held:
            self._passed = 0
            pieces += self._following(t_us)
        return pieces

    def late(self, t_us: int) -> list[Piece]:
        """What stands behind a hole, once the hole has to be given up; asked with every packet of the connection."""
        if not self._held:
            return []
        self._passed += 1
        return self._given_up() if self._lost(t_us) else []

    def finish(self) -> list[Piece]:
        """All that is still held; nothing more will come."""
        pieces: list[Piece] = []
        while self._held:
            pieces += self._given_up()
        return pieces

    def clear(self) -> None:
        """Hold nothing."""
        self._held.clear()
        self.held_bytes = 0

    def _lost(self, t_us: int) -> bool:
        first = self._held[0]
        return (
            self.held_bytes > MAX_OUT_OF_ORDER_BYTES
            or len(self._held) > MAX_OUT_OF_ORDER_PACKETS
            or t_us - first.t_us > HOLE_US
            or (self.acked >= first.start and self._passed > HOLE_PACKETS)
        )

    def _given_up(self) -> list[Piece]:
        lost = self._held[0].start - self.position
        self._advance(lost)
        self._passed = 0
        pieces = self._following(None)
        return [pieces[0]._replace(lost=lost + pieces[0].lost), *pieces[1:]] if pieces else []

    def _following(self, t_us: int | None) -> list[Piece]:
        """What is held and follows on. After a filled hole nothing of it could be used before the hole was filled."""
        pieces: list[Piece] = []
        count = 0
        for held in self._held:
            if held.start > self.position:
                break
            count += 1
            self.held_bytes -= len(held.data)
            if held.start + held.length > self.position:
                pieces += self._delivered(held, held.t_us if t_us is None else max(t_us, held.t_us))
        del self._held[:count]
        return pieces

    def _delivered(self, held: _Held, t_us: int) -> list[Piece]:
        known = self.position - held.start
        pieces = [Piece(t_us, held.data[known:], 0, held.ack)] if known < len(held.data) else []
        cut = held.length - max(known, len(held.data))  # the capture kept less of the packet than there was
        self._advance(held.length - known)
        if cut:
            pieces.append(Piece(t_us, b"", cut, held.ack))
        return pieces

    def _advance(self, size: int) -> None:
        self.position += size
        self._expected = ((self._expected or 0) + size) & 0xFFFF_FFFF
