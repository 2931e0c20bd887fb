"""Conversations of clients with a server, as packets a capture would hold."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

import dpkt

from engine.traces.block import Block
from engine.traces.formats.pcap import FORMAT
from engine.traces.formats.reader import About, Options
from tests.fuzz.harness import InMemory, check

T0_US = 1_700_000_000_000_000
CLIENT_ISN, SERVER_ISN = 0xFFFF_FF00, 70_000  # the client's sequence numbers wrap around early
SYN, ACK, FIN, RST = dpkt.tcp.TH_SYN, dpkt.tcp.TH_ACK, dpkt.tcp.TH_FIN, dpkt.tcp.TH_RST


@dataclass(frozen=True, slots=True)
class Sent:
    """A packet: time in µs since the start, whether the client sent it, and its TCP part."""

    at_us: int
    from_client: bool
    seq: int
    ack: int
    flags: int
    data: bytes = b""
    port: int = 50_000

    def ip(self) -> dpkt.ip.IP:
        ends = (b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02")
        ports = (self.port, 6379)
        here = 0 if self.from_client else 1
        tcp = dpkt.tcp.TCP(
            sport=ports[here],
            dport=ports[1 - here],
            seq=self.seq & 0xFFFF_FFFF,
            ack=self.ack & 0xFFFF_FFFF,
            flags=self.flags,
            data=self.data,
        )
        return dpkt.ip.IP(src=ends[here], dst=ends[1 - here], p=6, data=tcp)

    def ethernet(self) -> bytes:
        return bytes(dpkt.ethernet.Ethernet(type=0x0800, data=self.ip()))


@dataclass(slots=True)
class Conversation:
    """One connection, a packet a millisecond. `packets` is what a perfect capture holds."""

    port: int = 50_000
    handshake: bool = True
    every_us: int = 1_000
    now_us: int = 0
    packets: list[Sent] = field(default_factory=list)
    _next: dict[bool, int] = field(default_factory=lambda: {True: CLIENT_ISN, False: SERVER_ISN})

    def __post_init__(self) -> None:
        if self.handshake:
            self._add(True, SYN, b"")
            self._add(False, SYN | ACK, b"")
            self._add(True, ACK, b"")
        else:
            self._next = {True: CLIENT_ISN + 1, False: SERVER_ISN + 1}

    def client(self, *parts: bytes) -> Conversation:
        return self._say(True, parts)

    def server(self, *parts: bytes) -> Conversation:
        return self._say(False, parts)

    def _say(self, from_client: bool, parts: Iterable[bytes]) -> Conversation:
        for part in parts:
            self._add(from_client, ACK | dpkt.tcp.TH_PUSH, part)
        return self

    def _add(self, from_client: bool, flags: int, data: bytes) -> None:
        self.now_us += self.every_us
        seq, ack = self._next[from_client], self._next[not from_client]
        self.packets.append(Sent(self.now_us, from_client, seq, ack if flags & ACK else 0, flags, data, self.port))
        self._next[from_client] += len(data) + bool(flags & (SYN | FIN))


def request(*words: bytes) -> bytes:
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def bulk(data: bytes) -> bytes:
    return b"$%d\r\n%s\r\n" % (len(data), data)


def pcap(packets: Iterable[Sent]) -> bytes:
    """A pcap file of Ethernet packets."""
    file = io.BytesIO()
    writer = dpkt.pcap.Writer(file, linktype=dpkt.pcap.DLT_EN10MB, snaplen=65_535)
    for packet in packets:
        writer.writepkt(packet.ethernet(), ts=Decimal(T0_US + packet.at_us) / 1_000_000)
    return file.getvalue()


def raw_pcap(
    records: Iterable[tuple[int, bytes, int]], *, link: int, magic: int = 0xA1B2C3D4, order: str = "<"
) -> bytes:
    """A pcap file of these records: fraction of the second 1,700,000,000, bytes kept, length on the wire."""
    head = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65_535, link)
    return head + b"".join(
        struct.pack(order + "IIII", 1_700_000_000, fraction, len(data), length) + data
        for fraction, data, length in records
    )


@dataclass(frozen=True, slots=True)
class Read:
    """All rows of a recording."""

    words: list[list[bytes]]
    replies: list[int]
    db: list[int]
    conn: list[int]
    at_us: list[int]
    about: About


def read(data: bytes, *, piece: int = 1 << 20) -> Read:
    """What the reader makes of a capture file."""
    reader = FORMAT.open([InMemory(data, piece=piece)], Options())
    blocks = [block for block in reader.blocks() if isinstance(block, Block)]
    for block in blocks:
        check(block)
    return Read(
        words=[words for block in blocks for words in block.words()],
        replies=_column([block.reply_len.tolist() for block in blocks if block.reply_len is not None]),
        db=_column([block.db.tolist() for block in blocks]),
        conn=_column([block.conn.tolist() for block in blocks]),
        at_us=[t - T0_US for t in _column([block.t_us.tolist() for block in blocks])],
        about=reader.about,
    )


def _column(parts: Sequence[Sequence[int]]) -> list[int]:
    return [value for part in parts for value in part]
