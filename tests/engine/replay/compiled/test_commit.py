"""The compiled commits hold, cover and release the same units at the same time as the plain ones."""

from __future__ import annotations

from collections import deque

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from engine.replay.commit import Commits, wait_command
from engine.replay.compiled import commit, order
from engine.replay.compiled.tables import NONE, State, make_state, take_entry
from engine.replay.task import Task

LINKS = 3
ASKED = -2  # stands in a connection's queue for a WAIT
links = st.integers(0, LINKS - 1)
steps = st.lists(
    st.one_of(
        st.tuples(st.just("put"), links, st.booleans()),
        st.tuples(st.just("flush"), links, st.just(value=False)),
        st.tuples(st.just("answer"), links, st.booleans()),
    ),
    max_size=60,
)


class Both:
    """The same steps for both; every difference is an error at once."""

    def __init__(self) -> None:
        self.wait = np.frombuffer(wait_command(Task("", (), (), "", copies=1)), dtype=np.uint8)
        self.state: State = make_state()
        self.state["copies"] = 1
        for link in range(LINKS):
            commit.prepare(self.state, link, self.wait.ctypes.data, len(self.wait))
        self.is_write: list[int] = []
        self.plain = Commits(self.is_write, copies=1)
        self.entry: list[int] = []
        self.queues: list[deque[int]] = [deque() for _ in range(LINKS)]

    def put(self, link: int, write: bool) -> None:
        unit = len(self.is_write)
        self.is_write.append(int(write))
        e = take_entry(self.state)
        self.entry.append(e)
        self.state["e_unit"][e], self.state["e_write"][e], self.state["e_operations"][e] = unit, write, 1
        self.state["e_lane"][e] = NONE
        order.put_on_link(self.state, e, link)
        self.plain.put(link, unit)
        self.queues[link].append(unit)

    def flush(self, link: int, _write: bool) -> None:
        if not self.state["link_dirty"][link]:
            return
        asked = int(self.state["link_asked"][link])
        commit.cover(self.state, link)
        self.state["link_dirty"][link] = 0
        covers = self.plain.cover(link)
        assert covers == (int(self.state["link_asked"][link]) > asked)
        if covers:
            self.queues[link].append(ASKED)

    def answer(self, link: int, confirmed: bool) -> None:
        if not self.queues[link]:
            return
        unit = self.queues[link].popleft()
        head = int(self.state["link_head"][link])
        self.state["link_head"][link] = self.state["e_next_on_link"][head]
        assert head == (self.state["link_wait"][link] if unit == ASKED else self.entry[unit])
        if unit == ASKED:
            self.release(link, confirmed)
            return
        must_wait = commit.must_wait(self.state, link, head)
        assert must_wait == self.plain.hold(link, unit)
        if must_wait:
            commit.hold(self.state, link, head)

    def release(self, link: int, confirmed: bool) -> None:
        self.state["scan_number"][link] = int(confirmed)
        units, lost = self.plain.release(link, int(confirmed))
        assert commit.is_confirmed(self.state, link) == confirmed
        e = commit.release(self.state, link)
        found = []
        while e != NONE:
            found.append(int(self.state["e_unit"][e]))
            assert commit.is_lost(self.state, e, confirmed) == (found[-1] in lost)
            e = int(self.state["e_next_on_link"][e])
        assert found == units
        assert bool(self.state["link_bare"][link]) == self.plain.is_bare(link)
        assert self.state["link_dirty"][link] or not self.plain.is_bare(link)


@given(steps=steps)
def test_both_commits_decide_alike(steps: list[tuple[str, int, bool]]) -> None:
    both = Both()
    for name, link, flag in steps:
        getattr(both, name)(link, flag)
    for link in [*range(LINKS)] * 3:
        both.flush(link, False)
        while both.queues[link]:
            both.answer(link, True)
    assert both.plain.held() == []
    counted = int(both.state["committed"]) + int(both.state["uncommitted"])
    assert counted == sum(both.is_write)
