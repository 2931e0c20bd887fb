"""The plain player where writes are committed before they are answered: what the compiled one is tested against."""

from __future__ import annotations

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

    def play(self) -> Outcome:
        """Play everything; units whose commit was never answered count as unanswered."""
        outcome = super().play()
        outcome.bytes_in -= outcome.waits * len(self._wait_command)
        outcome.bytes_out -= outcome.waits * WAIT_ANSWER_BYTES
        outcome.unanswered += sum(self._operations[unit] for unit in self._commits.held())
        return outcome

    def _send(self, unit: int, number: int) -> None:
        super()._send(unit, number)
        self._commits.put(number, unit)

    def _flush(self) -> None:
        for number in self._dirty:
            if self._commits.cover(number):
                self._ask(self._link(number))
        super()._flush()

    def _ask(self, link: Link) -> None:
        link.out.append(self._wait_command)
        self.outcome.bytes_in += len(self._wait_command)
        if not link.pending:
            link.left = 1
        link.pending.append(_WAIT)

    def _read(self, link: Link) -> None:
        self._reading = self._by_fd[link.sock.fileno()]
        super()._read(link)

    def _take(self, link: Link, reply: object, now: int) -> None:
        if link.pending[0] != _WAIT:
            super()._take(link, reply, now)
            return
        link.pending.popleft()
        if link.pending:
            link.left = 1 if link.pending[0] < 0 else self._replies[link.pending[0]]
        self._acknowledge(reply if isinstance(reply, int) else 0, now)

    def _acknowledge(self, copies: int, now: int) -> None:
        self.outcome.waits += 1
        units, lost = self._commits.release(self._reading, copies)
        for unit in units:
            operations = self._operations[unit]
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

    def _complete(self, unit: int, now: int) -> None:
        if not self._commits.hold(self._reading, unit):
            super()._complete(unit, now)
        elif not self._blocking[unit]:
            self.ordering.executed(unit)


if __name__ == "__main__":
    raise SystemExit(main(DurablePlayer))
