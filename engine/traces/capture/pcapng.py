"""The packets of a pcapng file: sections of either byte order, several interfaces with their own clocks and link types."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import dpkt
from dpkt import pcapng

from engine.errors import InputError
from engine.traces.capture.packets import EXPECTED, TRUNCATED_FILE, Packet
from engine.traces.capture.supply import Supply
from engine.traces.limits import MAX_CAPTURE_BLOCK_BYTES, MAX_INTERFACES, MAX_PACKET_BYTES

PCAPNG_MAGIC = struct.pack(">I", pcapng.PCAPNG_BT_SHB)  # the same in both byte orders
UNDESCRIBED = "packet of an interface the capture does not describe"
_ORDERS = {struct.pack(">I", pcapng.BYTE_ORDER_MAGIC): ">", struct.pack("<I", pcapng.BYTE_ORDER_MAGIC): "<"}
_PACKETS = (pcapng.PCAPNG_BT_EPB, pcapng.PCAPNG_BT_PB, pcapng.PCAPNG_BT_SPB)
_SMALLEST = 12  # type, length, length again
_MARGIN = 1 << 16  # headers and options around a packet
_BROKEN = (dpkt.Error, ValueError, IndexError, struct.error)


class _Interface(NamedTuple):
    """`per_second`: clock ticks; `since_us`: what is added to every time."""

    link: int
    per_second: int
    since_us: int
    kept: int


def pcapng_packets(supply: Supply, skipped: Counter[str]) -> Iterator[Packet]:
    """The packets of a pcapng file. Raises InputError for a broken block; a cut last block is counted."""
    return _Sections(supply, skipped).packets()


class _Sections:
    def __init__(self, supply: Supply, skipped: Counter[str]) -> None:
        self._supply = supply
        self._skipped = skipped
        self._order = "<"
        self._interfaces: list[_Interface] = []
        self._t_us = 0  # a simple packet block has no time: it gets the packet's before it

    def packets(self) -> Iterator[Packet]:
        while head := self._supply.read(8):
            if head[:4] == PCAPNG_MAGIC:
                head += self._supply.read(4)
                self._section(head)
            if len(head) < 8 or (block := self._block(head)) is None:
                self._skipped[TRUNCATED_FILE] += 1
                return
            packet = self._packet(*block)
            if packet is not None:
                yield packet

    def _section(self, head: bytes) -> None:
        """A section starts: its byte order holds from here, and it describes its own interfaces."""
        order = _ORDERS.get(head[8:12])
        if order is None and len(head) == 12:
            raise self._broken("a section header without a byte order mark.")
        self._order = order or self._order
        self._interfaces = []

    def _block(self, head: bytes) -> tuple[int, bytes] | None:
        """Type and body of a block that is of use, with an empty body when it is not; None when the file ends in it."""
        kind, length = struct.unpack(self._order + "II", head[:8])
        wanted = kind in _PACKETS or kind == pcapng.PCAPNG_BT_IDB
        most = MAX_PACKET_BYTES + _MARGIN if wanted else MAX_CAPTURE_BLOCK_BYTES
        if not _SMALLEST <= length <= most:
            raise self._broken(f"a block of type {kind} claims to be {length:,} bytes long; the file is damaged.")
        rest = (length + 3) // 4 * 4 - len(head)
        if not wanted:
            return (kind, b"") if self._supply.skip(rest) else None
        body = self._supply.read(rest)
        if len(body) < rest:
            return None
        if struct.unpack(self._order + "I", body[-4:])[0] != length:
            raise self._broken("the two lengths of a block differ; the file is damaged.")
        return kind, body[:-4]

    def _packet(self, kind: int, body: bytes) -> Packet | None:
        try:
            if kind == pcapng.PCAPNG_BT_IDB:
                self._describe(body)
                return None
            return self._taken(kind, body) if kind in _PACKETS else None
        except _BROKEN as error:
            raise self._broken(f"a block of type {kind} cannot be read; the file is damaged.") from error

    def _describe(self, body: bytes) -> None:
        if len(self._interfaces) >= MAX_INTERFACES:
            raise self._broken(f"more than {MAX_INTERFACES:,} interfaces are described.")
        link, _, kept = struct.unpack(self._order + "HHI", body[:8])
        options = dict(self._options(body[8:]))
        resolution = options.get(pcapng.PCAPNG_OPT_IF_TSRESOL, b"\x06")[0]
        exponent = resolution & 0x7F
        per_second = min(1 << exponent, 1 << 63) if resolution & 0x80 else 10 ** min(exponent, 18)
        since = options.get(pcapng.PCAPNG_OPT_IF_TSOFFSET)
        since_s = struct.unpack(self._order + "q", since)[0] if since is not None else 0
        self._interfaces.append(_Interface(link, per_second, since_s * 1_000_000, kept))

    def _options(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        at = 0
        while at + 4 <= len(data):
            code, size = struct.unpack(self._order + "HH", data[at : at + 4])
            if code == pcapng.PCAPNG_OPT_ENDOFOPT:
                return
            yield code, data[at + 4 : at + 4 + size]
            at += 4 + (size + 3) // 4 * 4

    def _taken(self, kind: int, body: bytes) -> Packet | None:
        if kind == pcapng.PCAPNG_BT_SPB:
            return self._simple(body)
        number = struct.unpack(self._order + ("I" if kind == pcapng.PCAPNG_BT_EPB else "H2x"), body[:4])[0]
        high, low, kept, length = struct.unpack(self._order + "IIII", body[4:20])
        data = body[20 : 20 + kept]
        if len(data) < kept:
            raise ValueError("more bytes than the block has")
        if number >= len(self._interfaces):
            self._skipped[UNDESCRIBED] += 1
            return None
        interface = self._interfaces[number]
        self._t_us = (high << 32 | low) * 1_000_000 // interface.per_second + interface.since_us
        return Packet(self._t_us, interface.link, data, max(length, kept))

    def _simple(self, body: bytes) -> Packet | None:
        if not self._interfaces:
            self._skipped[UNDESCRIBED] += 1
            return None
        length = struct.unpack(self._order + "I", body[:4])[0]
        interface = self._interfaces[0]
        data = body[4 : 4 + min(length, interface.kept or length)]
        return Packet(self._t_us, interface.link, data, max(length, len(data)))

    def _broken(self, problem: str) -> InputError:
        return InputError(
            problem,
            source=self._supply.name,
            offset=self._supply.offset,
            expected=EXPECTED,
            remedy="Capture again, or cut the file before this place, for example with editcap.",
        )
