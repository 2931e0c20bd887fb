"""Plays a plan against a cluster: one thread, one epoll, times from one monotonic clock.

Runs as a process of its own (`python -m engine.replay.player`), so that showing progress or writing to a database never
delays a command. Reads its task as JSON from standard input; writes progress lines and the outcome as JSON lines to standard
output, and sent and done times of every unit into the plan's record file.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import sys
import time
from collections.abc import Callable

import numpy as np

from engine import processes
from engine.errors import HeadroomError, Interrupted
from engine.replay import cores, pacer, starting
from engine.replay.again import NEVER_NS
from engine.replay.answering import Answering
from engine.replay.compiled.player import CompiledPlayer
from engine.replay.files import Mapped, set_times
from engine.replay.records import UNANSWERED_NS, view
from engine.replay.task import LEAD_NS, LINGER_NS, REPORT_NS, Outcome, Task, resident_peak, say, say_progress

_READ_AHEAD = 1 << 13  # units that may wait in closed loop
_BURST = 512  # units submitted before replies are looked at again
_LOOK_NS = 100_000_000  # longest sleep


class Player(Answering):
    """Plays one task. `play` returns when every unit is answered, dropped or given up."""

    burst = _BURST

    def play(self) -> Outcome:
        """Play everything; the records are complete when this returns."""
        self._open_links()
        set_times(self.files, self.facts, LEAD_NS)
        self._payload = view(Mapped.open(self.files.payload, np.uint8).array)
        gc.collect()
        gc.freeze()
        gc.disable()
        cpu_ns = time.process_time_ns()
        self._start_ns = starting.start_ns(self.task, LEAD_NS)
        self.outcome.started_clock_ns = self._start_ns
        try:
            self._loop()
        finally:
            gc.enable()
        self.outcome.ended_ns = self._now()
        self.outcome.client_cpu_ns = time.process_time_ns() - cpu_ns
        while self.connections.subscribed and self._now() < self.outcome.ended_ns + LINGER_NS:
            self._wait(self.units)
        self._count_unanswered()
        return self.outcome

    def _loop(self) -> None:
        next_unit, report_at = 0, REPORT_NS
        closed = self.task.depth is not None
        while True:
            now = self._now()
            self._send_waiting(now)
            next_unit = self._submit_due(next_unit, now)
            self._flush()
            if next_unit == self.units and not self.ordering.flying and not self.ordering.waiting:
                return
            if now > report_at:
                self._report(now)
                report_at = now + REPORT_NS
            since = self._answered_ns if closed else self.facts.duration_ns
            hopeless = (closed or next_unit == self.units) and now > since + self.task.patience_ns
            if hopeless or self.outcome.out_of_memory or self.outcome.stopped:
                return
            self._wait(next_unit)

    def _submit_due(self, unit: int, now: int) -> int:
        due, last = self._columns.due, min(unit + self.burst, self.units)
        closed = self.task.depth is not None
        while unit < last and due[unit] <= now and not (closed and self.ordering.waiting > _READ_AHEAD):
            if not closed and pacer.is_hopeless(due[unit], now):
                self.outcome.dropped += self._columns.operations[unit]
            elif self._columns.blocking[unit]:
                self._send_blocking(unit)
            else:
                self.ordering.submit(unit)
            unit += 1
        return unit

    def _send_blocking(self, unit: int) -> None:
        client = self._own.get((self._columns.client[unit], self._columns.lane[unit]))
        if client is None:
            self.outcome.dropped += self._columns.operations[unit]
            return
        self._send(unit, client * self.router.shards + self._columns.shard[unit])

    def _wait(self, next_unit: int) -> None:
        ns = min(_LOOK_NS, max(self._again.next_ns - self._now(), 1))
        if next_unit < self.units and self.task.depth is None:
            ns = min(ns, self._columns.due[next_unit] - self._now())
        self._poll.wait(ns, self._read)

    def _report(self, now: int) -> None:
        recent, self._recent = self._recent, []
        say_progress(self._answered_units, now, np.array(recent, dtype=np.int64), len(recent), self.outcome)

    def _count_unanswered(self) -> None:
        for link in self._links:
            for unit in (each for each in link.pending if each >= 0):
                self.outcome.unanswered += self._columns.operations[unit]
                self._done[unit] = UNANSWERED_NS
            link.sock.close()
        self.outcome.unanswered += sum(self._columns.operations[unit] for unit in self._again.take(NEVER_NS))
        self._poll.close()


def _player(task: Task) -> Player | CompiledPlayer:
    if not task.pure and sys.maxsize > 1 << 32:
        return CompiledPlayer(task)
    if task.copies:
        raise Interrupted("The plain player of durable mode is engine.replay.durable_player.")
    return Player(task)


def main(make: Callable[[Task], Player | CompiledPlayer] = _player) -> int:
    """Play the tasks on standard input, a line each. Status 0 and an `outcome` line for each, or 1 and an `error` line."""
    processes.die_with_parent()
    for line in sys.stdin:
        try:
            task = Task.from_json(json.loads(line))
            cores.stay_on(task.cores)
            outcome = make(task).play()
            outcome.peak_bytes = resident_peak()
        except (HeadroomError, OSError) as error:
            say({"error": str(error)})
            return 1
        say({"outcome": dataclasses.asdict(outcome)})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
