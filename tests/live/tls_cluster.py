"""A cluster as a managed service shows it: TLS only, users with rights, host names in its answers."""

from __future__ import annotations

import contextlib
import secrets
import socket
import ssl
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import hiredis

from engine import processes
from engine.cluster.binaries import Engine
from engine.replay import resp
from engine.slots import key_slot, slot_ranges
from tests.live.up import free_port
from tests.live.waiting import wait_until

NODES = 3
USER, PASSWORD = "player", "right?s@cret"
_ADMIN = "the-owner"
RIGHTS = "~headroom:* +@all -@dangerous +info +cluster|slots"


@dataclass(frozen=True, slots=True)
class TlsCluster:
    """Its ports in the order of their slots, and the folder with `ca.pem`."""

    ports: tuple[int, ...]
    folder: Path
    processes: tuple[subprocess.Popen[bytes], ...]

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def url(self) -> str:
        """Of any node, without the password."""
        return f"rediss://{USER}@localhost:{self.ports[-1]}"

    def owner(self, port: int, *words: str | bytes) -> Any:
        """The reply to one command of the cluster's owner."""
        context = ssl.create_default_context(cafile=str(self.authority))
        plain = socket.create_connection(("127.0.0.1", port), timeout=60)
        reader = hiredis.Reader()
        with context.wrap_socket(plain, server_hostname="localhost") as sock:
            for each in (("AUTH", _ADMIN, PASSWORD), words):
                sock.sendall(resp.command([word.encode() if isinstance(word, str) else word for word in each]))
                while (reply := reader.gets()) is False:
                    reader.feed(sock.recv(1 << 16))
        return reply

    def everywhere(self, *words: str) -> list[Any]:
        return [self.owner(port, *words) for port in self.ports]

    def port_of(self, key: bytes) -> int:
        slot = key_slot(key)
        return next(port for port, (_, last) in zip(self.ports, slot_ranges(NODES), strict=True) if slot <= last)

    def keys(self) -> set[bytes]:
        return {key for port in self.ports for key in self.owner(port, "KEYS", "*")}


@contextlib.contextmanager
def tls_cluster(engine: Engine, folder: Path) -> Iterator[TlsCluster]:
    """Three primaries that know each other from prepared files."""
    make_certificate(folder)
    ports = [(free_port(), free_port()) for _ in range(NODES)]
    idents = [secrets.token_hex(20) for _ in range(NODES)]
    started = []
    try:
        for number, (port, bus) in enumerate(ports):
            own = folder / f"node-{number}"
            own.mkdir()
            (own / "nodes.conf").write_text(_nodes(idents, ports, number))
            (own / "engine.conf").write_text("".join(f"{line}\n" for line in _configuration(folder, own, port, bus)))
            started.append(processes.spawn([str(engine.path), str(own / "engine.conf")], stdout=subprocess.DEVNULL))
        cluster = TlsCluster(tuple(port for port, _ in ports), folder, tuple(started))
        wait_until(lambda: _is_ready(cluster), "the cluster")
        yield cluster
    finally:
        for process in started:
            processes.end(process)


def _is_ready(cluster: TlsCluster) -> bool:
    try:
        return all(b"cluster_state:ok" in state for state in cluster.everywhere("CLUSTER", "INFO"))
    except OSError:
        return False


def _nodes(idents: list[str], ports: list[tuple[int, int]], myself: int) -> str:
    lines = []
    for number, (ident, (port, bus), (first, last)) in enumerate(zip(idents, ports, slot_ranges(NODES), strict=True)):
        mine = "myself," if number == myself else ""
        lines.append(
            f"{ident} 127.0.0.1:{port}@{bus},localhost {mine}master - 0 0 {number + 1} connected {first}-{last}\n"
        )
    return "".join(lines) + f"vars currentEpoch {NODES} lastVoteEpoch 0\n"


def _configuration(folder: Path, own: Path, port: int, bus: int) -> list[str]:
    return [
        "bind 127.0.0.1",
        "port 0",
        f"tls-port {port}",
        f"cluster-port {bus}",
        "tls-cluster yes",
        "tls-auth-clients no",
        f"tls-cert-file {folder / 'cert.pem'}",
        f"tls-key-file {folder / 'key.pem'}",
        f"tls-ca-cert-file {folder / 'ca.pem'}",
        "cluster-enabled yes",
        "cluster-announce-hostname localhost",
        "cluster-preferred-endpoint-type hostname",
        f"dir {own}",
        'save ""',
        "user default off",
        f"user {_ADMIN} on >{PASSWORD} ~* &* +@all",
        f"user {USER} on >{PASSWORD} {RIGHTS}",
    ]


def make_certificate(folder: Path, name: str = "DNS:localhost") -> None:
    """An authority, and a certificate of it for `name`."""
    (folder / "san").write_text(f"subjectAltName={name}\n")
    new = ["openssl", "req", "-newkey", "rsa:2048", "-nodes"]
    authority = ["-x509", "-days", "1", "-subj", "/CN=Authority", "-keyout", "ca.key", "-out", "ca.pem"]
    sign = (
        "openssl x509 -req -days 1 -in request.pem -CA ca.pem -CAkey ca.key -CAcreateserial -out cert.pem -extfile san"
    )
    for command in (
        [*new, *authority],
        [*new, "-subj", "/CN=server", "-keyout", "key.pem", "-out", "request.pem"],
        sign.split(),
    ):
        subprocess.run(command, cwd=folder, check=True, capture_output=True)
