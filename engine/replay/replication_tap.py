"""Attaches to each primary as one more replica and keeps what it streams, byte for byte.

Runs as a process of its own (`python -m engine.replay.replication_tap`) that only copies bytes to files while the replay
runs; they are read afterwards (`replication_stream.py`), so that attributing them costs the measurement nothing. Reads its
task as a JSON line from standard input, then a line with the offsets up to which it is to listen.

The handshake is the replicas' own: REPLCONF, PSYNC, the RDB in `$EOF:` form, then the stream, acknowledged again and again
because a primary that still has its RDB child to reap forgets the first acknowledgement.
"""

from __future__ import annotations

import json
import os
import selectors
import socket
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

import numpy as np

from engine import processes
from engine.cluster.node import HOST
from engine.errors import HeadroomError, Interrupted
from engine.replay import resp

_ACK_S = 0.2
_RECEIVE_BYTES = 1 << 18
_TIMEOUT_S = 30
_MARK_NS = 10_000_000  # times are noted at most this finely


@dataclass(frozen=True, slots=True)
class TapFiles:
    """What the tap of one shard leaves: the stream from `base` on, and when how much of it had come."""

    folder: Path
    shard: int

    @property
    def stream(self) -> Path:
        """The raw replication stream."""
        return self.folder / f"tap-{self.shard}.stream"

    @property
    def times(self) -> Path:
        """Pairs of int64: monotonic clock in ns, bytes of the stream received by then."""
        return self.folder / f"tap-{self.shard}.times"


@dataclass(slots=True)
class Tap:
    """One attached shard. `base` is the replication offset at which the kept stream begins."""

    sock: socket.socket
    base: int
    file: IO[bytes]
    received: int = 0
    counts: bool = True  # whether what has come is acknowledged: WAIT would take the tap for a copy on a disk
    marks: list[tuple[int, int]] = field(default_factory=list)

    @property
    def offset(self) -> int:
        return self.base + self.received

    def take(self, data: bytes) -> None:
        self.file.write(data)
        self.received += len(data)
        now = time.perf_counter_ns()
        if not self.marks or now - self.marks[-1][0] >= _MARK_NS:
            self.marks.append((now, self.received))
        else:  # bytes within one mark's time belong to that mark
            self.marks[-1] = (self.marks[-1][0], self.received)

    def acknowledge(self) -> None:
        self.sock.sendall(resp.command([b"REPLCONF", b"ACK", b"%d" % (self.offset if self.counts else self.base)]))


class _Handshake:
    """Reads lines and counted bytes from a blocking socket during the handshake."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = b""

    def line(self) -> bytes:
        """The next line that is not empty: primaries send bare newlines while they prepare the RDB."""
        while True:
            while b"\n" not in self.buffer:
                self._more()
            line, _, self.buffer = self.buffer.partition(b"\n")
            if line.strip():
                return line.strip()

    def until(self, mark: bytes) -> None:
        """Discard everything up to and including `mark`."""
        while mark not in self.buffer:
            self.buffer = self.buffer[-len(mark) :]
            self._more()
        self.buffer = self.buffer.partition(mark)[2]

    def skip(self, count: int) -> None:
        """Discard `count` bytes."""
        while len(self.buffer) < count:
            count -= len(self.buffer)
            self.buffer = b""
            self._more()
        self.buffer = self.buffer[count:]

    def expect(self, words: list[bytes], answer: bytes) -> bytes:
        """Send a command; the reply must begin with `answer`."""
        self.sock.sendall(resp.command(words))
        line = self.line()
        if not line.startswith(answer):
            raise Interrupted(f"The primary refused to be tapped: {words[0].decode()} was answered {line[:80]!r}")
        return line

    def _more(self) -> None:
        data = self.sock.recv(_RECEIVE_BYTES)
        if not data:
            raise Interrupted("The primary closed the connection of the replication tap.")
        self.buffer += data


def attach(port: int, password: str, path: Path) -> Tap:
    """Become one more replica of a primary; its stream is kept in `path`."""
    sock = socket.create_connection((HOST, port), timeout=_TIMEOUT_S)
    handshake = _Handshake(sock)
    if password:
        handshake.expect([b"AUTH", password.encode()], b"+OK")
    handshake.expect([b"REPLCONF", b"listening-port", b"0"], b"+OK")
    handshake.expect([b"REPLCONF", b"capa", b"eof", b"capa", b"psync2"], b"+OK")
    answer = handshake.expect([b"PSYNC", b"?", b"-1"], b"+FULLRESYNC")
    base = int(answer.split()[2])
    header = handshake.line()
    if header.startswith(b"$EOF:"):
        handshake.until(header[5:])
    else:
        handshake.skip(int(header[1:]))
    sock.setblocking(False)
    tap = Tap(sock, base, path.open("wb", buffering=1 << 20))
    if handshake.buffer:
        tap.take(handshake.buffer)
    return tap


def _listen(taps: list[Tap], orders: IO[bytes]) -> None:
    """Copy until the offsets named on standard input have come."""
    selector = selectors.DefaultSelector()
    for tap in taps:
        selector.register(tap.sock, selectors.EVENT_READ, tap)
    selector.register(orders, selectors.EVENT_READ, None)
    until: list[int] | None = None
    acknowledge_at = 0.0
    while until is None or any(tap.offset < end for tap, end in zip(taps, until, strict=True)):
        if time.monotonic() >= acknowledge_at:
            for tap in taps:
                tap.acknowledge()
            acknowledge_at = time.monotonic() + _ACK_S
        for key, _ in selector.select(_ACK_S):
            if key.data is None:
                line = orders.readline()
                if not line:
                    raise Interrupted("The run that listened to the replication tap is gone.")
                until = json.loads(line)["until"]
                selector.unregister(orders)
            else:
                _receive(key.data)


def _receive(tap: Tap) -> None:
    data = tap.sock.recv(_RECEIVE_BYTES)
    if not data:
        raise Interrupted("A primary closed the connection of the replication tap.")
    tap.take(data)


def _say(line: Mapping[str, Any]) -> None:
    os.write(sys.stdout.fileno(), json.dumps(line).encode() + b"\n")


def main() -> int:
    """Tap the primaries named on standard input. Says `ready` with their base offsets, and `done` at the end."""
    processes.die_with_parent()
    orders = open(0, "rb", buffering=0)  # noqa: SIM115  # standard input unbuffered: a line must wake the selector
    task = json.loads(orders.readline())
    folder = Path(task["folder"])
    try:
        taps = [
            attach(port, task["password"], TapFiles(folder, shard).stream) for shard, port in enumerate(task["ports"])
        ]
        for tap in taps:
            tap.counts = not task["durable"]
        _say({"ready": [tap.base for tap in taps]})
        _listen(taps, orders)
    except (HeadroomError, OSError) as error:
        _say({"error": str(error)})
        return 1
    for shard, tap in enumerate(taps):
        tap.file.close()
        np.array(tap.marks, dtype=np.int64).reshape(-1, 2).tofile(TapFiles(folder, shard).times)
    _say({"done": [tap.offset for tap in taps]})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
