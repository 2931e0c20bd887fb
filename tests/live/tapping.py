"""A primary with a replica attached that keeps what it is streamed."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import hiredis

from engine.cluster.local import LocalCluster, replicas_online
from engine.replay import replication_tap

PROTOCOL = (b"PING", b"REPLCONF", b"SELECT")
_PATIENCE_S = 60.0
Words = tuple[bytes, ...]


class TappedNode:
    """Runs commands and tells what they replicated."""

    def __init__(self, cluster: LocalCluster, folder: Path) -> None:
        self.node = cluster.shards[0].primary
        self._tap = replication_tap.attach(self.node.port, cluster.password, folder / "stream")
        self._tap.sock.settimeout(0.02)
        self._reader = hiredis.Reader()
        self._marks = 0
        deadline = time.monotonic() + _PATIENCE_S
        while replicas_online(self.node.info("replication")) < 1:
            assert time.monotonic() < deadline
            self._tap.acknowledge()
            time.sleep(0.05)

    def run(self, command: str | Sequence[str]) -> Any:
        """One command, its words between blanks; several are one transaction."""
        if isinstance(command, str):
            return self.node.ask_all([command.split(" ")])
        return self.node.ask_all([["MULTI"], *(each.split(" ") for each in command), ["EXEC"]])

    def replicated(self) -> list[Words]:
        """What was streamed since the last time, without the protocol's own commands."""
        self._marks += 1
        mark = b"mark-%d" % self._marks
        self.node.ask("SET", "mark", mark)
        found: list[Words] = []
        deadline = time.monotonic() + _PATIENCE_S
        while time.monotonic() < deadline:
            try:
                self._reader.feed(self._tap.sock.recv(1 << 16))
            except TimeoutError:
                self._tap.acknowledge()
            while (words := self._reader.gets()) is not False:
                if words == [b"SET", b"mark", mark]:
                    return found
                if words[0].upper() not in PROTOCOL:
                    found.append(tuple(words))
        raise AssertionError("The stream did not come.")

    def close(self) -> None:
        """Leave."""
        self._tap.sock.close()
        self._tap.file.close()
