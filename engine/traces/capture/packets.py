"""The packets of a capture file, pcap or pcapng, with time, link type and how much of each was kept.

Magic numbers, header layouts and option codes are dpkt's; its own file readers are not used because they round times,
do not say what the capture cut off, know one interface only and read whatever length a header claims.
"""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

import dpkt

from engine.errors import InputError
from engine.traces.capture.supply import Supply
from engine.traces.limits import MAX_PACKET_BYTES

TRUNCATED_FILE = "packet cut short by the end of the file"
EXPECTED = "a capture as tcpdump, Wireshark or dumpcap write it (pcap or pcapng)."

_NANOSECONDS = (dpkt.pcap.TCPDUMP_MAGIC_NANO, dpkt.pcap.PMUDPCT_MAGIC_NANO)
_MODIFIED = dpkt.pcap.MODPCAP_MAGIC
_FILE_HEADER = dpkt.pcap.FileHdr.__hdr_len__
PCAP_MAGICS = {
    struct.pack(order + "I", magic): (order, magic)
    for magic in (dpkt.pcap.TCPDUMP_MAGIC, dpkt.pcap.TCPDUMP_MAGIC_NANO, dpkt.pcap.MODPCAP_MAGIC)
    for order in "<>"
}


class Packet(NamedTuple):
    """One captured packet. `t_us`: Unix microseconds. `length`: bytes on the wire, at least `len(data)`."""

    t_us: int
    link: int
    data: bytes
    length: int


def pcap_packets(supply: Supply, skipped: Counter[str]) -> Iterator[Packet]:
    """The packets of a pcap file in any byte order, with microseconds or nanoseconds.

    A packet cut off by the end of the file is counted. Raises InputError for a broken header.
    """
    header = supply.read(_FILE_HEADER)
    if len(header) < _FILE_HEADER:
        raise InputError("ends within its file header.", source=supply.name, offset=len(header), expected=EXPECTED)
    if header[:4] not in PCAP_MAGICS:
        raise InputError("does not begin like a capture.", source=supply.name, offset=0, expected=EXPECTED)
    order, magic = PCAP_MAGICS[header[:4]]
    link = struct.unpack(order + "I", header[20:24])[0] & 0xFFFF  # the upper half says how long checksums are
    record = struct.Struct(order + ("IIIIIHBB" if magic == _MODIFIED else "IIII"))
    divisor = 1_000 if magic in _NANOSECONDS else 1
    while head := supply.read(record.size):
        if len(head) < record.size:
            skipped[TRUNCATED_FILE] += 1
            return
        seconds, fraction, kept, length = record.unpack(head)[:4]
        data = packet_bytes(supply, kept)
        if len(data) < kept:
            skipped[TRUNCATED_FILE] += 1
            return
        yield Packet(seconds * 1_000_000 + fraction // divisor, link, data, max(length, kept))


def packet_bytes(supply: Supply, kept: int) -> bytes:
    """The bytes of a packet whose header says it has `kept`. Raises InputError when that cannot be."""
    if kept > MAX_PACKET_BYTES:
        raise InputError(
            f"a packet claims to be {kept:,} bytes long; the file is damaged.",
            source=supply.name,
            offset=supply.offset,
            expected=f"packets of at most {MAX_PACKET_BYTES:,} bytes.",
            remedy="Capture again, or cut the file before this place, for example with editcap.",
        )
    return supply.read(kept)
