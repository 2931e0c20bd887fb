"""The part of a recording that a step plays: as many operations as its rate says, in order, over and over, on time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.replay.passage import Passage
from engine.replay.plan import BLOCKING, NORMAL, READ, WRITE, PlanFacts, PlanFiles, PlanWriter

DUE_MS = (0, 10, 20, 20, 90)  # of a recording of 100 ms


def plan(
    folder: Path, due_ms: tuple[int, ...] = DUE_MS, operations: tuple[int, ...] = (), duration_ms: int = 100
) -> Passage:
    files = PlanFiles(folder)
    writer = PlanWriter(files)
    for number, due in enumerate(due_ms):
        writer.append(
            b"%d" % number,
            due_ns=due * 1_000_000,
            client=number,
            slot=number,
            kind=0,
            role=WRITE if number == 1 else READ,
            operations=operations[number] if operations else 1,
            lane=NORMAL,
        )
    writer.append(b"BLPOP", due_ns=due_ms[-1] * 1_000_000, client=0, slot=0, kind=1, role=WRITE, lane=BLOCKING)
    writer.flush()
    units = len(due_ms) + 1
    facts = PlanFacts(units, units, units, duration_ms * 1_000_000, ("GET", "BLPOP"), {}, None, None, None, 1.0, 0)
    files.write_facts(facts)
    return Passage(files, facts)


def written(passage: Passage, first: int, rate: float, seconds: float, folder: Path) -> tuple[list[int], list[float]]:
    files = PlanFiles(folder / "step")
    part = passage.part(first, rate, seconds)
    passage.write(part, files)
    index = files.read_index()
    assert files.payload.read_bytes() == passage.files.payload.read_bytes()
    assert files.read_facts().units == len(index) == part.last - part.first
    assert files.read_facts().duration_ns == part.duration_ns
    return index["slot"].tolist(), (index["due_ns"] / 1e6).tolist()


def test_a_pass_at_the_recorded_rate_is_due_when_it_was_recorded(tmp_path: Path) -> None:
    assert written(plan(tmp_path), 0, 50, 0.1, tmp_path) == ([0, 1, 2, 3, 4], [0, 10, 20, 20, 90])


def test_at_twice_the_rate_everything_comes_in_half_the_time_and_bursts_stay(tmp_path: Path) -> None:
    assert written(plan(tmp_path), 0, 100, 0.05, tmp_path) == ([0, 1, 2, 3, 4], [0, 5, 10, 10, 45])


def test_a_step_longer_than_the_recording_starts_over_at_its_end(tmp_path: Path) -> None:
    slots, due = written(plan(tmp_path), 0, 50, 0.2, tmp_path)
    assert slots == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4]
    assert due == [0, 10, 20, 20, 90, 100, 110, 120, 120, 190]


def test_the_next_step_goes_on_where_the_last_one_stopped(tmp_path: Path) -> None:
    passage = plan(tmp_path)
    first = passage.part(0, 30, 0.1)
    assert (first.first, first.last, first.operations) == (0, 3, 3)
    assert written(passage, first.last, 40, 0.1, tmp_path)[0] == [3, 4, 0, 1]


def test_a_transaction_counts_with_all_its_operations(tmp_path: Path) -> None:
    part = plan(tmp_path, operations=(1, 5, 1, 1, 1)).part(0, 60, 0.1)
    assert (part.last, part.operations, part.duration_ns) == (2, 6, 100_000_000)


def test_operations_of_one_instant_are_spread_evenly(tmp_path: Path) -> None:
    passage = plan(tmp_path, due_ms=(0, 0, 0, 0), duration_ms=0)
    assert written(passage, 0, 40, 0.1, tmp_path)[1] == [0, 25, 50, 75]


def test_blocking_commands_are_left_out_and_counted(tmp_path: Path) -> None:
    passage = plan(tmp_path)
    assert (passage.left_out, passage.operations) == (1, 5)
    assert passage.shares() == {"read": pytest.approx(0.8), "write": pytest.approx(0.2)}


@given(first=st.integers(0, 40), rate=st.floats(10, 1e6), seconds=st.floats(0.001, 0.01))
def test_every_part_has_its_rate_and_runs_forward(
    tmp_path_factory: pytest.TempPathFactory, first: int, rate: float, seconds: float
) -> None:
    passage = plan(tmp_path_factory.mktemp("plan"))
    part = passage.part(first, rate, seconds)
    assert part.operations == max(round(rate * seconds), 1)
    assert part.operations / (part.duration_ns / 1e9) == pytest.approx(rate, rel=1e-3)
    due = np.concatenate([block["due_ns"] for block in passage._blocks(part)])
    assert due[0] == 0
    assert np.all(np.diff(due) >= 0)
    assert due[-1] <= part.duration_ns
