"""Capture files of every kind give the same packets: byte orders, clocks, link types, sections, and what is cut off."""

from __future__ import annotations

import struct
from collections.abc import Callable

import dpkt
import pytest
from dpkt import pcapng

from engine.errors import InputError
from engine.traces.capture.layers import CUT, FRAGMENT, OTHER_LINK
from engine.traces.capture.packets import TRUNCATED_FILE
from engine.traces.capture.pcapng import UNDESCRIBED
from engine.traces.limits import MAX_PACKET_BYTES
from tests.engine.traces.capture.conversing import Conversation, pcap, raw_pcap, read, request

GET = request(b"GET", b"k")
TALK = Conversation().client(GET).server(b"$-1\r\n")
SECOND = 1_700_000_000


def _ip6(ip: dpkt.ip.IP) -> bytes:
    ends = [b"\xfd" + bytes(14) + address[-1:] for address in (ip.src, ip.dst)]
    return bytes(dpkt.ip6.IP6(src=ends[0], dst=ends[1], nxt=6, hlim=64, plen=len(bytes(ip.data)), data=ip.data))


def _vlan(ip: bytes) -> bytes:
    return bytes(12) + b"\x88\xa8\x00\x05" + b"\x81\x00\x00\x07" + b"\x08\x00" + ip


LINKS: dict[str, tuple[int, Callable[[dpkt.ip.IP], bytes]]] = {
    "Ethernet": (1, lambda ip: bytes(12) + b"\x08\x00" + bytes(ip)),
    "two VLAN tags": (1, lambda ip: _vlan(bytes(ip))),
    "Ethernet, IPv6": (1, lambda ip: bytes(12) + b"\x86\xdd" + _ip6(ip)),
    "Linux cooked": (113, lambda ip: bytes(14) + b"\x08\x00" + bytes(ip)),
    "Linux cooked 2": (276, lambda ip: b"\x08\x00" + bytes(18) + bytes(ip)),
    "raw IP": (101, bytes),
    "raw IPv4": (228, bytes),
    "raw IPv6": (229, _ip6),
    "BSD loopback": (0, lambda ip: b"\x02\x00\x00\x00" + bytes(ip)),
    "BSD loopback, IPv6": (0, lambda ip: b"\x1e\x00\x00\x00" + _ip6(ip)),
    "OpenBSD loopback": (108, lambda ip: b"\x00\x00\x00\x02" + bytes(ip)),
}


@pytest.mark.parametrize("name", LINKS)
def test_every_link_type_gives_the_same_commands(name: str) -> None:
    link, frame = LINKS[name]
    frames = [(packet.at_us, frame(packet.ip())) for packet in TALK.packets]
    found = read(raw_pcap([(at, data, len(data)) for at, data in frames], link=link))
    assert (found.words, found.replies, found.at_us) == ([[b"GET", b"k"]], [5], [4_000])
    assert found.about.clients == [b"[fd00::1]:50000" if "IPv6" in name or link == 229 else b"10.0.0.1:50000"]


@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize(("magic", "per_us"), [(0xA1B2C3D4, 1), (0xA1B23C4D, 1_000)])
def test_byte_orders_and_nanoseconds(order: str, magic: int, per_us: int) -> None:
    records = [(packet.at_us * per_us, packet.ethernet()) for packet in TALK.packets]
    data = raw_pcap([(at, frame, len(frame)) for at, frame in records], link=1, magic=magic, order=order)
    assert read(data).at_us == [4_000]


def _block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def _section(order: str) -> bytes:
    return _block(order, pcapng.PCAPNG_BT_SHB, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1))


def _interface(order: str, link: int, options: bytes = b"") -> bytes:
    return _block(order, pcapng.PCAPNG_BT_IDB, struct.pack(order + "HHI", link, 0, 0) + options)


def _enhanced(order: str, interface: int, ticks: int, data: bytes) -> bytes:
    head = struct.pack(order + "IIIII", interface, ticks >> 32, ticks & 0xFFFF_FFFF, len(data), len(data))
    return _block(order, pcapng.PCAPNG_BT_EPB, head + data)


@pytest.mark.parametrize("order", ["<", ">"])
def test_interfaces_of_pcapng_have_their_own_link_types_and_clocks(order: str) -> None:
    nanoseconds = struct.pack(order + "HHBxxx", pcapng.PCAPNG_OPT_IF_TSRESOL, 1, 9)
    shifted = struct.pack(order + "HHBxxxHHq", pcapng.PCAPNG_OPT_IF_TSRESOL, 1, 0x94, 14, 8, SECOND)  # 2^-20 s
    blocks = [_section(order), _interface(order, 1, nanoseconds), _interface(order, 101, shifted)]
    for number, packet in enumerate(TALK.packets):
        if number % 2:
            blocks.append(_enhanced(order, 1, packet.at_us * 2**20 // 1_000_000 + 1, bytes(packet.ip())))
        else:
            blocks.append(_enhanced(order, 0, (SECOND * 1_000_000 + packet.at_us) * 1_000, packet.ethernet()))
    blocks.insert(4, _block(order, 4, b"names nobody needs"))
    found = read(b"".join(blocks))
    assert (found.words, found.replies) == ([[b"GET", b"k"]], [5])
    assert found.at_us == [4_000]


def test_a_new_section_may_have_another_byte_order_and_forgets_interfaces() -> None:
    first = [_enhanced("<", 0, packet.at_us, packet.ethernet()) for packet in TALK.packets[:4]]
    second = [_enhanced(">", 0, packet.at_us, packet.ethernet()) for packet in TALK.packets[4:]]
    lost = _section(">") + _enhanced(">", 0, 99_999, TALK.packets[0].ethernet())
    data = b"".join([_section("<"), _interface("<", 1), *first, _section(">"), _interface(">", 1), *second, lost])
    found = read(data)
    assert found.replies == [5]
    assert found.about.skipped == {UNDESCRIBED: 1}


def test_simple_and_old_packet_blocks_are_read() -> None:
    blocks = [_section("<"), _interface("<", 1)]
    for number, packet in enumerate(TALK.packets):
        data = packet.ethernet()
        old = struct.pack("<HHIIII", 0, 0, 0, packet.at_us, len(data), len(data)) + data
        simple = struct.pack("<I", len(data)) + data
        blocks.append(
            _block("<", pcapng.PCAPNG_BT_SPB, simple) if number == 4 else _block("<", pcapng.PCAPNG_BT_PB, old)
        )
    assert read(b"".join(blocks)).replies == [5]


def test_a_file_that_ends_inside_a_packet_is_read_up_to_there() -> None:
    whole = pcap(TALK.packets)
    for cut in (3, len(TALK.packets[-1].ethernet()) + 5):
        found = read(whole[:-cut])
        assert found.words == [[b"GET", b"k"]]
        assert found.about.skipped == {TRUNCATED_FILE: 1}


def test_a_pcapng_file_that_ends_inside_a_block_is_read_up_to_there() -> None:
    blocks = [_enhanced("<", 0, packet.at_us, packet.ethernet()) for packet in TALK.packets]
    found = read(b"".join([_section("<"), _interface("<", 1), *blocks])[:-7])
    assert found.words == [[b"GET", b"k"]]
    assert found.about.skipped == {TRUNCATED_FILE: 1}


def test_a_length_no_packet_has_is_refused_where_it_stands() -> None:
    bad = struct.pack("<IIII", SECOND, 0, MAX_PACKET_BYTES + 1, 9)
    whole = pcap(TALK.packets)
    with pytest.raises(InputError, match="claims to be 1,048,577 bytes long") as refused:
        read(whole + bad + b"x" * 99)
    assert refused.value.offset == len(whole) + 16
    with pytest.raises(InputError, match="claims to be 4,294,967,295 bytes long"):
        read(_section("<") + struct.pack("<II", pcapng.PCAPNG_BT_EPB, 0xFFFF_FFFF))


def test_fragments_are_counted_and_left_out() -> None:
    ip = TALK.packets[3].ip()
    ip.mf = 1
    frames = [packet.ethernet() for packet in TALK.packets[:3]] + [bytes(12) + b"\x08\x00" + bytes(ip)]
    frames += [packet.ethernet() for packet in Conversation(port=9).client(GET).packets]
    found = read(raw_pcap([(0, frame, len(frame)) for frame in frames], link=1))
    assert found.words == [[b"GET", b"k"]]
    assert found.about.skipped == {FRAGMENT: 1}


def test_a_link_type_that_is_not_read_is_named() -> None:
    with pytest.raises(InputError, match="a link type that is not read"):
        read(raw_pcap([(0, b"x" * 60, 60)], link=105))
    assert OTHER_LINK


def test_padding_of_short_frames_is_no_payload() -> None:
    frames = [packet.ethernet().ljust(60, b"\0") for packet in TALK.packets]
    assert read(raw_pcap([(0, frame, len(frame)) for frame in frames], link=1)).replies == [5]


def test_headers_cut_by_the_capture_do_not_count_as_payload() -> None:
    frames = [packet.ethernet() for packet in TALK.packets]
    cut = [(number, frame if number != 4 else frame[:56], len(frame)) for number, frame in enumerate(frames)]
    found = read(raw_pcap(cut, link=1))
    assert found.about.skipped == {CUT: 1, "hole in a connection where the capture lost packets": 1}
    assert found.replies == [-1]
