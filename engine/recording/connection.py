"""One blocking connection to a server: sign-in, a command and its reply, and the raw stream that MONITOR turns it into."""

from __future__ import annotations

import contextlib
import socket
import ssl
from collections.abc import Sequence
from typing import Any, Self

import hiredis

from engine.errors import HeadroomError, InputError
from engine.recording.address import Access, Address

TIMEOUT_S = 5.0
RECEIVE_BYTES = 1 << 18
_MOST_REPLY_LINE = 1 << 16
_NOTHING: Any = object()


class Lost(HeadroomError):
    """The connection could not be made, or is gone."""


class Refused(HeadroomError):
    """The server answered with an error. `kind` is its first word: `NOPERM`, `ERR` …"""

    def __init__(self, text: str) -> None:
        self.kind = text.split(" ", 1)[0]
        super().__init__(text)


class Connection:
    """Signed in once constructed. Raises Lost when there is no server, InputError when TLS or the sign-in fails."""

    def __init__(self, address: Address, access: Access, *, ip: str = "") -> None:
        """`ip`: the address to connect to when the name has been resolved already; TLS goes by the name all the same."""
        self._begin(_connected(address, access, ip or address.host), address, access)

    @classmethod
    def over(cls, sock: socket.socket, address: Address, access: Access) -> Self:
        """A signed-in connection over a socket that is open already."""
        self = cls.__new__(cls)
        self._begin(sock, address, access)
        return self

    def _begin(self, sock: socket.socket, address: Address, access: Access) -> None:
        self.address = address
        self._reader = hiredis.Reader(notEnoughData=_NOTHING)
        self._socket = sock
        try:
            self._sign_in(access)
        except BaseException:
            self.close()
            raise

    @property
    def own_name(self) -> bytes:
        """What the server calls this client when no translation of addresses is in between; empty for a unix socket."""
        if self.address.path:
            return b""
        host, port = self._socket.getsockname()[:2]
        return f"[{host}]:{port}".encode() if ":" in host else f"{host}:{port}".encode()

    @property
    def tls_version(self) -> str:
        """Such as `TLSv1.3`; empty without TLS."""
        return (self._socket.version() or "") if isinstance(self._socket, ssl.SSLSocket) else ""

    def ask(self, *words: bytes) -> Any:
        """The reply to one command. Raises Refused for an error, Lost when the connection ends."""
        self._send(words)
        reply = self._reply()
        if isinstance(reply, hiredis.ReplyError):
            raise Refused(str(reply))
        return reply

    def ask_all(self, commands: Sequence[Sequence[bytes]]) -> list[Any]:
        """The replies to many commands sent at once; errors stand among them. Raises Lost when the connection ends."""
        self._send(*commands)
        return [self._reply() for _ in commands]

    def greet(self, nonce: bytes) -> None:
        """A PING with a word by which MONITOR's lines of this connection are known; not all users may."""
        with contextlib.suppress(Refused):
            self.ask(b"PING", nonce)

    def monitor(self) -> bytes:
        """Send MONITOR; answers what of the stream has come already. Raises Refused when the server forbids it."""
        self._send([b"MONITOR"])
        data = b""
        while b"\r\n" not in data:
            data += self._answer()
            if len(data) > _MOST_REPLY_LINE + RECEIVE_BYTES:
                raise Lost(f"{self.address} does not speak the protocol.")
        reply, _, rest = data.partition(b"\r\n")
        if not reply.startswith(b"+"):
            raise Refused(reply[1:200].decode("utf-8", "backslashreplace"))
        return rest

    def receive(self, timeout_s: float) -> bytes:
        """Bytes of the stream; empty when none came in time. Raises Lost when the server has closed it."""
        self._socket.settimeout(timeout_s)
        try:
            return self._receive()
        except TimeoutError:
            return b""

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._socket.close()

    def _sign_in(self, access: Access) -> None:
        if not access.password and not access.user:
            return
        words = [b"AUTH", access.user.encode(), access.password.encode()]
        try:
            self.ask(*(words if access.user else [words[0], words[2]]))
        except Refused as error:
            raise InputError(
                f"the server refused the sign-in ({error.kind}).",
                source=str(self.address),
                expected="the name and password of a user of this server.",
                remedy="Give the user in the URL and the password in HEADROOM_RECORD_PASSWORD.",
            ) from None

    def _reply(self) -> Any:
        try:
            while (reply := self._reader.gets()) is _NOTHING:
                self._reader.feed(self._answer())
        except hiredis.ProtocolError:
            raise Lost(f"{self.address} does not speak the protocol.") from None
        return reply

    def _send(self, *commands: Sequence[bytes]) -> None:
        parts = []
        for words in commands:
            parts += [b"*%d\r\n" % len(words), *(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)]
        try:
            self._socket.settimeout(TIMEOUT_S)
            self._socket.sendall(b"".join(parts))
        except OSError as error:
            raise Lost(f"{self.address} is gone ({error}).") from error

    def _answer(self) -> bytes:
        try:
            return self._receive()
        except TimeoutError as error:
            raise Lost(f"{self.address} does not answer.") from error

    def _receive(self) -> bytes:
        try:
            data = self._socket.recv(RECEIVE_BYTES)
        except TimeoutError:
            raise
        except OSError as error:
            raise Lost(f"{self.address} is gone ({error}).") from error
        if not data:
            raise Lost(f"{self.address} closed the connection.")
        return data


def _connected(address: Address, access: Access, host: str) -> socket.socket:
    plain = None
    try:
        if address.path:
            plain = socket.socket(socket.AF_UNIX)
            plain.settimeout(TIMEOUT_S)
            plain.connect(address.path)
            return plain
        plain = socket.create_connection((host, address.port), timeout=TIMEOUT_S)
        return tls_context(access).wrap_socket(plain, server_hostname=address.host) if access.tls else plain
    except ssl.SSLError as error:
        if plain is not None:
            plain.close()
        raise _untrusted(address, error) from error
    except OSError as error:
        if plain is not None:
            plain.close()
        raise Lost(f"{address} cannot be reached ({error.strerror or error}).") from error


def tls_context(access: Access) -> ssl.SSLContext:
    """Which authorities are trusted. Raises InputError when the file of them cannot be read."""
    try:
        return ssl.create_default_context(cafile=None if access.ca is None else str(access.ca))
    except (OSError, ssl.SSLError) as error:
        raise InputError(
            "holds no certificates that can be read.",
            source=f"--ca {access.ca}",
            expected="a file of certificates in PEM form.",
        ) from error


def _untrusted(address: Address, error: ssl.SSLError) -> InputError:
    return InputError(
        f"TLS failed ({error.reason or error}).",
        source=str(address),
        expected="a server that speaks TLS, with a certificate that is trusted and made out to this host name.",
        remedy="Give the certificate authority with --ca, the name on the certificate as host, or redis:// without TLS.",
    )
