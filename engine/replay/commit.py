"""Writes are answered when they are committed: when a WAIT behind them says that enough replicas have them on disk. Pure.

WAIT blocks its connection at the server, and only the connection that wrote may ask. So one WAIT leaves behind everything
that is sent at one time, and the next one not before it is answered: what comes meanwhile is sent at once, runs as soon as
the server lets go, and shares the next WAIT. No write waits for more than the commit under way and its own.

What a client of a transaction log sees: answers leave a connection in order, so a read behind an uncommitted write of its
connection is answered with that write's commit. Other connections are not held up.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from engine.replay import resp
from engine.replay.task import Outcome, Task

WAIT_ANSWER_BYTES = len(b":1\r\n")
NOT_COMMITTED = "NOTCOMMITTED"  # the kind under which such writes stand among the errors


def wait_command(task: Task) -> bytes:
    """The WAIT of a task, encoded."""
    return resp.command([b"WAIT", b"%d" % task.copies, b"%d" % task.wait_ms])


class Commits:
    """`is_write[unit]` says which units are to be committed. Links are connections, by number."""

    def __init__(self, is_write: Sequence[int], copies: int) -> None:
        self._is_write = is_write
        self._copies = copies
        self._bare: set[int] = set()
        self._asked: set[int] = set()
        self._held: dict[int, deque[int]] = {}

    def put(self, link: int, unit: int) -> None:
        """A unit is to leave over a link."""
        if self._is_write[unit]:
            self._bare.add(link)

    def cover(self, link: int) -> bool:
        """Whether a WAIT is to leave now, behind what waits to leave; if so it is under way."""
        if link not in self._bare or link in self._asked:
            return False
        self._bare.discard(link)
        self._asked.add(link)
        return True

    def hold(self, link: int, unit: int) -> bool:
        """All replies of a unit have come: whether it has to wait for a WAIT."""
        held = self._held.get(link)
        if not (held or self._is_write[unit]):
            return False
        self._held.setdefault(link, deque()).append(unit)
        return True

    def release(self, link: int, copies: int) -> tuple[list[int], list[int]]:
        """A WAIT is answered: the units that are answered with it, and the writes that are not committed."""
        self._asked.discard(link)
        units = self._held.pop(link, deque())
        lost = [unit for unit in units if self._is_write[unit] and copies < self._copies]
        return list(units), lost

    def is_bare(self, link: int) -> bool:
        """Whether there are writes without a WAIT behind them."""
        return link in self._bare

    def held(self) -> list[int]:
        """Units whose replies have come and whose commit has not."""
        return [unit for units in self._held.values() for unit in units]


def uncommitted(outcome: Outcome, operations: int) -> None:
    """Note how many writes were executed and not confirmed in time: not acknowledged, by kind."""
    outcome.timed_out = operations
    if operations:
        outcome.errors[NOT_COMMITTED] = operations
