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
from engine.replay import pacer, resp, router, starting
from engine.replay.again import NEVER_NS, Again
from engine.replay.commit import WAIT_ANSWER_BYTES, uncommitted, wait_command
from engine.replay.compiled import commit, loop
from engine.replay.compiled.tables import AHEAD_TIMES, LEAST_AHEAD, MOST_AHEAD, NONE, State, make_state
from engine.replay.connections import allow_files, connections_of
from engine.replay.files import Mapped, set_times
from engine.replay.link import connect
from engine.replay.plan import INDEX, WATCHING, PlanFiles
from engine.replay.records import UNANSWERED_NS
from engine.replay.task import (
    LEAD_NS,
    LINGER_NS,
    MAX_REDIRECTS,
    REPORT_NS,
    Outcome,
    Task,
    say_progress,
)
from engine.replay.window import Part, Window
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
        self._connections = connections_of(self.files, self.facts)
        self._again = Again()
        self._epoll = select.epoll()
        self._timer = pacer.Timer()
        self._asking = np.frombuffer(resp.command([b"ASKING"]), dtype=np.uint8)
        self._wait = np.frombuffer(wait_command(task), dtype=np.uint8)
        self._reported = 0
        self.state = self._make_state(units)

    # -- before the clock starts -------------------------------------------------------------------------------------

    def _make_state(self, units: int) -> State:
        shards, depth = self.router.shards, self.task.depth
        many = self._connections
        links = many.count * shards
        allow_files(links)
        self._socks = [
            connect(HOST, self.task.ports[link % shards], self.task.password, resp3=link // shards in many.resp3)
            for link in range(links)
        ]
        fds = np.array([sock.fileno() for sock in self._socks], dtype=np.int64)
        for fd in (*fds.tolist(), self._timer.fd):
            self._epoll.register(fd, select.EPOLLIN)
        state = make_state()
        state["link_fd"][:links] = fds
        state["link_of_fd"][fds] = np.arange(links)
        state["shard_of"] = [self.router.shard(slot, 0) for slot in range(SLOTS)]
        state["own"] = len(many.own)
        for place, (client, lane) in enumerate(many.own):
            state["own_clients"][place], state["own_lanes"][place] = client, lane
        if any(lane == WATCHING for _, lane in many.own):
            state["own_from"] = many.shared * shards
        n = state
        n["units"], n["clients"], n["shards"] = units, many.shared, shards
        n["depth"], n["closed"] = (_UNLIMITED, 0) if depth is None else (depth, 1)
        under_way = many.shared * (depth or 0)
        n["ahead"] = min(max(AHEAD_TIMES * under_way, LEAST_AHEAD), MOST_AHEAD)
        n["few"] = max(n["ahead"] - under_way, n["ahead"] // 2)
        n["late_after_ns"], n["drop_after_ns"] = pacer.LATE_AFTER_NS, pacer.DROP_AFTER_NS
        n["polls"] = self.task.polls
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
        self._listen(0)
        self.state["units"] = units

    # -- playing -----------------------------------------------------------------------------------------------------

    def play(self) -> Outcome:
        """Play everything; the records are complete when this returns."""
        self.warm_up()
        gc.collect()
        gc.freeze()
        gc.disable()
        set_times(self.files, self.facts, LEAD_NS)
        window = self._window()
        window.look()
        cpu_ns = time.process_time_ns()
        start_ns = starting.start_ns(self.task, LEAD_NS if self.task.depth is None else 0)
        self.state["start_ns"] = self.outcome.started_clock_ns = start_ns
        try:
            with window:
                self._loop()
                self.outcome.ended_ns = time.perf_counter_ns() - start_ns
        finally:
            gc.enable()
        self.outcome.client_cpu_ns = time.process_time_ns() - cpu_ns - int(self.state["polled_ns"])
        if self._connections.subscribed:
            self._listen(self.outcome.ended_ns + LINGER_NS)
        self._finish()
        return self.outcome

    def _window(self) -> Window:
        units, index = len(self._sent), self._index.array
        parts = (
            Part(self._index, lambda unit: unit * INDEX.itemsize),
            Part(self._payload, lambda unit: int(index[unit]["start"]) if unit < units else self._payload.array.size),
            Part(self._records, lambda unit: 8 * unit),
            Part(self._records, lambda unit: 8 * (units + unit)),
        )
        return Window(parts, lambda: int(self.state["next"]), units)

    def _play_until(self, until_ns: int) -> int:
        return loop.play(self.state, self._index.array, self._sent, self._done, until_ns)

    def _listen(self, until_ns: int) -> None:
        loop.listen(self.state, self._index.array, self._sent, self._done, until_ns)

    def _loop(self) -> None:
        report_at = REPORT_NS
        while True:
            ended = self._play_until(min(report_at, self._again.next_ns))
            if ended == loop.REDIRECTED:
                self._follow_all()
            elif ended == loop.PAUSED and self._again.next_ns < report_at:
                self._send_waiting(self._again.next_ns)
            elif ended == loop.PAUSED:
                self._report(report_at)
                report_at += REPORT_NS
                if self._is_hopeless(report_at):
                    return
            elif ended == loop.LOST:
                shard = int(self.state["lost_link"]) % self.router.shards
                self.outcome.stopped = f"Shard {shard} closed a connection during the replay"
                return
            elif ended == loop.BROKEN:
                shard = int(self.state["broken_link"]) % self.router.shards
                raise Interrupted(f"Shard {shard} answered what was not asked, or not in its own protocol.")
            else:
                return

    def _is_hopeless(self, now_ns: int) -> bool:
        """Whether nobody needs to wait for the missing answers any longer."""
        n, patience_ns = self.state, self.task.patience_ns
        if self.task.depth is not None or n["free_count"] <= 1:  # nothing leaves before something is answered
            return now_ns > int(n["answered_ns"]) + patience_ns
        return bool(n["next"] == n["units"]) and now_ns > self.facts.duration_ns + patience_ns

    # -- redirections ------------------------------------------------------------------------------------------------

    def _follow_all(self) -> None:
        state = self.state
        count = int(state["redirected_count"])
        state["redirected_count"] = 0
        for place in range(count):
            self._follow(int(state["redirected"][place]), state["redirect_text"][place].tobytes().rstrip(b"\0"))

    def _follow(self, e: int, error: bytes) -> None:
        unit = int(self.state["e_unit"][e])
        if error.startswith(b"TRYAGAIN") and self._again.put(
            e, unit, time.perf_counter_ns() - int(self.state["start_ns"])
        ):
            return
        redirect = router.parse_redirect(error.decode(errors="replace"))
        shard = self.router.follow(redirect) if redirect is not None else None
        self.state["e_redirects"][e] += 1
        if redirect is None or shard is None or self.state["e_redirects"][e] > MAX_REDIRECTS + self._again.tries(unit):
            text = np.frombuffer(error, dtype=np.uint8).copy()
            loop.refuse(self.state, e, text, len(error), self._sent, self._done)
            return
        if not redirect.asking:
            self.state["shard_of"][redirect.slot] = shard
        self.outcome.redirected += 1
        client = int(self.state["e_home"][e]) // self.router.shards
        asking = len(self._asking) if redirect.asking else 0
        loop.send_again(self.state, e, client * self.router.shards + shard, self._asking.ctypes.data, asking)

    def _send_waiting(self, now_ns: int) -> None:
        """Units that were told TRYAGAIN go to the shard of their slot, which sends them on where that is due."""
        for e in self._again.take(now_ns):
            self.outcome.tried_again += 1
            self.state["e_redirects"][e] += 1
            slot = int(self._index.array[int(self.state["e_unit"][e])]["slot"])
            link = int(self.state["e_home"][e]) // self.router.shards * self.router.shards
            loop.send_again(self.state, e, link + self.router.shard(slot, 0), self._asking.ctypes.data, 0)

    # -- what is shown -----------------------------------------------------------------------------------------------

    def _report(self, now_ns: int) -> None:
        state = self.state
        self._read_counters()
        count = int(state["recent_count"])
        state["recent_count"] = 0
        answered = int(state["answered"])
        say_progress(answered, now_ns, state["recent"][:count], answered - self._reported, self.outcome)
        self._reported = answered

    def _read_counters(self) -> None:
        n, outcome = self.state, self.outcome
        outcome.sent, outcome.ok, outcome.dropped = int(n["sent"]), int(n["ok"]), int(n["dropped"])
        outcome.late_units, outcome.out_of_memory = int(n["late"]), bool(n["out_of_memory"])
        outcome.bytes_in, outcome.bytes_out = int(n["bytes_in"]), int(n["bytes_out"])
        outcome.messages, outcome.message_bytes = int(n["messages"]), int(n["message_bytes"])
        outcome.aborted = int(n["aborted"])
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
        for e in self._again.take(NEVER_NS):
            self.outcome.unanswered += int(operations[int(state["e_unit"][e])])
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
        """Whether nobody waited any longer; what a lost node ended was not given up, it was not reached."""
        return bool(self.state["next"] < self.state["units"]) and not self.outcome.stopped


def _queued(state: State) -> list[int]:
    found = []
    for head in state["lane_head"].tolist():
        e = head
        while e != NONE:
            found.append(e)
            e = int(state["e_next_on_lane"][e])
    return found
