"""The compiled order sends the same units over the same connections in the same order as the plain one."""

from __future__ import annotations

from collections import deque

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.replay.compiled import order
from engine.replay.compiled.tables import NONE, State, make_state
from engine.replay.ordering import Ordering

SHARDS = 3
units = st.lists(st.tuples(st.integers(0, 3), st.integers(0, 5), st.booleans()), max_size=40)


def links_of(state: State, seen: set[int]) -> list[tuple[int, int]]:
    """Units that have newly been put on connections, with the connection."""
    found = []
    for link in range(4 * SHARDS):
        e = int(state["link_head"][link])
        while e != NONE:
            if e not in seen:
                found.append((e, link))
                seen.add(e)
            e = int(state["e_next_on_link"][e])
    return sorted(found)


@pytest.mark.parametrize("depth", [None, 1, 2])
@given(units=units, answers=st.lists(st.integers(0, 100), max_size=60), own_from=st.sampled_from([2 * SHARDS, 1 << 62]))
def test_both_orders_decide_alike(
    depth: int | None, units: list[tuple[int, int, bool]], answers: list[int], own_from: int
) -> None:
    shards = [slot % SHARDS for _, slot, _ in units]
    homes = [client * SHARDS + shard for (client, _, _), shard in zip(units, shards, strict=True)]
    lanes = homes if depth is not None else [client for client, _, _ in units]
    slots = [slot if write else NONE for _, slot, write in units]
    sent: list[tuple[int, int]] = []
    plain = Ordering(lanes, shards, slots, SHARDS, lambda unit, link: sent.append((unit, link)), depth, own_from)
    state, seen = make_state(), set[int]()
    state["shards"], state["depth"], state["closed"] = SHARDS, depth or 0, depth is not None
    state["own_from"] = own_from
    flying: dict[int, deque[int]] = {}
    submitted = 0
    for answer in [*answers, *range(200)]:
        if submitted < len(units) and answer % 2:
            unit = submitted
            submitted += 1
            for name, value in (("lane", lanes), ("slot", slots), ("shard", shards), ("home", homes)):
                state[f"e_{name}"][unit] = value[unit]
            plain.submit(unit)
            order.submit(state, unit)
        elif flying:
            link = sorted(flying)[answer % len(flying)]
            unit = flying[link].popleft()
            state["link_head"][link] = state["e_next_on_link"][unit]
            plain.answered(unit)
            order.answered(state, unit)
        for unit, link in sent:
            assert link == homes[unit] or max(link, homes[unit]) < own_from  # nobody borrows what is one client's own
            flying.setdefault(link, deque()).append(unit)
        flying = {link: queue for link, queue in flying.items() if queue}
        assert links_of(state, seen) == sorted(sent)
        assert (int(state["waiting"]), int(state["flying"])) == (plain.waiting, plain.flying)
        sent.clear()
    assert seen == set(range(len(units)))
