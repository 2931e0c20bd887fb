"""Distinct keys, hottest keys and slots, working set: exact while they fit, within the stated error beyond."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.progress import ignore, never
from engine.slots import key_slot
from engine.traces.profile import profile
from engine.traces.profiling import key_table
from engine.traces.profiling.key_tally import KeyTally, window_s
from engine.traces.profiling.scanning import batches
from engine.traces.profiling.touches import touches
from tests.engine.traces.trace_building import operation, stored


def tallied(path: Path, limit: int | None = None, duration_s: int = 10) -> KeyTally:
    tally = KeyTally(duration_s * 1_000_000, limit)
    for batch in batches(path, "test", report=ignore, should_stop=never):
        found = touches(batch)
        tally.see(batch, found, tally.place(found.keys))
    return tally


@settings(max_examples=40, deadline=None)
@given(seen=st.lists(st.tuples(st.integers(0, 2), st.sampled_from([b"a", b"b", b"c:1", b"{c}2", b""])), max_size=60))
def test_keys_of_several_databases_are_counted_once_each(
    tmp_path_factory: pytest.TempPathFactory, seen: list[tuple[int, bytes]]
) -> None:
    path = tmp_path_factory.mktemp("trace") / "t.parquet"
    stored(path, [operation((b"GET", key), db=db) for db, key in seen])
    tally = tallied(path)
    assert tally.count == tally.touched == len(set(seen))
    assert tally.name_bytes == sum(len(key) for _, key in set(seen))
    assert {(one.database, one.key): one.operations for one in tally.hottest()} == {
        (db, key.decode()): count for (db, key), count in Counter(seen).items()
    }
    assert {one.slot: one.operations for one in tally.slots.hottest()} == Counter(key_slot(key) for _, key in seen)


def test_the_working_set_counts_each_key_once_a_window_and_once_in_all(tmp_path: Path) -> None:
    times = [(0.0, "GET a"), (0.5, "MGET a b"), (1.0, "GET a"), (3.2, "GET c"), (3.9, "GET a")]
    path = stored(tmp_path / "t", [operation(text, at_s=at) for at, text in times])
    found = tallied(path).working_set.result()
    assert found is not None
    assert (found.window_s, found.distinct, found.cumulative, found.error) == (1, (2, 1, 0, 2), (2, 2, 2, 3), 0.0)


def test_a_slots_busiest_second_is_found_across_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.traces.profiling.scanning.BATCH", 2)
    times = (0.0, 0.9, 1.0, 1.1, 1.2, 1.3, 2.0, 5.0)
    path = stored(tmp_path / "t", [operation("GET k", at_s=at) for at in times])
    (slot,) = tallied(path).slots.hottest()
    assert (slot.slot, slot.operations, slot.share, slot.peak_ops_per_s) == (key_slot(b"k"), 8, 1.0, 4)


def test_beyond_the_limit_keys_are_estimated_within_the_stated_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_table, "EXACT_KEYS", 1000)
    lines = [f"GET user:{number}" for number in range(20_000)] + ["GET late:1"] * 900 + ["GET user:7"] * 500
    found = profile(stored(tmp_path / "t", [operation(text, at_s=at / 10_000) for at, text in enumerate(lines)]))
    assert found.keys is not None and found.touched_keys is not None
    assert 0 < found.keys_error < 0.05
    assert found.keys == pytest.approx(20_001, rel=0.05)
    assert found.touched_keys == pytest.approx(20_001, rel=0.05)
    assert found.key_bytes == pytest.approx(sum(len(line) - 4 for line in {*lines}), rel=0.05)
    assert {one.pattern: one.keys for one in found.families}["user:{id}"] == pytest.approx(20_000, rel=0.1)
    assert [one.key for one in found.hottest_keys[:2]] == ["late:1", "user:7"]
    bound = found.hottest_keys_error * 21_400
    assert abs(found.hottest_keys[0].operations - 900) <= bound
    assert found.hottest_keys[1].operations == 501  # in the table, so exact
    assert found.working_set is not None and 0 < found.working_set.error < 0.1
    assert found.working_set.cumulative[-1] == pytest.approx(20_001, rel=0.05)


@pytest.mark.parametrize(
    ("duration_s", "window"), [(0, 1), (120, 1), (121, 2), (3600, 30), (86_400, 1200), (400 * 86_400, 4 * 86_400)]
)
def test_windows_are_round_and_at_most_120(duration_s: int, window: int) -> None:
    assert window_s(duration_s * 1_000_000) == window
