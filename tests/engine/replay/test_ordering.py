"""What may be sent when: order is kept where it decides the result, and nothing waits without need."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

from hypothesis import given
from hypothesis import strategies as st

from engine.replay.ordering import NONE, Ordering

SHARDS = 2


@dataclass
class Bench:
    """Units as (client, shard, slot written or NONE); remembers what left over which link."""

    units: list[tuple[int, int, int]]
    left: list[tuple[int, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        clients, shards, slots = ([unit[part] for unit in self.units] for part in range(3))
        self.ordering = Ordering(clients, shards, slots, SHARDS, lambda unit, link: self.left.append((unit, link)))

    @property
    def order(self) -> list[int]:
        return [unit for unit, _ in self.left]


def test_units_of_one_client_to_one_shard_are_pipelined_without_waiting() -> None:
    bench = Bench([(0, 1, NONE), (0, 1, NONE)])
    bench.ordering.submit(0)
    bench.ordering.submit(1)
    assert bench.left == [(0, 1), (1, 1)]


def test_a_client_that_turns_to_another_shard_waits_for_its_answers() -> None:
    bench = Bench([(0, 0, NONE), (0, 1, NONE)])
    bench.ordering.submit(0)
    bench.ordering.submit(1)
    assert bench.order == [0]
    bench.ordering.answered(0)
    assert bench.order == [0, 1]


def test_two_writes_to_one_slot_by_two_clients_share_a_link_so_that_neither_waits() -> None:
    bench = Bench([(0, 0, 7), (1, 0, 7)])
    bench.ordering.submit(0)
    bench.ordering.submit(1)
    assert bench.left == [(0, 0), (1, 0)]


def test_after_a_borrowed_link_the_client_waits_before_it_uses_its_own() -> None:
    bench = Bench([(0, 0, 7), (1, 0, 7), (1, 0, NONE), (1, 1, NONE)])
    for unit in range(4):
        bench.ordering.submit(unit)
    assert bench.left == [(0, 0), (1, 0), (2, 0)]  # unit 2 follows over the borrowed link, unit 3 needs another shard
    for unit in range(3):
        bench.ordering.answered(unit)
    assert bench.left[-1] == (3, 1 * SHARDS + 1)


def test_a_write_that_waits_holds_back_later_writes_to_its_slot() -> None:
    bench = Bench([(0, 0, NONE), (0, 1, 7), (1, 1, 7)])
    for unit in range(3):
        bench.ordering.submit(unit)
    assert bench.order == [0]
    bench.ordering.answered(0)
    assert bench.order == [0, 1, 2]


def test_reads_of_other_clients_do_not_wait_for_a_write() -> None:
    bench = Bench([(0, 0, NONE), (0, 1, 7), (1, 1, NONE)])
    for unit in range(3):
        bench.ordering.submit(unit)
    assert bench.order == [0, 2]


UNITS = st.lists(st.tuples(st.integers(0, 3), st.integers(0, SHARDS - 1), st.booleans()), max_size=60)


@given(units=UNITS, choices=st.lists(st.integers(0, 10_000), max_size=200))
def test_whatever_the_servers_do_both_orders_hold_and_everything_leaves(
    units: list[tuple[int, int, bool]], choices: list[int]
) -> None:
    """Links answer in their own order, in any interleaving; the execution order is that of the answers."""
    rows = [(client, shard, 10 + shard if write else NONE) for client, shard, write in units]
    bench = Bench(rows)
    executed: list[int] = []
    pick = deque(choices)
    submitted = 0

    def flying() -> dict[int, list[int]]:
        links: dict[int, list[int]] = {}
        for unit, link in bench.left:
            if unit not in executed:
                links.setdefault(link, []).append(unit)
        return links

    while submitted < len(rows) or flying():
        links = flying()
        choice = pick.popleft() if pick else 1
        if submitted < len(rows) and (not links or choice % 2):
            bench.ordering.submit(submitted)
            submitted += 1
        else:
            link = sorted(links)[choice % len(links)]
            unit = links[link][0]
            executed.append(unit)
            bench.ordering.answered(unit)

    assert sorted(executed) == list(range(len(rows)))
    assert bench.ordering.waiting == bench.ordering.flying == 0
    for client in range(4):
        mine = [unit for unit in executed if rows[unit][0] == client]
        assert mine == sorted(mine)
    for slot in (10, 11):
        writes = [unit for unit in executed if rows[unit][2] == slot]
        assert writes == sorted(writes)
    for unit, link in bench.left:
        assert link % SHARDS == rows[unit][1]
