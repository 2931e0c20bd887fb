"""The busiest part of a plan: which units, when they are due, and what becomes of the plan's facts."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.replay import snapshot_slice
from engine.replay.plan import BLOCKING, INDEX, NO_SLOT, NORMAL, Index, PlanFacts, PlanFiles

SECOND = 1_000_000_000


def index_of(*due_s: float, slot: int = 1, lane: int = NORMAL) -> Index:
    found = np.zeros(len(due_s), dtype=INDEX)
    found["due_ns"] = [round(at * SECOND) for at in due_s]
    found["slot"], found["lane"], found["operations"] = slot, lane, 1
    return found


def due_of(index: Index) -> list[float]:
    return [round(float(each) / SECOND, 3) for each in index["due_ns"]]


def test_the_second_with_most_units_is_taken_and_begins_at_zero() -> None:
    part = snapshot_slice.busiest(index_of(0.0, 0.9, 2.0, 2.1, 2.2, 2.6, 4.0), SECOND)
    assert len(part) == 4
    assert part["due_ns"][-1] - part["due_ns"][0] == 0.6 * SECOND
    assert 0 <= part["due_ns"][0] < part["due_ns"][-1] < SECOND


def test_a_recording_shorter_than_that_is_repeated() -> None:
    part = snapshot_slice.busiest(index_of(7.0, 7.2), SECOND)  # lasts 0.2 s, and 0.1 s to the next round
    assert due_of(part) == [0.0, 0.2, 0.3, 0.5, 0.6, 0.8, 0.9]


def test_one_instant_is_repeated_twenty_times_a_second_at_most() -> None:
    assert len(snapshot_slice.busiest(index_of(0.0), SECOND)) == 20


def test_what_blocks_and_what_any_shard_may_answer_is_left_out() -> None:
    assert len(snapshot_slice.busiest(index_of(0.0, slot=NO_SLOT), SECOND)) == 0
    assert len(snapshot_slice.busiest(index_of(0.0, lane=BLOCKING), SECOND)) == 0


def test_turns_follow_each_other() -> None:
    assert due_of(snapshot_slice.in_turns(index_of(0.0, 0.5), 3, 2 * SECOND)) == [0.0, 0.5, 2.0, 2.5, 4.0, 4.5]


def test_the_part_is_a_plan_of_its_own_that_shares_the_bytes(tmp_path: Path) -> None:
    plan, part = PlanFiles(tmp_path), PlanFiles(tmp_path / "part")
    plan.payload.write_bytes(b"the encoded commands")
    facts = PlanFacts(9, 9, 2, 9 * SECOND, ("GET",), {}, 1, 1.0, 1.0, 1.0, 0, notes=("said elsewhere",))
    snapshot_slice.write(plan, facts, index_of(0.0, 0.5), part, SECOND)
    assert part.payload.read_bytes() == b"the encoded commands"
    found = part.read_facts()
    assert (found.units, found.operations, found.clients, found.duration_ns, found.notes) == (2, 2, 2, SECOND, ())
    assert len(part.read_index()) == 2
