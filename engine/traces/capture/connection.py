"""One TCP connection: which end is the server, the two streams, and the commands with their replies.

The client is who sent the SYN, else who sends commands as RESP arrays. A connection is let alone once it turns out to be
something else: encrypted, another protocol, or a replica's link, whose commands are its primary's and not a client's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from enum import Enum, auto

import dpkt

from engine import commands
from engine.traces.capture.layers import Endpoint, Segment
from engine.traces.capture.matching import Matcher
from engine.traces.capture.recorded import Peer, Recorded, recorded
from engine.traces.capture.replies import Reply, ReplyParser
from engine.traces.capture.requests import RequestParser, Words, begins_command, inline_words
from engine.traces.capture.session import Session, without_secrets
from engine.traces.capture.stream import Piece, Stream

HOLE = "hole in a connection where the capture lost packets"
DAMAGED = "command with bytes missing in the capture or larger than 64 MB"
UNREADABLE = "place where a client's bytes were no commands"
REDIRECTED = "command sent to another node by MOVED or ASK"
LINK = "replication link"

_SYN, _ACK = dpkt.tcp.TH_SYN, dpkt.tcp.TH_ACK
_TLS = (b"\x16\x03", b"\x17\x03")  # a handshake, and data in the middle of a connection
_LINK_NAMES = frozenset((b"PSYNC", b"SYNC", b"REPLCONF"))
_REDIRECTIONS = (b"-MOVED ", b"-ASK ")


class Kind(Enum):
    """What a connection has turned out to be."""

    UNDECIDED = auto()
    COMMANDS = auto()
    ENCRYPTED = auto()
    LINK = auto()
    OTHER = auto()


class Connection:
    """Feed `take` with its segments of both directions. Commands go to `hand_on` when they are complete."""

    def __init__(self, segment: Segment, hand_on: Callable[[Recorded], None], skipped: Counter[str]) -> None:
        self.kind = Kind.UNDECIDED
        self.speaks = False  # a whole command has been seen
        self.counted_bytes = 0  # for whoever adds up what all connections hold
        self._hand_on = hand_on
        self._skipped = skipped
        self._streams = {segment.source: Stream(), segment.target: Stream()}
        self._client: Endpoint | None = None
        self._start: int | None = None  # the SYN's sequence number
        self._requests = RequestParser()
        self._replies = ReplyParser()
        self._matcher = Matcher(paused=True)
        self._session = Session()
        self._peer = Peer(segment.source)
        self._received = 0  # place in the client's stream up to which the server had read it at its last reply

    @property
    def held_bytes(self) -> int:
        """About what the connection holds in memory."""
        streams = sum(stream.held_bytes for stream in self._streams.values())
        return streams + self._requests.held_bytes + self._replies.held_bytes + 200 * len(self._matcher.waiting)

    def is_over(self, segment: Segment) -> bool:
        """Whether this segment opens a new connection between the same two ends."""
        opens = segment.flags & (_SYN | _ACK) == _SYN
        return opens and self._streams[segment.source].begun and segment.seq != self._start

    def take(self, segment: Segment) -> None:
        if self.kind in (Kind.ENCRYPTED, Kind.LINK, Kind.OTHER):
            return
        own, other = self._both(segment)
        if segment.flags & _SYN:
            self._opened(segment, own)
            return
        ack = self._acknowledged(segment, other)
        if segment.length:
            own.begin(segment.seq)
            pieces = own.take(segment.t_us, segment.seq, segment.data, segment.length, ack)
        else:
            pieces = own.late(segment.t_us)
        if pieces:
            self._read(segment.source, pieces)
        if other.waits:
            self._read(segment.target, other.late(segment.t_us))

    def finish(self) -> None:
        """Nothing more will come: read what stands behind holes."""
        for end, stream in self._streams.items():
            self._read(end, stream.finish())

    def _both(self, segment: Segment) -> tuple[Stream, Stream]:
        if segment.source == segment.target:  # a socket connected to itself
            own = self._streams[segment.source]
            return own, own
        return self._streams[segment.source], self._streams[segment.target]

    def _opened(self, segment: Segment, own: Stream) -> None:
        if own.begun:
            return
        own.begin(segment.seq + 1)
        if self._client is None:
            answer = segment.flags & _ACK
            self._choose(segment.target if answer else segment.source)
            self._matcher.paused = False
        if not segment.flags & _ACK:
            self._start = segment.seq

    def _acknowledged(self, segment: Segment, other: Stream) -> int | None:
        """The position of the other stream that the sender has received."""
        if segment.ack is None:
            return None
        other.begin(segment.ack)
        ack = other.place(segment.ack)
        other.acked = max(other.acked, ack)
        return ack

    def _choose(self, client: Endpoint) -> None:
        self._client = client
        self._peer.address = client

    def _read(self, source: Endpoint, pieces: Iterable[Piece]) -> None:
        for piece in pieces:
            if self.kind is Kind.UNDECIDED:
                self._decide(source, piece.data)
            if self.kind is not Kind.COMMANDS:
                continue
            if source == self._client:
                self._requested(piece)
            else:
                self._replied(piece)

    def _decide(self, source: Endpoint, data: bytes) -> None:
        """What the first bytes of a connection tell."""
        if data[:2] in _TLS:
            self._leave(Kind.ENCRYPTED)
        elif self._client is None:
            if begins_command(data) and _known(data.split(b"\r\n", 3)[2]):
                self._choose(source)
                self.kind = Kind.COMMANDS
        elif source == self._client and data:
            speaks = data[:1] == b"*" or _inline_command(data)
            if speaks:
                self.kind = Kind.COMMANDS
            else:
                self._leave(Kind.OTHER)

    def _requested(self, piece: Piece) -> None:
        if piece.lost:
            self._skipped[HOLE] += 1
            self._sent(piece, self._requests.gap(piece.lost), None)
        if piece.data:
            self._sent(piece, self._requests.feed(piece.data), UNREADABLE)

    def _sent(self, piece: Piece, requests: Iterator[Words], reason: str | None) -> None:
        """`reason`: what to count when the parser loses its thread in these bytes."""
        damage = self._requests.damage
        for words in requests:
            damage = self._thread_lost(damage, reason)
            if self.kind is Kind.COMMANDS:
                self._request(piece, words)
            if self.kind is not Kind.COMMANDS:
                return
        self._thread_lost(damage, reason)

    def _thread_lost(self, damage: int, reason: str | None) -> int:
        """Commands may have gone unseen since `damage`: whose reply is next is not known. The damage so far."""
        if self._requests.damage == damage:
            return damage
        self._pause()
        if reason and not self.speaks:
            self._leave(Kind.OTHER)
        elif reason:
            self._skipped[reason] += 1
        return self._requests.damage

    def _request(self, piece: Piece, words: Words) -> None:
        before = self._session.db
        command = self._command(piece.t_us, words)
        command.end = self._requests.position
        if command.name in _LINK_NAMES:
            self._skipped[LINK] += 1
            self._leave(Kind.LINK)
            return
        self.speaks = True
        if self._matcher.paused:
            self._resume(piece.ack)
        if not self._matcher.paused:
            self._expect(command, before)
        if words is None:
            self._skipped[DAMAGED] += 1
        else:
            self._hand_on(command)

    def _expect(self, command: Recorded, before: int) -> None:
        """`before`: the database the connection was in until now."""
        self._matcher.request(command)
        if self._matcher.paused:
            self._session.forget()
        elif self._matcher.waiting and self._matcher.waiting[-1] is command:
            self._session.sent(command, before)

    def _command(self, t_us: int, words: Words) -> Recorded:
        command = recorded(t_us, self._peer, self._session.db, words)
        if words is not None:
            command.db = self._session.request(command.name, words)
            without_secrets(command.name, words)
        return command

    def _resume(self, ack: int | None) -> None:
        """Match again from this request on when nothing before it is left to answer.

        That is when the server had sent something since it had all before this request, and the client had received it.
        """
        server = next((stream for end, stream in self._streams.items() if end != self._client), None)
        if server is None or server.waits or self._received < self._requests.began:
            return
        if ack == server.position:
            self._matcher.paused = False
            self._replies.restart()

    def _replied(self, piece: Piece) -> None:
        if piece.lost:
            self._skipped[HOLE] += 1
            self._answered(self._replies.gap(piece.lost), piece.ack)
        if piece.data:
            self._answered(self._replies.feed(piece.data), piece.ack)
        self._received = max(self._received, piece.ack or 0)
        if self._replies.lost and not self._matcher.paused:
            self._pause()

    def _answered(self, replies: Iterator[Reply], received: int | None) -> None:
        for reply in replies:
            if self._matcher.paused:
                continue
            command = self._matcher.reply(reply, received)
            if command is not None:
                self._session.answered(command, reply.head, self._matcher.waiting)
                command.refused = reply.head.startswith(_REDIRECTIONS)

    def _leave(self, kind: Kind) -> None:
        """Let the connection alone from here on, and hold nothing of it."""
        self._pause()
        self.kind = kind
        self._requests, self._replies = RequestParser(), ReplyParser()
        for stream in self._streams.values():
            stream.clear()

    def _pause(self) -> None:
        self._matcher.pause()
        self._session.forget()


def _known(word: bytes) -> bool:
    name = commands.canonical(word)
    return commands.find(name) is not None or commands.is_container(name)


def _inline_command(data: bytes) -> bool:
    """Whether the first line is a command's; a web browser's `GET / HTTP/1.1` is not."""
    line = data.split(b"\n", 1)[0]
    words = inline_words(line) if line.isascii() else []
    return bool(words) and _known(words[0][:32]) and not words[-1].startswith(b"HTTP/")
