"""The plain player where writes are committed before they are answered: what the compiled one is tested against."""

from __future__ import annotations

from engine.replay import pacer
from engine.replay.commit import WAIT_ANSWER_BYTES, Commits, uncommitted, wait_command
from engine.replay.link import Link
from engine.replay.plan import WRITE
from engine.replay.player import Player, main
from engine.replay.records import UNANSWERED_NS, view
from engine.replay.task import Outcome, Task

_WAIT = -2  # stands among the awaited units for the reply to WAIT


class DurablePlayer(Player):
    """Plays one task in durable mode."""

    def __init__(self, task: Task) -> None:
        super().__init__(task)
        self._writes = view((self.files.read_index()["role"] == WRITE).astype("u1"))
        self._commits = Commits(self._writes, task.copies)
        self._wait_command = wait_command(task)
        self._reading = -1
        self._answered_at: int | None = None
        self._free: dict[int, int] = {}

    def play(self) -> Outcome:
        """Play everything; units whose commit was never answered count as unanswered."""
        outcome = super().play()
        outcome.bytes_in -= outcome.waits * len(self._wait_command)
        outcome.bytes_out -= outcome.waits * WAIT_ANSWER_BYTES
        outcome.unanswered += sum(self._columns.operations[unit] for unit in self._commits.held())
        return outcome

    def _send(self, unit: int, number: int) -> None:
        super()._send(unit, number)
        self._commits.put(number, unit)
        if self._answered_at is not None:
            self._free[unit] = self._answered_at

    def _flush(self) -> None:
        for number in self._dirty:
            if self._commits.cover(number):
                self._ask(self._links[number])
            self._count_held(self._links[number].fresh)
        super()._flush()

    def _count_held(self, units: list[int]) -> None:
        """Of the late ones, those that leave as soon as what they waited for is answered."""
        now = self._now()
        for unit in units:
            free = self._free.pop(unit, None)
            if self.task.depth is None and free is not None and pacer.is_late(self._columns.due[unit], now):
                self.outcome.held_late += not pacer.is_late(free, now)

    def _ask(self, link: Link) -> None:
        link.out.append(self._wait_command)
        self.outcome.bytes_in += len(self._wait_command)
        if not link.pending:
            link.left = 1
        link.pending.append(_WAIT)

    def _read(self, link: Link) -> None:
        self._reading = link.number
        super()._read(link)

    def _take(self, link: Link, reply: object, now: int) -> None:
        if link.pending[0] != _WAIT:
            super()._take(link, reply, now)
            return
        link.pending.popleft()
        if link.pending:
            link.left = 1 if link.pending[0] < 0 else self._columns.replies[link.pending[0]]
        self._acknowledge(reply if isinstance(reply, int) else 0, now)

    def _acknowledge(self, copies: int, now: int) -> None:
        self.outcome.waits += 1
        self._answered_at = now
        units, lost = self._commits.release(self._reading, copies)
        for unit in units:
            operations = self._columns.operations[unit]
            if unit in lost:
                self._errors_in[unit] = operations
                uncommitted(self.outcome, self.outcome.timed_out + operations)
            elif self._writes[unit]:
                self.outcome.committed += operations
            super()._complete(unit, now)
            if unit in lost:
                self._done[unit] = UNANSWERED_NS
        if self._commits.is_bare(self._reading):
            self._dirty.add(self._reading)
        self._answered_at = None

    def _complete(self, unit: int, now: int) -> None:
        self._answered_at = now
        if not self._commits.hold(self._reading, unit):
            super()._complete(unit, now)
        elif not self._columns.blocking[unit]:
            self.ordering.executed(unit)
        self._answered_at = None


if __name__ == "__main__":
    raise SystemExit(main(DurablePlayer))
