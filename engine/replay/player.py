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
from collections.abc import Callable, Sequence
from pathlib import Path

import hiredis
import numpy as np

from engine import processes
from engine.cluster.node import HOST
from engine.errors import HeadroomError, Interrupted
from engine.replay import pacer, resp, router, starting
from engine.replay.again import NEVER_NS, Again
from engine.replay.compiled.player import CompiledPlayer
from engine.replay.connections import allow_files, connections_of
from engine.replay.files import Mapped, set_times
from engine.replay.link import NOTHING, Link, connect
from engine.replay.ordering import NONE, Ordering
from engine.replay.plan import BLOCKING, SUBSCRIBED, WATCHING, WRITE, PlanFacts, PlanFiles
from engine.replay.records import UNANSWERED_NS, create_records, view
from engine.replay.task import (
    LEAD_NS,
    LINGER_NS,
    MAX_REDIRECTS,
    REPORT_NS,
    Outcome,
    Task,
    resident_peak,
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
        self._moved: dict[int, str] = {}
        self._again = Again()
        self._blocking_flying = 0
        self._start_ns = 0
        self._answered_units = 0
        self._answered_ns = 0

    # -- before the clock starts -------------------------------------------------------------------------------------

    def _load(self) -> None:
        index = self.files.read_index()
        self.units = len(index)
        self.connections = connections_of(self.files, self.facts)
        clients = self.connections.shared
        shard_of = np.array([self.router.shard(slot, 0) for slot in range(-1, 16384)], dtype=np.int16)[1:]
        slot = index["slot"].astype(np.int64)
        lane = index["lane"]
        anywhere = np.where(lane == SUBSCRIBED, index["client"], np.arange(self.units)) % self.router.shards
        shards = np.where(slot >= 0, shard_of[np.maximum(slot, 0)], anywhere)
        depth = self.task.depth
        self._due = view(index["due_ns"] if depth is None else np.zeros(self.units, dtype=np.int64))
        self._begin = view(index["start"])
        self._length = view(index["length"])
        self._replies = view(index["replies"])
        self._operations = view(index["operations"])
        self._blocking = view(np.isin(lane, (BLOCKING, SUBSCRIBED)).astype(np.uint8))
        self._lane = view(lane)
        self._slot = view(index["slot"])
        self._recorded_client = view(index["client"])
        self._shards = view(shards.astype(np.int32))
        written = np.where(index["role"] >= WRITE, slot, NONE).astype(np.int32)
        own = self.connections.numbers()
        lanes = index["client"] % clients
        for client in {client for client, kind in own if kind == WATCHING}:
            lanes[(index["client"] == client) & (lane == WATCHING)] = own[client, WATCHING]
        self._connection = view(lanes.astype(np.int32))
        if depth is not None:
            lanes = lanes * self.router.shards + shards
        self.ordering = Ordering(
            view(lanes.astype(np.int32)),
            self._shards,
            view(written),
            self.router.shards,
            self._send,
            depth,
            clients * self.router.shards if any(kind == WATCHING for _, kind in own) else 1 << 62,
        )
        self._own = own
        self._sent, self._done = create_records(self.files.records, self.units)

    def _open_links(self) -> None:
        self.outcome.connections = self.connections.count * self.router.shards
        allow_files(self.outcome.connections)
        for link in range(self.outcome.connections):
            self._link(link)

    def _link(self, number: int) -> Link:
        link = self._links.get(number)
        if link is None:
            shard = number % self.router.shards
            link = Link(self._connect(shard, resp3=number // self.router.shards in self.connections.resp3), shard)
            self._links[number] = link
            self._by_fd[link.sock.fileno()] = number
            self._epoll.register(link.sock.fileno(), select.EPOLLIN)
        return link

    def _connect(self, shard: int, *, resp3: bool) -> socket.socket:
        return connect(HOST, self.task.ports[shard], self.task.password, resp3=resp3)

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

    def _now(self) -> int:
        return time.perf_counter_ns() - self._start_ns

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
        client = self._own.get((self._recorded_client[unit], self._lane[unit]))
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
                self.outcome.bytes_in += self._length[unit]
                if unit in self._redirects:  # sent again: it counts, and its time runs, from the first time
                    continue
                self._sent[unit] = now
                self.outcome.sent += self._operations[unit]
                if self.task.depth is None:
                    self.outcome.late_units += pacer.is_late(self._due[unit], now)
            link.fresh.clear()
            if not link.push():
                self._epoll.modify(link.sock.fileno(), select.EPOLLIN | select.EPOLLOUT)
        self._dirty.clear()

    def _wait(self, next_unit: int) -> None:
        ns = min(_LOOK_NS, max(self._again.next_ns - self._now(), 1))
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
            self.outcome.stopped = f"Shard {link.shard} closed a connection during the replay"
            return
        now = self._now()
        while (reply := link.reader.gets()) is not NOTHING:
            self._take(link, reply, now)

    def _take(self, link: Link, reply: object, now: int) -> None:
        if isinstance(reply, hiredis.PushNotification) and self._is_unasked(link, reply):
            return
        unit = link.pending[0]
        if unit == _ASKING:
            link.pending.popleft()
            link.left = self._replies[link.pending[0]]
            return
        redirected = False
        if isinstance(reply, hiredis.ReplyError) and self._blocking[unit]:
            link.left = 1  # a subscription to several channels is refused once
        if isinstance(reply, hiredis.ReplyError | list):
            redirected = self._notice_errors(unit, reply, link.left)
        link.left -= 1
        if link.left:
            return
        moved = self._moved.pop(unit, None)
        if moved is not None:
            redirected = self._follow(unit, moved)
        self.outcome.aborted += reply is None and self._replies[unit] > 1
        link.pending.popleft()
        if link.pending:
            link.left = 1 if link.pending[0] < 0 else self._replies[link.pending[0]]
        if not redirected:
            self._complete(unit, now)

    def _is_unasked(self, link: Link, push: Sequence[bytes]) -> bool:
        """Whether a push is no reply: a message, or the news that a subscription's slot has moved away."""
        if push[0].endswith(b"subscribe"):
            return not link.pending
        self.outcome.messages += 1
        self.outcome.message_bytes += resp.length(push)
        return True

    def _complete(self, unit: int, now: int) -> None:
        self._done[unit] = self._answered_ns = now
        self._answered_units += 1
        self.outcome.ok += self._operations[unit] - self._errors_in.pop(unit, 0)
        if self._blocking[unit]:
            self._blocking_flying -= 1
            return
        self._recent.append(now - (self._sent if self.task.depth else self._due)[unit])
        self.ordering.answered(unit)

    def _notice_errors(self, unit: int, reply: object, left: int) -> bool:
        """Count error replies; True when the unit was redirected and is on its way again.

        A transaction of which a command is redirected does nothing; the whole of it is sent again when EXEC has said so.
        """
        if isinstance(reply, list):  # EXEC answers with the replies of its commands
            for part in reply:
                if isinstance(part, hiredis.ReplyError):
                    self._count_error(unit, str(part))
            return False
        text = str(reply)
        if unit in self._moved:
            return False
        if text.startswith("TRYAGAIN") or router.parse_redirect(text) is not None:
            if left == 1:
                return self._follow(unit, text)
            self._moved[unit] = text
            return False
        self._count_error(unit, text)
        return False

    def _count_error(self, unit: int, text: str) -> None:
        kind = text.split(" ", 1)[0]
        self.outcome.errors[kind] = self.outcome.errors.get(kind, 0) + 1
        self._errors_in[unit] = min(self._errors_in.get(unit, 0) + 1, self._operations[unit])
        if kind == "OOM":
            self.outcome.out_of_memory = True

    def _follow(self, unit: int, text: str) -> bool:
        """Send a unit where an error says, or later; False when nobody can, and the error is counted as one."""
        if text.startswith("TRYAGAIN") and self._again.put(unit, unit, self._now()):
            return True
        redirect = router.parse_redirect(text)
        shard = None if redirect is None else self.router.follow(redirect)
        self._redirects[unit] += 1
        if redirect is None or shard is None or self._redirects[unit] > MAX_REDIRECTS + self._again.tries(unit):
            self._count_error(unit, text)
            return False
        self.outcome.redirected += 1
        number = self._place(unit) * self.router.shards + shard
        if redirect.asking:
            self._announce(number)
        self._send(unit, number)
        return True

    def _send_waiting(self, now: int) -> None:
        """Units that were told TRYAGAIN go to the shard of their slot, which sends them on where that is due."""
        for unit in self._again.take(now):
            self.outcome.tried_again += 1
            self._redirects[unit] += 1
            self._send(unit, self._place(unit) * self.router.shards + self.router.shard(self._slot[unit], 0))

    def _place(self, unit: int) -> int:
        """The connection of the unit's client."""
        if self._blocking[unit]:
            return self._own[self._recorded_client[unit], self._lane[unit]]
        return self._connection[unit]

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
        self.outcome.unanswered += sum(self._operations[unit] for unit in self._again.take(NEVER_NS))
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
            outcome.peak_bytes = resident_peak()
        except (HeadroomError, OSError) as error:
            say({"error": str(error)})
            return 1
        say({"outcome": dataclasses.asdict(outcome)})
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
