"""Captures of the network, pcap and pcapng: the only recording that knows the replies.

Commands stand at the time of the packet that completed them; `reply_len` is the reply's length on the wire. What the
capture lost is counted; encrypted connections cannot be read and are named as such.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from engine.errors import InputError
from engine.traces.block import Block
from engine.traces.capture.connection import Kind
from engine.traces.capture.connections import Connections
from engine.traces.capture.layers import OTHER_LINK, segment_of
from engine.traces.capture.packets import EXPECTED, PCAP_MAGICS, Packet, pcap_packets
from engine.traces.capture.pcapng import PCAPNG_MAGIC, pcapng_packets
from engine.traces.capture.supply import Supply
from engine.traces.capture.window import Window
from engine.traces.formats.reader import About, Format, Member, Options

NAME = "pcap"
TIMELESS = "packet with an impossible time"
_LATEST_US = 4_102_444_800_000_000  # the year 2100
_WANTED = "TCP connections that speak the Redis protocol in plain text."
_ANSWERED = (
    "Reply sizes are recorded for {share} of the commands; the capture does not show the other replies as a whole."
)


def recognised(head: bytes) -> bool:
    """Whether a file that begins so is a capture."""
    return head[:4] in PCAP_MAGICS or head[:4] == PCAPNG_MAGIC


class CaptureReader:
    """Reads one capture file. See `engine.traces.formats.reader.Reader`."""

    def __init__(self, member: Member) -> None:
        self._member = member
        self._about = About(format=NAME)
        self._window = Window(self._about.skipped)
        self._connections = Connections(self._window.add, self._about.skipped)
        self._commands = 0
        self._seen: Counter[str] = Counter()

    @property
    def about(self) -> About:
        return self._about

    def blocks(self) -> Iterator[Block]:
        for packet in self._packets():
            self._take(packet)
            while self._window.full:
                yield from self._block(everything=False)
        self._connections.finish()
        yield from self._block(everything=True)
        if not self._commands:
            raise self._nothing()
        self._conclude()

    def _packets(self) -> Iterator[Packet]:
        read = pcapng_packets if self._member.head()[:4] == PCAPNG_MAGIC else pcap_packets
        return read(Supply(self._member), self._about.skipped)

    def _take(self, packet: Packet) -> None:
        self._seen["packets"] += 1
        if not 0 <= packet.t_us < _LATEST_US:
            self._about.skipped[TIMELESS] += 1
            return
        segment = segment_of(packet, self._about.skipped)
        if segment is not None:
            self._seen["segments"] += 1
            self._connections.take(segment)

    def _block(self, *, everything: bool) -> Iterator[Block]:
        block = self._window.block(everything=everything)
        if block is not None:
            self._commands += len(block)
            yield block

    def _conclude(self) -> None:
        self._about.clients = self._window.clients
        answered = self._window.answered
        if answered < self._commands:
            share = f"{answered / self._commands:.1%}"
            self._about.notes = (_ANSWERED.format(share=share),)

    def _nothing(self) -> InputError:
        """Why there is no command in it, as exactly as can be told."""
        if self._connections.kinds[Kind.ENCRYPTED]:
            return self._error(
                "the connections in this capture are encrypted (TLS), so no command can be read from it.",
                "Record with MONITOR instead (python -m engine record), or capture behind the end of TLS.",
            )
        if not self._seen["packets"]:
            return self._error("the capture has no packets.", "Check the capture filter, and capture again.")
        if self._about.skipped[OTHER_LINK] == self._seen["packets"]:
            return self._error(
                "its packets are of a link type that is not read.",
                "Capture on an Ethernet, loopback or `any` interface.",
            )
        if not self._seen["segments"]:
            return self._error("no packet of the capture is of TCP.", "Capture with a filter such as `tcp port 6379`.")
        return self._error(
            "no connection in this capture speaks the Redis protocol.",
            "Capture the server's port (for example `tcpdump -s 0 -w out.pcap tcp port 6379`) while clients are at work.",
        )

    def _error(self, problem: str, remedy: str) -> InputError:
        return InputError(problem, source=self._member.name, expected=_WANTED, remedy=remedy)


def _open(members: Sequence[Member], options: Options) -> CaptureReader:
    return CaptureReader(members[0])


FORMAT = Format(
    name=NAME,
    title="Network capture (pcap, pcapng)",
    expected=EXPECTED,
    recognised=recognised,
    open=_open,
)
