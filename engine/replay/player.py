"""Plays a plan against a cluster in open loop: one thread, one epoll, times from one monotonic clock.

Runs as a process of its own (`python -m engine.replay.player`), so that showing progress or writing to a database never
delays a command. Reads its task as JSON from standard input; writes progress lines and the outcome as JSON lines to standard
output, and sent and done times of every unit into the plan's record file.
"""

from __future__ import annotations

import dataclasses
import gc
import json
import select
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import hiredis
import numpy as np

from engine import processes
from engine.cluster.node import HOST
from engine.errors import HeadroomError, Interrupted
from engine.replay import pacer, resp, router
from engine.replay.compiled.player import CompiledPlayer
from engine.replay.files import Mapped, set_times
from engine.replay.link import NOTHING, Link, connect
from engine.replay.ordering import NONE, Ordering
from engine.replay.plan import BLOCKING, WRITE, PlanFacts, PlanFiles
from engine.replay.records import UNANSWERED_NS, create_records, view
from engine.replay.task import (
    DRAIN_NS,
    LEAD_NS,
    MAX_BLOCKING,
    MAX_CLIENTS,
    MAX_REDIRECTS,
    REPORT_NS,
    Outcome,
    Task,
    say,
    say_progress,
)

_READ_AHEAD = 1 << 13  # units that may wait in closed loop
_BURST = 512  # units submitted before replies are looked at again
_LOOK_NS = 100_000_000  # longest sleep
_ASKING = -1  # stands among the awaited units for the reply to ASKING


class Player:
    """Plays one task. `play` returns when every unit is answered, dropped or given up."""

    burst = _BURST

    def __init__(self, task: Task, route: router.Router | None = None) -> None:
        self.files = PlanFiles(Path(task.folder))
        self.facts: PlanFacts = self.files.read_facts()
        self.router = route or router.Router(task.ranges, task.ports)
        self.task = task
        self.outcome = Outcome()
        self._load()
        self._epoll = select.epoll()
        self._timer = pacer.Timer()
        self._links: dict[int, Link] = {}
        self._by_fd: dict[int, int] = {}
        self._dirty: set[int] = set()
        self._recent: list[int] = []
        self._errors_in: dict[int, int] = {}
        self._redirects: Counter[int] = Counter()
        self._blocking_flying = 0
        self._start_ns = 0
        self._answered_units = 0

    # -- before the clock starts -------------------------------------------------------------------------------------

    def _load(self) -> None:
        index = self.files.read_index()
        self.units = len(index)
        clients = min(max(self.facts.clients, 1), MAX_CLIENTS)
        shard_of = np.array([self.router.shard(slot, 0) for slot in range(-1, 16384)], dtype=np.int16)[1:]
        slot = index["slot"].astype(np.int64)
        shards = np.where(slot >= 0, shard_of[np.maximum(slot, 0)], np.arange(self.units) % self.router.shards)
        depth = self.task.depth
        self._due = view(index["due_ns"] if depth is None else np.zeros(self.units, dtype=np.int64))
        self._begin = view(index["start"])
        self._length = view(index["length"])
        self._replies = view(index["replies"])
        self._operations = view(index["operations"])
        self._blocking = view((index["lane"] == BLOCKING).astype(np.uint8))
        self._recorded_client = view(index["client"])
        self._shards = view(shards.astype(np.int32))
        written = np.where(index["role"] == WRITE, slot, NONE).astype(np.int32)
        lanes = index["client"] % clients
        if depth is not None:
            lanes = lanes * self.router.shards + shards
        self.ordering = Ordering(
            view(lanes.astype(np.int32)),
            self._shards,
            view(written),
            self.router.shards,
            self._send,
            depth,
        )
        self._clients = clients
        self._blocking_clients = {
            int(client): clients + number
            for number, client in enumerate(np.unique(index["client"][index["lane"] == BLOCKING])[:MAX_BLOCKING])
        }
        self._sent, self._done = create_records(self.files.records, self.units)

    def _open_links(self) -> None:
        used = self._clients + len(self._blocking_clients)
        self.outcome.connections = used * self.router.shards
        for link in range(self.outcome.connections):
            self._link(link)

    def _link(self, number: int) -> Link:
        link = self._links.get(number)
        if link is None:
            shard = number % self.router.shards
            link = Link(self._connect(shard), shard)
            self._links[number] = link
            self._by_fd[link.sock.fileno()] = number
            self._epoll.register(link.sock.fileno(), select.EPOLLIN)
        return link

    def _connect(self, shard: int) -> socket.socket:
        return connect(HOST, self.task.ports[shard], self.task.password)

    # -- the loop ----------------------------------------------------------------------------------------------------

    def play(self) -> Outcome:
        """Play everything; the records are complete when this returns."""
        self._open_links()
        self._epoll.register(self._timer.fd, select.EPOLLIN)
        set_times(self.files, self.facts, LEAD_NS)
        self._payload = view(Mapped.open(self.files.payload, np.uint8).array)
        gc.collect()
        gc.freeze()
        gc.disable()
        cpu_ns = time.process_time_ns()
        self._start_ns = time.perf_counter_ns() + LEAD_NS
        self.outcome.started_clock_ns = self._start_ns
        try:
            self._loop()
        finally:
            gc.enable()
        self.outcome.ended_ns = self._now()
        self.outcome.client_cpu_ns = time.process_time_ns() - cpu_ns
        self._count_unanswered()
        return self.outcome

    def _now(self) -> int:
        return time.perf_counter_ns() - self._start_ns

    def _loop(self) -> None:
        next_unit, report_at = 0, REPORT_NS
        give_up_ns = self.facts.duration_ns + DRAIN_NS
        while True:
            now = self._now()
            next_unit = self._submit_due(next_unit, now)
            self._flush()
            if next_unit == self.units and not self.ordering.flying and not self.ordering.waiting:
                return
            if now > report_at:
                self._report(now)
                report_at = now + REPORT_NS
            if (next_unit == self.units and now > give_up_ns) or self.outcome.out_of_memory or self.outcome.stopped:
                return
            self._wait(next_unit)

    def _submit_due(self, unit: int, now: int) -> int:
        due, last = self._due, min(unit + self.burst, self.units)
        closed = self.task.depth is not None
        while unit < last and due[unit] <= now and not (closed and self.ordering.waiting > _READ_AHEAD):
            if not closed and pacer.is_hopeless(due[unit], now):
                self.outcome.dropped += self._operations[unit]
            elif self._blocking[unit]:
                self._send_blocking(unit)
            else:
                self.ordering.submit(unit)
            unit += 1
        return unit

    def _send_blocking(self, unit: int) -> None:
        client = self._blocking_clients.get(self._recorded_client[unit])
        if client is None:
            self.outcome.dropped += self._operations[unit]
            return
        self._blocking_flying += 1
        self._send(unit, client * self.router.shards + self._shards[unit])

    def _send(self, unit: int, number: int) -> None:
        link = self._link(number)
        begin = self._begin[unit]
        link.out.append(self._payload[begin : begin + self._length[unit]])
        link.fresh.append(unit)
        if not link.pending:
            link.left = self._replies[unit]
        link.pending.append(unit)
        self._dirty.add(number)

    def _flush(self) -> None:
        for number in self._dirty:
            link = self._links[number]
            now = self._now()
            for unit in link.fresh:
                self._sent[unit] = now
                self.outcome.sent += self._operations[unit]
                self.outcome.bytes_in += self._length[unit]
                if self.task.depth is None:
                    self.outcome.late_units += pacer.is_late(self._due[unit], now)
            link.fresh.clear()
            if not link.push():
                self._epoll.modify(link.sock.fileno(), select.EPOLLIN | select.EPOLLOUT)
        self._dirty.clear()

    def _wait(self, next_unit: int) -> None:
        ns = _LOOK_NS
        if next_unit < self.units and self.task.depth is None:
            ns = min(ns, self._due[next_unit] - self._now())
        if ns > 0:
            self._timer.wake_in(ns)
        for fd, event in self._epoll.poll(None if ns > 0 else 0):
            number = self._by_fd.get(fd)
            if number is None:
                self._timer.clear()
                continue
            if event & select.EPOLLOUT and self._links[number].push():
                self._epoll.modify(fd, select.EPOLLIN)
            if event & ~select.EPOLLOUT:
                self._read(self._links[number])

    # -- replies -----------------------------------------------------------------------------------------------------

    def _read(self, link: Link) -> None:
        try:
            received = link.receive()
        except BlockingIOError:
            return
        except OSError:
            received = 0
        self.outcome.bytes_out += received
        if not received:
            raise Interrupted(f"Shard {link.shard} closed a connection during the replay.")
        now = self._now()
        while (reply := link.reader.gets()) is not NOTHING:
            self._take(link, reply, now)

    def _take(self, link: Link, reply: object, now: int) -> None:
        unit = link.pending[0]
        if unit == _ASKING:
            link.pending.popleft()
            link.left = self._replies[link.pending[0]]
            return
        redirected = False
        if isinstance(reply, hiredis.ReplyError | list):
            redirected = self._notice_errors(unit, reply)
        link.left -= 1
        if link.left:
            return
        link.pending.popleft()
        if link.pending:
            link.left = 1 if link.pending[0] < 0 else self._replies[link.pending[0]]
        if not redirected:
            self._complete(unit, now)

    def _complete(self, unit: int, now: int) -> None:
        self._done[unit] = now
        self._answered_units += 1
        self.outcome.ok += self._operations[unit] - self._errors_in.pop(unit, 0)
        if self._blocking[unit]:
            self._blocking_flying -= 1
            return
        self._recent.append(now - (self._sent if self.task.depth else self._due)[unit])
        self.ordering.answered(unit)

    def _notice_errors(self, unit: int, reply: object) -> bool:
        """Count error replies; True when the unit was redirected and is on its way again."""
        if isinstance(reply, list):  # EXEC answers with the replies of its commands
            for part in reply:
                if isinstance(part, hiredis.ReplyError):
                    self._count_error(unit, str(part))
            return False
        text = str(reply)
        redirect = router.parse_redirect(text)
        if redirect is not None and self._replies[unit] == 1 and self._follow(unit, redirect):
            return True
        self._count_error(unit, text)
        return False

    def _count_error(self, unit: int, text: str) -> None:
        kind = text.split(" ", 1)[0]
        self.outcome.errors[kind] = self.outcome.errors.get(kind, 0) + 1
        self._errors_in[unit] = min(self._errors_in.get(unit, 0) + 1, self._operations[unit])
        if kind == "OOM":
            self.outcome.out_of_memory = True

    def _follow(self, unit: int, redirect: router.Redirect) -> bool:
        shard = self.router.follow(redirect)
        self._redirects[unit] += 1
        if shard is None or self._redirects[unit] > MAX_REDIRECTS:
            return False
        self.outcome.redirected += 1
        number = (self._recorded_client[unit] % self._clients) * self.router.shards + shard
        if redirect.asking:
            self._announce(number)
        self._send(unit, number)
        return True

    def _announce(self, number: int) -> None:
        """ASKING goes before the one command it is for; its own +OK is awaited as a reply without a unit."""
        link = self._link(number)
        link.out.append(resp.command([b"ASKING"]))
        if not link.pending:
            link.left = 1
        link.pending.append(_ASKING)

    # -- what is shown -----------------------------------------------------------------------------------------------

    def _report(self, now: int) -> None:
        recent, self._recent = self._recent, []
        say_progress(self._answered_units, now, np.array(recent, dtype=np.int64), len(recent), self.outcome)

    def _count_unanswered(self) -> None:
        for link in self._links.values():
            for unit in (each for each in link.pending if each >= 0):
                self.outcome.unanswered += self._operations[unit]
                self._done[unit] = UNANSWERED_NS
            link.sock.close()
        self._timer.close()
        self._epoll.close()


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
            outcome = make(Task.from_json(json.loads(line))).play()
        except (HeadroomError, OSError) as error:
            say({"error": str(error)})
            return 1
        say({"outcome": dataclasses.asdict(outcome)})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
