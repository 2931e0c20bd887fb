"""One non-blocking connection to one engine node: what is to be sent, what was sent and not yet answered."""

from __future__ import annotations

import socket
from collections import deque
from dataclasses import dataclass, field
from typing import Any

import hiredis

from engine.errors import Interrupted
from engine.replay import resp

_RECEIVE_BYTES = 1 << 18
_CONNECT_TIMEOUT_S = 10
NOTHING: Any = object()


def connect(host: str, port: int, password: str, *, resp3: bool = False) -> socket.socket:
    """A connected, signed-in, non-blocking socket; it speaks RESP2 unless asked for `resp3`."""
    try:
        sock = socket.create_connection((host, port), timeout=_CONNECT_TIMEOUT_S)
    except OSError as error:
        raise Interrupted(f"The engine on port {port} refused the connection ({error.strerror or error}).") from error
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if password:
        sock.sendall(resp.command([b"AUTH", password.encode()]))
        answer = sock.recv(64)
        if answer != b"+OK\r\n":
            raise Interrupted(f"The engine on port {port} refused the sign-in: {answer[:60]!r}")
    if resp3:
        greet(sock, port)
    sock.setblocking(False)
    return sock


def greet(sock: socket.socket, port: int) -> None:
    """Have a connection speak RESP3 from now on. Raises Interrupted when the engine does not know it (before 6.0)."""
    sock.sendall(resp.command([b"HELLO", b"3"]))
    reader = hiredis.Reader(notEnoughData=NOTHING)
    while (answer := reader.gets()) is NOTHING:
        received = sock.recv(_RECEIVE_BYTES)
        if not received:
            raise Interrupted(f"The engine on port {port} closed a connection that asked for RESP3.")
        reader.feed(received)
    if isinstance(answer, hiredis.ReplyError):
        raise Interrupted(f"The engine on port {port} does not speak RESP3, as recorded clients do: {answer}")


@dataclass(slots=True)
class Link:
    """`pending` holds units whose replies are awaited, in order; `left` counts the replies the first of them still needs.

    `fresh` holds the units that wait in `out` and have not been handed to the kernel. `number` is the one `ordering` gives it.
    """

    sock: socket.socket
    number: int
    shard: int
    pending: deque[int] = field(default_factory=deque)
    left: int = 0
    out: list[bytes | memoryview] = field(default_factory=list)
    fresh: list[int] = field(default_factory=list)
    stuck: bytes = b""
    reader: hiredis.Reader = field(default_factory=lambda: hiredis.Reader(notEnoughData=NOTHING))

    def push(self) -> bool:
        """Hand what waits to the kernel. False when the kernel took only part: try again when writable."""
        data = self.stuck + b"".join(self.out)
        self.out.clear()
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        self.stuck = data[sent:]
        return not self.stuck

    def receive(self) -> int:
        """Take in what has come; answers how many bytes, 0 when the other side has closed."""
        data = self.sock.recv(_RECEIVE_BYTES)
        if data:
            self.reader.feed(data)
        return len(data)
