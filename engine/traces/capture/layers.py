"""From a packet to its TCP segment: link header, IP by dpkt, TCP by dpkt. Anything else is none, and fragments are counted."""

from __future__ import annotations

import socket
import struct
from collections import Counter
from typing import NamedTuple

import dpkt
from dpkt import pcap

from engine.traces.capture.packets import Packet

FRAGMENT = "IP fragment"
CUT = "packet cut short by the capture's length limit"
UNREADABLE = "unreadable packet"
OTHER_LINK = "packet of a link type that is not read"

_IPV4, _IPV6 = dpkt.ethernet.ETH_TYPE_IP, dpkt.ethernet.ETH_TYPE_IP6
_VLAN = (dpkt.ethernet.ETH_TYPE_8021Q, dpkt.ethernet.ETH_TYPE_8021AD, 0x9100)
_RAW = frozenset((12, 14, 101, pcap.DLT_IPV4, pcap.DLT_IPV6))
_LOOP = frozenset((pcap.DLT_NULL, 108))
_ETHER_TYPE_AT = {pcap.DLT_EN10MB: (12, 14), pcap.DLT_LINUX_SLL: (14, 16), pcap.DLT_LINUX_SLL2: (0, 20)}
LINKS = _RAW | _LOOP | _ETHER_TYPE_AT.keys()
_BROKEN = (dpkt.Error, ValueError, IndexError, AttributeError, struct.error)

Endpoint = tuple[bytes, int]
"""Address as the packet has it, and port."""


class Segment(NamedTuple):
    """A TCP segment. `ack` is None without the flag. `length`: payload bytes on the wire, at least `len(data)`."""

    t_us: int
    source: Endpoint
    target: Endpoint
    seq: int
    ack: int | None
    flags: int
    data: bytes
    length: int


def segment_of(packet: Packet, skipped: Counter[str]) -> Segment | None:
    """The TCP segment in a packet, None when it has none."""
    if packet.link not in LINKS:
        skipped[OTHER_LINK] += 1
        return None
    at = _ip_at(packet.link, packet.data)
    if at is None or at >= len(packet.data):
        return None
    try:
        return _from_ip(packet, at, skipped)
    except _BROKEN:
        skipped[UNREADABLE] += 1
        return None


def _ip_at(link: int, data: bytes) -> int | None:
    """Where the IP header begins; None when the packet is of another kind (ARP, say)."""
    if link in _RAW:
        return 0
    if link in _LOOP:
        return 4
    type_at, at = _ETHER_TYPE_AT[link]
    kind = int.from_bytes(data[type_at : type_at + 2], "big")
    while kind in _VLAN and at + 4 <= len(data):
        kind, at = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
    return at if kind in (_IPV4, _IPV6) else None


def _from_ip(packet: Packet, at: int, skipped: Counter[str]) -> Segment | None:
    data = packet.data[at:]
    on_wire = packet.length - at
    if data[0] >> 4 == 4:
        ip = dpkt.ip.IP(data)
        fragment, total = bool(ip.mf or ip.offset), ip.len or on_wire
    elif data[0] >> 4 == 6:
        ip = dpkt.ip6.IP6(data)
        fragment, total = dpkt.ip.IP_PROTO_FRAGMENT in ip.extension_hdrs, ip.plen + 40 if ip.plen else on_wire
    else:
        return None
    if fragment:
        skipped[FRAGMENT] += 1
        return None
    if not isinstance(ip.data, dpkt.tcp.TCP):
        return None
    return _from_tcp(packet.t_us, ip.src, ip.dst, ip.data, max(0, total - len(data)), skipped)


def _from_tcp(
    t_us: int, source: bytes, target: bytes, tcp: dpkt.tcp.TCP, missing: int, skipped: Counter[str]
) -> Segment:
    """`missing`: bytes the capture cut off the end of the packet; part of them may be of the header's options."""
    flags = tcp.flags
    if missing:
        skipped[CUT] += 1
        missing = max(0, missing - (tcp.off * 4 - 20 - len(tcp.opts)))
    data = bytes(tcp.data)
    ack = tcp.ack if flags & dpkt.tcp.TH_ACK else None
    return Segment(t_us, (source, tcp.sport), (target, tcp.dport), tcp.seq, ack, flags, data, len(data) + missing)


def name_of(endpoint: Endpoint) -> bytes:
    """`127.0.0.1:50000` or `[::1]:50000`, as the engines write clients."""
    address, port = endpoint
    if len(address) == 4:
        return f"{socket.inet_ntop(socket.AF_INET, address)}:{port}".encode()
    return f"[{socket.inet_ntop(socket.AF_INET6, address)}]:{port}".encode()
