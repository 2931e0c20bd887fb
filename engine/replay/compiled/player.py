"""The compiled player from outside: opens connections, follows redirections, reports. Everything else is in the loop."""

from __future__ import annotations

import gc
import platform
import select
import time
from pathlib import Path

import numpy as np

from engine.cluster.node import HOST
from engine.errors import Interrupted
from engine.replay import pacer, resp, router
from engine.replay.commit import WAIT_ANSWER_BYTES, uncommitted, wait_command
from engine.replay.compiled import commit, loop
from engine.replay.compiled.tables import ENTRIES, NONE, State, make_state
from engine.replay.files import Mapped, blocking_clients, set_times
from engine.replay.link import connect
from engine.replay.plan import BLOCKING, INDEX, PlanFiles
from engine.replay.records import UNANSWERED_NS
from engine.replay.task import (
    DRAIN_NS,
    LEAD_NS,
    MAX_BLOCKING,
    MAX_CLIENTS,
    MAX_REDIRECTS,
    REPORT_NS,
    Outcome,
    Task,
    say_progress,
)
from engine.slots import SLOTS

_UNLIMITED = 1 << 62


class CompiledPlayer:
    """Plays one task. `play` returns when every unit is answered, dropped or given up."""

    def __init__(self, task: Task) -> None:
        self.files = PlanFiles(Path(task.folder))
        self.facts = self.files.read_facts()
        self.router = router.Router(task.ranges, task.ports)
        self.task = task
        self.outcome = Outcome()
        self._index = Mapped.open(self.files.index, INDEX)
        self._payload = Mapped.open(self.files.payload, np.uint8)
        units = len(self._index.array)
        with self.files.records.open("wb") as file:
            file.truncate(16 * units)
        self._records = Mapped.open(self.files.records, np.int64, writable=True)
        self._sent, self._done = self._records.array[:units], self._records.array[units:]
        self._clients = min(max(self.facts.clients, 1), MAX_CLIENTS)
        self._epoll = select.epoll()
        self._timer = pacer.Timer()
        self._asking = np.frombuffer(resp.command([b"ASKING"]), dtype=np.uint8)
        self._wait = np.frombuffer(wait_command(task), dtype=np.uint8)
        self._reported = 0
        self.state = self._make_state(units)

    # -- before the clock starts -------------------------------------------------------------------------------------

    def _make_state(self, units: int) -> State:
        shards, depth = self.router.shards, self.task.depth
        blocking = blocking_clients(self.files.index, MAX_BLOCKING, BLOCKING)
        links = (self._clients + len(blocking)) * shards
        self._socks = [connect(HOST, self.task.ports[link % shards], self.task.password) for link in range(links)]
        fds = np.array([sock.fileno() for sock in self._socks], dtype=np.int64)
        for fd in (*fds.tolist(), self._timer.fd):
            self._epoll.register(fd, select.EPOLLIN)
        state = make_state()
        state["link_fd"][:links] = fds
        state["link_of_fd"][fds] = np.arange(links)
        state["shard_of"] = [self.router.shard(slot, 0) for slot in range(SLOTS)]
        state["blocking"] = len(blocking)
        state["blocking_clients"][: len(blocking)] = blocking
        n = state
        n["units"], n["clients"], n["shards"] = units, self._clients, shards
        n["depth"], n["closed"] = (_UNLIMITED, 0) if depth is None else (depth, 1)
        n["late_after_ns"], n["drop_after_ns"] = pacer.LATE_AFTER_NS, pacer.DROP_AFTER_NS
        n["epoll"], n["timer"] = self._epoll.fileno(), self._timer.fd
        n["event_words"], n["fd_word"] = (3, 1) if platform.machine() == "x86_64" else (4, 2)
        n["payload"] = self._payload.array.ctypes.data if units else 0
        self.outcome.connections = links
        n["copies"] = self.task.copies
        for link in range(links if self.task.copies else 0):
            commit.prepare(state, link, self._wait.ctypes.data, len(self._wait))
        return state

    def warm_up(self) -> None:
        """Have every loop compiled or loaded before the clock starts: plays nothing."""
        units, self.state["units"] = int(self.state["units"]), 0
        self.state["start_ns"] = time.perf_counter_ns()
        self._play_until(0)
        self.state["units"] = units

    # -- playing -----------------------------------------------------------------------------------------------------

    def play(self) -> Outcome:
        """Play everything; the records are complete when this returns."""
        self.warm_up()
        gc.collect()
        set_times(self.files, self.facts, LEAD_NS)
        cpu_ns = time.process_time_ns()
        start_ns = time.perf_counter_ns() + (LEAD_NS if self.task.depth is None else 0)
        self.state["start_ns"] = self.outcome.started_clock_ns = start_ns
        self._loop()
        self.outcome.ended_ns = time.perf_counter_ns() - start_ns
        self.outcome.client_cpu_ns = time.process_time_ns() - cpu_ns
        self._finish()
        return self.outcome

    def _play_until(self, until_ns: int) -> int:
        return loop.play(self.state, self._index.array, self._sent, self._done, until_ns)

    def _loop(self) -> None:
        report_at = REPORT_NS
        while True:
            ended = self._play_until(report_at)
            if ended == loop.REDIRECTED:
                self._follow_all()
            elif ended == loop.PAUSED:
                self._report(report_at)
                report_at += REPORT_NS
                if self._is_hopeless(report_at):
                    return
            elif ended == loop.LOST:
                shard = int(self.state["lost_link"]) % self.router.shards
                raise Interrupted(f"Shard {shard} closed a connection during the replay.")
            elif ended == loop.BROKEN:
                shard = int(self.state["broken_link"]) % self.router.shards
                raise Interrupted(f"Shard {shard} answered what was not asked, or not in its own protocol.")
            else:
                return

    def _is_hopeless(self, now_ns: int) -> bool:
        """Whether nobody needs to wait for the missing answers any longer."""
        n = self.state
        if self.task.depth is not None:
            return now_ns > int(n["answered_ns"]) + DRAIN_NS
        return bool(n["next"] == n["units"]) and now_ns > self.facts.duration_ns + DRAIN_NS

    # -- redirections ------------------------------------------------------------------------------------------------

    def _follow_all(self) -> None:
        state = self.state
        count = int(state["redirected_count"])
        state["redirected_count"] = 0
        for place in range(count):
            self._follow(int(state["redirected"][place]), state["redirect_text"][place].tobytes().rstrip(b"\0"))

    def _follow(self, e: int, error: bytes) -> None:
        redirect = router.parse_redirect(error.decode(errors="replace"))
        shard = self.router.follow(redirect) if redirect is not None else None
        self.state["e_redirects"][e] += 1
        if redirect is None or shard is None or self.state["e_redirects"][e] > MAX_REDIRECTS:
            text = np.frombuffer(error, dtype=np.uint8).copy()
            loop.refuse(self.state, e, text, len(error), self._sent, self._done)
            return
        if not redirect.asking:
            self.state["shard_of"][redirect.slot] = shard
        self.outcome.redirected += 1
        client = int(self.state["e_home"][e]) // self.router.shards
        asking = len(self._asking) if redirect.asking else 0
        loop.send_again(self.state, e, client * self.router.shards + shard, self._asking.ctypes.data, asking)

    # -- what is shown -----------------------------------------------------------------------------------------------

    def _report(self, now_ns: int) -> None:
        state = self.state
        self._read_counters()
        count = int(state["recent_count"])
        state["recent_count"] = 0
        answered = int(state["answered"])
        say_progress(answered, now_ns, state["recent"][:count], answered - self._reported, self.outcome)
        self._reported = answered
        behind = int(state["next"]) - ENTRIES
        if behind > 0:
            self._index.let_go(behind)
            self._payload.let_go(int(self._index.array[behind]["start"]))

    def _read_counters(self) -> None:
        n, outcome = self.state, self.outcome
        outcome.sent, outcome.ok, outcome.dropped = int(n["sent"]), int(n["ok"]), int(n["dropped"])
        outcome.late_units, outcome.out_of_memory = int(n["late"]), bool(n["out_of_memory"])
        outcome.bytes_in, outcome.bytes_out = int(n["bytes_in"]), int(n["bytes_out"])
        for place in range(int(n["error_kinds"])):
            word = self.state["error_words"][place].tobytes().rstrip(b"\0").decode(errors="replace")
            outcome.errors[word] = int(self.state["error_counts"][place])
        outcome.waits, outcome.committed, outcome.held_late = int(n["waits"]), int(n["committed"]), int(n["held_late"])
        outcome.bytes_in -= outcome.waits * len(self._wait)
        outcome.bytes_out -= outcome.waits * WAIT_ANSWER_BYTES
        uncommitted(outcome, int(n["uncommitted"]))

    def _finish(self) -> None:
        self._read_counters()
        self._count_unanswered()
        self.close()

    def close(self) -> None:
        """Close every connection; `play` has done so unless it raised."""
        for sock in self._socks:
            sock.close()
        self._timer.close()
        self._epoll.close()

    def _count_unanswered(self) -> None:
        """What was sent and never answered, and what could not even be sent."""
        state, operations = self.state, self._index.array["operations"]
        for link in range(len(self._socks)):
            e, unsent = int(state["link_head"][link]), False
            while e != NONE:
                unsent = unsent or e == int(state["link_unsent"][link])
                unit = int(self.state["e_unit"][e])
                if unit != NONE:
                    self._done[unit] = UNANSWERED_NS
                    self.outcome.sent += 0 if unsent else int(operations[unit])
                    self.outcome.unanswered += 0 if unsent else int(operations[unit])
                    self.outcome.dropped += int(operations[unit]) if unsent else 0
                e = int(self.state["e_next_on_link"][e])
            self._count_uncommitted(link)
        for e in _queued(state):
            self.outcome.dropped += int(operations[self.state["e_unit"][e]])
        self.outcome.dropped += int(operations[int(state["next"]) :].sum()) if self._gave_up() else 0

    def _count_uncommitted(self, link: int) -> None:
        """What was executed, and whose commit was never answered."""
        e = int(self.state["link_held"][link])
        while e != NONE:
            operations = int(self.state["e_operations"][e])
            self.outcome.sent += operations
            self.outcome.unanswered += operations
            e = int(self.state["e_next_on_link"][e])

    def _gave_up(self) -> bool:
        return bool(self.state["next"] < self.state["units"])


def _queued(state: State) -> list[int]:
    found = []
    for head in state["lane_head"].tolist():
        e = head
        while e != NONE:
            found.append(e)
            e = int(state["e_next_on_lane"][e])
    return found
