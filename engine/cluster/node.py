"""One engine process: its files, its life, its end."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import redis

from engine import processes
from engine.cluster.binaries import Engine

HOST = "127.0.0.1"
_LOG_TAIL_LINES = 5
_SOCKET_TIMEOUT_S = 30


@dataclass(frozen=True, slots=True)
class NodeSpec:
    """What a node is started with. `ident` is its 40-digit cluster node ID; `max_memory_bytes` 0 means no limit. A
    `durable` node answers a write when it is on its disk."""

    ident: str
    port: int
    bus_port: int
    folder: Path
    password: str
    max_memory_bytes: int = 0
    durable: bool = False


@dataclass(slots=True)
class Node:
    """A started node."""

    spec: NodeSpec
    process: subprocess.Popen[bytes]
    _client: redis.Redis | None = field(default=None, repr=False)

    @property
    def port(self) -> int:
        """Client port on loopback."""
        return self.spec.port

    @property
    def client(self) -> redis.Redis:
        """A client for control commands; made once per node."""
        if self._client is None:
            self._client = redis.Redis(
                host=HOST, port=self.port, password=self.spec.password, socket_timeout=_SOCKET_TIMEOUT_S
            )
        return self._client

    def info(self, section: str) -> dict[str, Any]:
        """One section of INFO, as redis-py parses it."""
        return dict(self.client.info(section))

    def ask(self, *words: bytes | str | int) -> Any:
        """One command; raises redis.RedisError as redis-py does."""
        return self.client.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py does not type it

    def ask_all(self, commands: Iterable[Sequence[bytes | str]]) -> list[Any]:
        """Many commands in one pipeline; errors stand among the replies."""
        with self.client.pipeline(transaction=False) as pipeline:
            for words in commands:
                pipeline.execute_command(*words)  # type: ignore[no-untyped-call]  # redis-py does not type it
            return list(pipeline.execute(raise_on_error=False))

    def key_batches(self, count: int) -> Iterator[list[bytes]]:
        """All keys by SCAN, some at a time."""
        cursor = 0
        while True:
            cursor, keys = self.ask("SCAN", cursor, "COUNT", count)
            yield keys
            if not cursor:
                return

    def reconnect(self) -> None:
        """Drop the control connection, and with it the buffers the server keeps for it."""
        self.client.connection_pool.disconnect()

    def log_tail(self) -> str:
        """The last lines the engine wrote, for the message when it failed."""
        path = self.spec.folder / "engine.log"
        lines = path.read_text(errors="replace").splitlines() if path.exists() else []
        return " | ".join(line.strip() for line in lines[-_LOG_TAIL_LINES:])

    def close(self) -> None:
        """End the process and the connections to it."""
        if self._client is not None:
            self._client.close()
            self._client = None
        processes.end(self.process)


def start(engine: Engine, spec: NodeSpec) -> Node:
    """Write the node's configuration (readable by the owner only: it holds the password) and start it."""
    config = spec.folder / "engine.conf"
    config.touch(mode=0o600)
    config.write_text("".join(f"{line}\n" for line in _configuration(spec)))
    return Node(spec, processes.spawn([str(engine.path), str(config)], cwd=spec.folder))


def _configuration(spec: NodeSpec) -> list[str]:
    # Everything not named here is the engine's own default: users run near those, so do their measurements.
    return [
        f"bind {HOST}",
        f"port {spec.port}",
        f"cluster-port {spec.bus_port}",
        f"dir {spec.folder}",
        "logfile engine.log",
        "cluster-enabled yes",
        "cluster-config-file nodes.conf",
        "cluster-node-timeout 15000",  # a busy two-core machine must not look like a dead node
        "cluster-replica-no-failover yes",  # a run with a lost node is over; a failover would blur why
        f"requirepass {spec.password}",
        f"masterauth {spec.password}",
        'save ""',
        *_persistence(spec),
        "repl-diskless-sync yes",
        "repl-diskless-sync-delay 0",
        "client-output-buffer-limit replica 0 0 0",  # the tap must never be cut off: its bytes are the measurement
        f"maxmemory {spec.max_memory_bytes}",
        "maxmemory-policy noeviction",
    ]


def _persistence(spec: NodeSpec) -> list[str]:
    if not spec.durable:
        return ["appendonly no"]
    # No rewrite by itself: its fork would stand in the latency, and a transaction log has none.
    return ["appendonly yes", "appendfsync always", "auto-aof-rewrite-percentage 0"]
