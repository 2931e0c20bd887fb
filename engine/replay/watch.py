"""Looks after the primaries while they are loaded, without ever waiting for one: a node that is stopped must not stop us.

Each primary has a connection of its own and is asked for INFO once a second; answers are taken when they come. A node is
silent when an answer is overdue; between two looks of ours that lie far apart nothing is concluded.
"""

from __future__ import annotations

import contextlib
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import hiredis

from engine.cluster.node import HOST
from engine.errors import Interrupted
from engine.replay import probe, resp
from engine.replay.link import connect
from engine.replay.probe import MemoryState

ASK_EVERY_S = 1.0
SILENT_AFTER_S = 1.0
_RECEIVE_BYTES = 1 << 16
_NOTHING: Any = object()
_QUESTION = b"".join(
    resp.command(words) for words in ([b"INFO", b"memory"], [b"DBSIZE"], [b"INFO", b"persistence"], [b"INFO", b"stats"])
)


@dataclass(frozen=True, slots=True)
class NodeState:
    """What one primary said of itself. `writes_refused`: its append-only file cannot be written."""

    memory: MemoryState
    evicted_keys: int
    writes_refused: bool


@dataclass(slots=True)
class Watched:
    """One primary under watch. `asked_s` and `answered_s` are of the latest question, on the monotonic clock."""

    port: int
    sock: socket.socket | None
    reader: hiredis.Reader = field(default_factory=lambda: hiredis.Reader(notEnoughData=_NOTHING))
    replies: list[Any] = field(default_factory=list)
    asked_s: float = 0.0
    answered_s: float = 0.0
    looks: int = 0  # since it was asked
    state: NodeState | None = None

    @property
    def is_waiting(self) -> bool:
        """A question is open."""
        return self.asked_s > self.answered_s

    def silent_s(self, now_s: float) -> float:
        """For how long an answer is overdue; 0 while none is."""
        waited = now_s - self.asked_s
        return waited if self.is_waiting and self.looks > 1 and waited > SILENT_AFTER_S else 0.0


class Watch:
    """Of the nodes at these ports, in the order of the shards. Close it before memory is read: it has buffers there."""

    def __init__(self, ports: Iterable[int], password: str) -> None:
        self.nodes = [Watched(port, _connected(port, password)) for port in ports]
        self._ask_at = self._first_s = self._latest_s = 0.0

    def look(self) -> bool:
        """Take what has come, or ask again when it is time. True when with it every node has answered the question."""
        waiting = [node for node in self.nodes if node.is_waiting]
        for node in waiting:
            self._hear(node)
        if waiting:
            return not any(node.is_waiting for node in waiting)
        now = time.monotonic()
        if now >= self._ask_at:
            self._ask_at, self._latest_s = now + ASK_EVERY_S, now
            self._first_s = self._first_s or now
            for node in self.nodes:
                self._ask(node, now)
        return False

    def rounds_s(self) -> int:
        """In which second after the first question the latest was asked."""
        return max(round(self._latest_s - self._first_s), 0)

    def silent(self) -> tuple[int, float] | None:
        """Which shard has been silent for longest and for how many seconds, if one is."""
        now = time.monotonic()
        seconds, shard = max((node.silent_s(now), shard) for shard, node in enumerate(self.nodes))
        return (shard, seconds) if seconds else None

    def refusing(self) -> int | None:
        """The first shard whose append-only file cannot be written."""
        return next((n for n, each in enumerate(self.nodes) if each.state and each.state.writes_refused), None)

    def states(self) -> list[NodeState] | None:
        """The latest answers of all; None when one has not answered yet."""
        known = [node.state for node in self.nodes if node.state is not None]
        return known if len(known) == len(self.nodes) else None

    def close(self) -> None:
        """Give the connections back."""
        for node in self.nodes:
            if node.sock is not None:
                node.sock.close()
                node.sock = None

    @staticmethod
    def _ask(node: Watched, now: float) -> None:
        if node.sock is None:
            return
        with contextlib.suppress(OSError):  # a node that is gone is noticed as a process
            node.sock.send(_QUESTION)
        node.asked_s, node.looks = now, 0

    @staticmethod
    def _hear(node: Watched) -> None:
        node.looks += 1
        if node.sock is None:
            return
        try:
            while data := node.sock.recv(_RECEIVE_BYTES):
                node.reader.feed(data)
        except BlockingIOError:
            pass
        except OSError:
            return
        while (reply := node.reader.gets()) is not _NOTHING:
            node.replies.append(reply)
        if len(node.replies) == 4:
            node.state = _state(node.replies)
            node.replies = []
            node.answered_s = max(time.monotonic(), node.asked_s)


def _connected(port: int, password: str) -> socket.socket | None:
    with contextlib.suppress(OSError, Interrupted):
        return connect(HOST, port, password)
    return None


def _state(replies: list[Any]) -> NodeState | None:
    memory, keys, persistence, stats = replies
    if any(isinstance(each, hiredis.ReplyError) for each in replies):
        return None
    kept = _lines(persistence)
    return NodeState(
        memory=probe.memory_of(_lines(memory), int(keys)),
        evicted_keys=int(_lines(stats)["evicted_keys"]),
        writes_refused=kept.get("aof_last_write_status", "ok") != "ok",
    )


def _lines(text: bytes) -> Mapping[str, str]:
    pairs = (line.split(":", 1) for line in text.decode(errors="replace").splitlines() if ":" in line)
    return {name: value.strip() for name, value in pairs}
