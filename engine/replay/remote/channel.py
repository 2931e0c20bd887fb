"""A connection between a run and a worker: JSON messages and pieces of files in sealed frames over plain TCP."""

from __future__ import annotations

import json
import select
import socket
from collections.abc import Mapping
from typing import Any

from engine.errors import Interrupted
from engine.replay.remote.sealing import NONCE_BYTES, TAG_BYTES, Sealer, Secrets, is_same, nonce

PIECE_BYTES = 1 << 20
SILENCE_S = 30.0  # the other end is taken for lost after this long
_GREETING = b"headroom load 1\n"
_LENGTH_BYTES = 4
_MOST_FRAME = PIECE_BYTES + TAG_BYTES + 1
_JSON, _PIECE = b"J", b"B"
_PROBE_S = 10
Frame = dict[str, Any] | bytes


class Gone(Interrupted):
    """The other end is lost, or it is not who it should be."""


class Stranger(Gone):
    """The other end does not know the token, or speaks something else."""


class Channel:
    """One end of a connection whose other end has shown that it knows the token."""

    def __init__(self, sock: socket.socket, sends: Sealer, receives: Sealer) -> None:
        self._sock = sock
        self._sends = sends
        self._receives = receives
        self._rest = bytearray()

    def fileno(self) -> int:
        """Readable when something has come."""
        return self._sock.fileno()

    def close(self) -> None:
        """End the connection."""
        self._sock.close()

    def say(self, message: Mapping[str, Any]) -> None:
        """Send a message."""
        self._send(_JSON + json.dumps(message).encode())

    def send_piece(self, data: bytes) -> None:
        """Send a piece of a file."""
        self._send(_PIECE + data)

    def hear(self, timeout_s: float | None) -> list[Frame]:
        """What has come, after waiting at most `timeout_s`. Raises Gone when the other end has left."""
        if not select.select([self._sock], [], [], timeout_s)[0]:
            return []
        try:
            data = self._sock.recv(PIECE_BYTES)
        except OSError as error:
            raise Gone(f"the connection was lost ({error}).") from error
        if not data:
            raise Gone("the connection was closed.")
        self._rest += data
        return self._frames()

    def _send(self, message: bytes) -> None:
        sealed = self._sends.seal(message)
        try:
            self._sock.sendall(len(sealed).to_bytes(_LENGTH_BYTES, "big") + sealed)
        except OSError as error:
            raise Gone(f"the connection was lost ({error}).") from error

    def _frames(self) -> list[Frame]:
        found: list[Frame] = []
        while len(self._rest) >= _LENGTH_BYTES:
            length = int.from_bytes(self._rest[:_LENGTH_BYTES], "big")
            if length > _MOST_FRAME:
                raise Gone("what came is not what our own kind says.")
            if len(self._rest) < _LENGTH_BYTES + length:
                break
            message = self._receives.open(bytes(self._rest[_LENGTH_BYTES : _LENGTH_BYTES + length]))
            del self._rest[: _LENGTH_BYTES + length]
            if not message:
                raise Gone("what came was changed on the way.")
            found.append(json.loads(message[1:]) if message[:1] == _JSON else message[1:])
        return found


# -- the two ends meet -----------------------------------------------------------------------------------------------


def greet_worker(sock: socket.socket, token: bytes) -> Channel:
    """The run's end of a new connection. Raises Stranger when the other end does not know the token."""
    ours = nonce()
    _give(sock, _GREETING + ours)
    answer = _take(sock, NONCE_BYTES + TAG_BYTES)
    known = Secrets(token, ours, answer[:NONCE_BYTES])
    if not is_same(answer[NONCE_BYTES:], known.proof(b"worker")):
        raise Stranger("it does not know the token.")
    _give(sock, known.proof(b"run"))
    return Channel(_watched(sock), Sealer(known.key(b"run")), Sealer(known.key(b"worker")))


def greet_run(sock: socket.socket, token: bytes) -> Channel:
    """A worker's end of a new connection. Raises Stranger when the other end is no run with this token."""
    greeting = _take(sock, len(_GREETING) + NONCE_BYTES)
    if not greeting.startswith(_GREETING):
        raise Stranger("it is no run of this version of Headroom.")
    ours = nonce()
    known = Secrets(token, greeting[len(_GREETING) :], ours)
    _give(sock, ours + known.proof(b"worker"))
    try:
        proof = _take(sock, TAG_BYTES)
    except Stranger as error:
        raise Stranger("it turned us away: the tokens differ.") from error
    if not is_same(proof, known.proof(b"run")):
        raise Stranger("it does not know the token.")
    return Channel(_watched(sock), Sealer(known.key(b"worker")), Sealer(known.key(b"run")))


def _give(sock: socket.socket, data: bytes) -> None:
    try:
        sock.sendall(data)
    except OSError as error:
        raise Stranger(f"it left ({error}).") from error


def _take(sock: socket.socket, size: int) -> bytes:
    data = b""
    try:
        while len(data) < size:
            more = sock.recv(size - len(data))
            if not more:
                raise Stranger("it left before it said who it is.")
            data += more
    except OSError as error:
        raise Stranger(f"it did not say who it is ({error}).") from error
    return data


def _watched(sock: socket.socket) -> socket.socket:
    """Have the kernel notice when the other host is gone."""
    sock.settimeout(SILENCE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, _PROBE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, _PROBE_S)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(SILENCE_S * 1000))
    return sock
