"""Several players of one plan that look like one: they start at one time, their progress and outcomes are merged."""

from __future__ import annotations

import selectors
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Protocol

from engine.errors import Interrupted
from engine.replay.children import Child
from engine.replay.files import set_times
from engine.replay.merging import merge_outcomes, merge_progress
from engine.replay.parts import Parts, make_parts
from engine.replay.plan import PlanFiles

_LEAD_NS = 200_000_000  # between the word to all and the start


class Speaker(Protocol):
    """A player, or several that look like one."""

    def hear(self, timeout_s: float) -> list[dict[str, Any]]:
        """What it has said, after waiting at most `timeout_s`. Raises Interrupted when it is lost."""


class Member(Protocol):
    """One player, wherever it runs."""

    @property
    def name(self) -> str:
        """What to call it."""

    @property
    def clock_uncertainty_ns(self) -> int | None:
        """By how much its clock may be off; None where it is ours."""

    def fileno(self) -> int:
        """Readable when it has something to say."""

    def hear(self, timeout_s: float) -> list[dict[str, Any]]:
        """What it has said. Raises Interrupted when it is lost."""

    def require_alive(self) -> None:
        """Raise Interrupted when nothing will come of it any more."""

    def start(self, clock_ns: int, unix_ns: int) -> None:
        """Have it start at this time of our monotonic clock, which is `unix_ns` in Unix time."""


class LocalMember:
    """A child process on this machine, whose monotonic clock is ours."""

    clock_uncertainty_ns = None

    def __init__(self, name: str, child: Child) -> None:
        self.name = name
        self._child = child

    def fileno(self) -> int:
        """The pipe it speaks through."""
        return self._child.fileno()

    def hear(self, timeout_s: float) -> list[dict[str, Any]]:
        """The lines it has said."""
        return self._child.hear(timeout_s)

    def require_alive(self) -> None:
        """When a child ends, its pipe says so."""

    def start(self, clock_ns: int, unix_ns: int) -> None:
        """Tell it."""
        self._child.tell({"start_clock_ns": clock_ns})


class Team:
    """Members as one player: `hear` answers merged progress, and the merged outcome last."""

    def __init__(self, members: Sequence[Member], parts: Parts, lead_ns: int = _LEAD_NS) -> None:
        self._members = members
        self._parts = parts
        self._lead_ns = lead_ns
        self._ready: set[int] = set()
        self._outcomes: dict[int, dict[str, Any]] = {}
        self._said: list[deque[dict[str, Any]]] = [deque() for _ in members]
        self._latest: dict[int, dict[str, Any]] = {}
        self._started_ns = 0
        self._selector = selectors.DefaultSelector()
        for number, member in enumerate(members):
            self._selector.register(member.fileno(), selectors.EVENT_READ, number)

    def hear(self, timeout_s: float) -> list[dict[str, Any]]:
        """What all have said together, after waiting at most `timeout_s`. Raises Interrupted naming who was lost."""
        lines: list[dict[str, Any]] = []
        for key, _ in self._selector.select(timeout_s):
            with self._named(key.data):
                for line in self._members[key.data].hear(0):
                    self._take(key.data, line)
        for number in set(range(len(self._members))) - set(self._outcomes):
            with self._named(number):
                self._members[number].require_alive()
        if len(self._ready) == len(self._members) and not self._started_ns:
            self._start()
        lines.extend({"progress": merged} for merged in self._rounds())
        if len(self._outcomes) == len(self._members):
            lines.append({"outcome": self._outcome()})
        return lines

    def close(self) -> None:
        """Stop listening."""
        self._selector.close()

    @contextmanager
    def _named(self, number: int) -> Iterator[None]:
        member = self._members[number]
        try:
            yield
        except Interrupted as error:
            raise Interrupted(f"{member.name}, one of {len(self._members)}: {error}") from error

    def _take(self, number: int, line: Mapping[str, Any]) -> None:
        if "ready" in line:
            self._ready.add(number)
        elif "progress" in line:
            self._said[number].append(line["progress"])
        elif "outcome" in line:
            self._outcomes[number] = line["outcome"]
            self._selector.unregister(self._members[number].fileno())

    def _start(self) -> None:
        whole = self._parts.whole
        set_times(whole, whole.read_facts(), self._lead_ns)
        self._started_ns = time.perf_counter_ns() + self._lead_ns
        unix_ns = time.time_ns() + self._lead_ns
        for number, member in enumerate(self._members):
            with self._named(number):
                member.start(self._started_ns, unix_ns)

    def _rounds(self) -> Iterator[dict[str, Any]]:
        """Reports of everybody who still plays, one each; what the others reached stays reached."""
        while any(self._said) and all(said or number in self._outcomes for number, said in enumerate(self._said)):
            for number, said in enumerate(self._said):
                done = {**self._latest.get(number, {}), "answered": 0, "buckets": {}}
                self._latest[number] = said.popleft() if said else done
            yield merge_progress([each for each in self._latest.values() if "units" in each])

    def _outcome(self) -> dict[str, Any]:
        outcomes = [self._outcomes[number] for number in range(len(self._members))]
        self._parts.merge_records()
        merged = merge_outcomes(outcomes, started_clock_ns=self._started_ns)
        return {**merged, "sources": [_source(*each) for each in zip(self._members, outcomes, strict=True)]}


def _source(member: Member, outcome: Mapping[str, Any]) -> dict[str, Any]:
    uncertainty = member.clock_uncertainty_ns
    return {
        "name": member.name,
        "connections": outcome["connections"],
        "operations": outcome["sent"],
        "clock_uncertainty_us": None if uncertainty is None else uncertainty / 1000,
    }


@contextmanager
def local_team(files: PlanFiles, players: int, child: Callable[[Path], Child]) -> Iterator[Team]:
    """`players` child processes on this machine; `child` starts the one that plays the plan in a folder."""
    parts = make_parts(files, players)
    with ExitStack() as stack:
        stack.callback(parts.finish)
        members = [
            LocalMember(f"player {number}", stack.enter_context(child(folder)))
            for number, folder in enumerate(parts.folders, 1)
        ]
        team = Team(members, parts)
        stack.callback(team.close)
        yield team
