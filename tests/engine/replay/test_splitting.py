"""Several players play what one would: every unit once, whole connections, and their records and counts are one again."""

from __future__ import annotations

import dataclasses
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.replay.merging import gauge_counts, gauge_quantile_us, merge_outcomes, merge_progress
from engine.replay.parts import make_parts
from engine.replay.plan import PlanFacts, PlanFiles, PlanWriter
from engine.replay.splitting import assumptions, share_out
from engine.replay.task import Outcome
from engine.stats.histogram import Histogram

loads = st.lists(st.integers(0, 1000), max_size=40)
many = st.integers(1, 6)
units = st.lists(st.tuples(st.integers(0, 9), st.integers(1, 5)), max_size=60)


def write_plan(folder: Path, units: list[tuple[int, int]]) -> PlanFiles:
    """Units of (connection, operations); each sends its own number."""
    shutil.rmtree(folder, ignore_errors=True)
    files = PlanFiles(folder)
    writer = PlanWriter(files)
    for number, (client, operations) in enumerate(units):
        writer.append(b"%d;" % number, due_ns=number, client=client, slot=0, kind=0, role=0, operations=operations)
    writer.flush()
    files.write_facts(PlanFacts(len(units), 0, 10, 0, ("GET",), {}, None, None, None, 1.0, 0))
    return files


def test_the_busiest_connections_are_given_out_first() -> None:
    split = share_out(np.array([5, 0, 9, 3, 3]), 2)
    # 9 to the first, 5 and 3 to the second, the last 3 to the second again: 8 is still less than 9
    assert split.player_of.tolist() == [1, -1, 0, 1, 1]
    assert split.number_of.tolist() == [0, -1, 0, 1, 2]


@given(loads, many)
def test_no_player_has_more_than_its_share_and_one_connection(loads: list[int], players: int) -> None:
    operations = np.array(loads, dtype=np.int64)
    split = share_out(operations, players)
    assert split.players == max(min(players, int(np.count_nonzero(operations))), 1)
    given_out = [int(operations[split.player_of == player].sum()) for player in range(split.players)]
    assert sum(given_out) == sum(loads)
    assert max(given_out) <= sum(loads) / split.players + max(loads, default=0)
    assert split.player_of.tolist() == share_out(operations.copy(), players).player_of.tolist()


@given(units, many)
def test_the_parts_are_the_whole_and_so_are_their_records(
    tmp_path_factory: pytest.TempPathFactory, units: list[tuple[int, int]], players: int
) -> None:
    whole = write_plan(tmp_path_factory.getbasetemp() / "plan", units)
    parts = make_parts(whole, players)
    payload = whole.payload.read_bytes()
    seen: list[int] = []
    for player, folder in enumerate(parts.folders):
        part = PlanFiles(folder)
        index = part.read_index()
        sent = [int(payload[row["start"] : row["start"] + row["length"] - 1]) for row in index]
        assert sent == sorted(sent)
        assert {int(parts.split.player_of[units[unit][0]]) for unit in sent} <= {player}
        assert part.read_facts().units == len(index)
        assert set(index["client"].tolist()) == set(range(part.read_facts().clients))
        times = np.array([[unit + 1 for unit in sent], [1000 * unit + 1 for unit in sent]], dtype=np.int64)
        part.records.write_bytes(times.tobytes())
        seen += sent
    assert sorted(seen) == list(range(len(units)))
    parts.merge_records()
    merged = np.fromfile(whole.records, dtype=np.int64).reshape(2, -1)
    assert merged[0].tolist() == [unit + 1 for unit in range(len(units))]
    assert merged[1].tolist() == [1000 * unit + 1 for unit in range(len(units))]
    parts.finish()
    assert sorted(path.name for path in whole.folder.iterdir()) == [
        *("index.bin", "payload.bin", "plan.json", "records.bin")
    ]


def test_what_was_recorded_is_kept_when_a_player_is_lost(tmp_path: Path) -> None:
    whole = write_plan(tmp_path / "plan", [(0, 1), (1, 1), (0, 1)])
    parts = make_parts(whole, 2)
    np.array([[5, 6], [7, 8]], dtype=np.int64).tofile(PlanFiles(parts.folders[0]).records)
    parts.finish()
    assert np.fromfile(whole.records, dtype=np.int64).tolist() == [5, 0, 6, 7, 0, 8]
    assert list(whole.folder.glob("part-*")) == []


def test_counts_add_up_and_what_happened_to_one_happened() -> None:
    one = Outcome(sent=3, ok=2, errors={"ERR": 1}, ended_ns=50, client_cpu_ns=7, connections=2, started_clock_ns=1)
    two = Outcome(
        sent=4, ok=2, errors={"ERR": 1, "OOM": 1}, out_of_memory=True, ended_ns=40, connections=3, stopped="x"
    )
    merged = merge_outcomes([dataclasses.asdict(one), dataclasses.asdict(two)], started_clock_ns=9)
    whole = Outcome(
        sent=7, ok=4, errors={"ERR": 2, "OOM": 1}, out_of_memory=True, ended_ns=50, client_cpu_ns=7, connections=5,
        started_clock_ns=9, stopped="x",
    )  # fmt: skip
    assert merged == dataclasses.asdict(whole)


times = st.lists(st.integers(0, 10**10), max_size=50)


def report(times_ns: list[int]) -> dict[str, Any]:
    """What a player says of units answered in these times."""
    buckets = gauge_counts(np.array(times_ns, dtype=np.int64))
    return {
        "units": len(times_ns), "now_ns": 5, "answered": len(times_ns), "response_p50_us": None,
        "response_p99_us": None, "late": 1, "dropped": 0, "errors": 0, "buckets": buckets,
    }  # fmt: skip


@given(st.lists(times, min_size=1, max_size=4))
def test_merged_gauges_are_those_of_all_units(players: list[list[int]]) -> None:
    together = [each for one in players for each in one]
    merged = merge_progress([report(one) for one in players])
    alone = merge_progress([report(together)])
    assert merged == {**alone, "late": len(players)}
    if together:
        exact = np.quantile(together, 0.99, method="inverted_cdf") / 1000
        assert exact <= merged["response_p99_us"] <= exact * (1 + 1 / 32) + 0.032
    else:
        assert gauge_quantile_us({}, 0.5) is merged["response_p50_us"] is None


@given(st.lists(times, max_size=4))
def test_merged_histograms_are_those_of_all_units(players: list[list[int]]) -> None:
    merged, whole = Histogram(), Histogram()
    for one in players:
        own = Histogram()
        own.record(np.array(one, dtype=np.int64))
        merged.merge(own)
        whole.record(np.array(one, dtype=np.int64))
    assert merged.counts.tolist() == whole.counts.tolist()
    assert merged.max_ns == whole.max_ns


def test_one_player_needs_no_words() -> None:
    assert assumptions(0) == assumptions(1) == ()
    assert assumptions(2)[0].startswith("2 player processes shared the recorded connections.")
