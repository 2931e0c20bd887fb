"""Clients that belong together: connections with the same name (CLIENT SETNAME), else from the same address."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from engine.traces.annotating.annotation import Annotated
from engine.traces.limits import MAX_CLIENTS

MOST_GROUPS = 4_096
OTHERS = "others"
_LONGEST = 120


class ClientGroups:
    """Collects the names that connections gave themselves; `of` sorts all connections into groups."""

    def __init__(self) -> None:
        self._names: dict[int, str] = {}

    def learn(self, found: Annotated) -> None:
        """Take the names that are set in these commands; the last one counts."""
        if "CLIENT SETNAME" not in found.names:
            return
        block = found.block
        for row in np.flatnonzero(found.cmd == found.names.index("CLIENT SETNAME")).tolist():
            word = int(block.first[row]) + 2
            if word < block.first[row + 1]:
                name = block.data[block.offsets[word] : block.offsets[word + 1]].tobytes()
                if name and len(self._names) < MAX_CLIENTS:
                    self._names[int(block.conn[row])] = _printable(name)

    def of(self, clients: Sequence[bytes]) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """The groups, in order of appearance, and the group of each connection. Both empty when nothing is known."""
        count = max(len(clients), max(self._names, default=-1) + 1)
        numbers: dict[str, int] = {}
        group_of = []
        for conn in range(count):
            name = self._names.get(conn) or (address(clients[conn]) if conn < len(clients) else OTHERS)
            if name not in numbers and len(numbers) >= MOST_GROUPS:
                name = OTHERS
            group_of.append(numbers.setdefault(name, len(numbers)))
        return tuple(numbers), tuple(group_of)


def address(client: bytes) -> str:
    """The address without its port: `10.0.0.7`, `::1`, `unix:/run/redis.sock`."""
    if client.startswith(b"unix:"):
        return _printable(client)
    host, colon, _ = client.rpartition(b":")
    return _printable((host if colon else client).strip(b"[]")) or OTHERS


def _printable(name: bytes) -> str:
    text = name[:_LONGEST].decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else "?" for char in text)
