"""The hit-rate curve against traces worked out by hand and against a least-recently-used cache of a dozen lines."""

from __future__ import annotations

import tempfile
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import Cancelled, InputError
from engine.progress import Progress
from engine.traces import hit_rate
from engine.traces.hit_rate import OBJECT_OVERHEAD_BYTES, HitRatePoint, hit_curve, sampling_rate
from engine.traces.model import Operation
from engine.traces.samples import ECOMMERCE
from tests.engine.traces.reading_as_is import read_recording
from tests.engine.traces.trace_building import operation, sized, stored

V = "v" * 27
SIZE = 1 + 27 + OBJECT_OVERHEAD_BYTES  # a key of one byte and this value: 100 bytes


def curve(
    operations: Sequence[Operation], *shares: float, folder: Path, duration_s: float = 100.0
) -> list[tuple[int, float]]:
    path = stored(folder / "trace.parquet", operations, duration_s=duration_s)
    return [(point.cache_bytes, point.hit_rate) for point in hit_curve(path, shares=shares)]


def commands_of(*lines: str) -> list[Operation]:
    return [operation(line, at_s=turn) for turn, line in enumerate(lines)]


def test_a_curve_worked_out_by_hand(tmp_path: Path) -> None:
    """Three objects of 100 bytes, written a b c, then read a b a c.

    Room for one: {c} stands after the writes, and every read drops what the next one wants. Room for two: {b, c}
    stands; a misses and drops b, b misses and drops c, a hits, c misses. Room for three: every read hits.
    """
    lines = [f"SET {name} {V}" for name in "abc"] + ["GET a", "GET b", "GET a", "GET c"]
    assert SIZE == 100
    found = curve(commands_of(*lines), 1 / 3, 2 / 3, 1.0, folder=tmp_path)
    assert found == [(100, 0.0), (200, 0.25), (300, 1.0)]


def test_reads_alone_are_measured_warm(tmp_path: Path) -> None:
    """Read a b a c, sizes unknown: 73 bytes each. With room for two, {a, c} stands when the second play begins: a hits,
    b misses and drops c, a hits, c misses."""
    found = curve(commands_of("GET a", "GET b", "GET a", "GET c"), 1 / 3, 2 / 3, 1.0, folder=tmp_path)
    assert found == [(73, 0.0), (146, 0.5), (219, 1.0)]


def test_a_write_leaves_the_object_in_the_cache(tmp_path: Path) -> None:
    lines = [f"SET a {V}", "GET a", f"SET b {V}", "GET b"]
    assert curve(commands_of(*lines), 0.5, folder=tmp_path) == [(100, 1.0)]


def test_a_deleted_key_is_missed_and_not_filled(tmp_path: Path) -> None:
    lines = [f"SET a {V}", "GET a", "DEL a", "GET a", "GET a"]
    assert curve(commands_of(*lines), 1.0, folder=tmp_path) == [(100, 1 / 3)]


def test_an_expired_key_is_missed(tmp_path: Path) -> None:
    operations = [operation(f"SET a {V} EX 5"), operation("GET a", at_s=4), operation("GET a", at_s=6)]
    assert curve(operations, 1.0, folder=tmp_path) == [(100, 0.5)]


def test_a_touch_prolongs_the_life_of_a_key(tmp_path: Path) -> None:
    operations = [
        operation(f"SET a {V} EX 5"),
        operation("GETEX a EX 5", at_s=4),
        operation("GET a", at_s=6),
    ]
    assert curve(operations, 1.0, folder=tmp_path) == [(100, 1.0)]


def test_what_lapses_between_the_two_plays_is_missed_at_first(tmp_path: Path) -> None:
    operations = [operation("GET a", at_s=1), operation("GET b", at_s=1), operation("EXPIRE a 10", at_s=2)]
    assert curve(operations, 1.0, folder=tmp_path, duration_s=100)[0][1] == 0.5
    assert curve(operations, 1.0, folder=tmp_path, duration_s=5)[0][1] == 1.0


def test_an_object_larger_than_the_cache_passes_by_it(tmp_path: Path) -> None:
    lines = [f"SET a {V}", f"SET b {V * 20}", "GET b", "GET a"]
    total = 100 + 1 + 27 * 20 + OBJECT_OVERHEAD_BYTES
    assert curve(commands_of(*lines), 200 / total, folder=tmp_path) == [(200, 0.5)]


def test_an_object_that_grew_takes_more_room(tmp_path: Path) -> None:
    """b of 100 bytes stays as long as a grows to 101 and there is room for both; once a takes 200 of 250, b is gone."""
    grown = "v" * 127
    small = [f"SET b {V}", f"SET a {V}", "APPEND a x", "GET b"]
    large = [f"SET b {V}", f"SET a {V}", f"APPEND a {grown[27:]}", "GET b"]
    assert curve(commands_of(*small), 1.0, folder=tmp_path)[0][1] == 1.0
    assert curve(commands_of(*large), 250 / 300, folder=tmp_path) == [(250, 0.0)]


def test_each_key_of_a_read_counts(tmp_path: Path) -> None:
    lines = [f"SET a {V}", f"SET b {V}", "DEL b", "MGET a b"]
    assert curve(commands_of(*lines), 1.0, folder=tmp_path)[0][1] == 0.5


def test_a_trace_of_sizes_has_a_curve_too(tmp_path: Path) -> None:
    operations = [sized("SET", b"a", value_len=27, write=True), sized("GET", b"a"), sized("GET", b"b", value_len=127)]
    assert curve(operations, 0.9, 1.0, folder=tmp_path) == [(270, 0.5), (300, 1.0)]


def test_a_key_takes_the_room_of_its_recorded_length(tmp_path: Path) -> None:
    """The publisher's name has one byte, the key had 30: 30 + 27 and the object's own 72."""
    operations = [
        replace(sized("SET", b"a", value_len=27, write=True), key_len=30),
        replace(sized("GET", b"a"), key_len=30),
    ]
    assert curve(operations, 1.0, folder=tmp_path) == [(30 + 27 + OBJECT_OVERHEAD_BYTES, 1.0)]


def test_a_key_read_before_its_size_is_shown_has_the_size_shown_later(tmp_path: Path) -> None:
    lines = ["GET a", f"SET a {V}", f"SET b {V}"]
    assert curve(commands_of(*lines), 1.0, folder=tmp_path)[0][0] == 200


def test_a_trace_without_reads_has_no_curve(tmp_path: Path) -> None:
    assert curve(commands_of(f"SET a {V}", "PING"), 1.0, folder=tmp_path) == []


def test_the_work_stops_when_asked_and_says_where_it_is(tmp_path: Path) -> None:
    path = stored(tmp_path / "trace.parquet", commands_of("GET a"))
    seen: list[Progress] = []
    hit_curve(path, report=seen.append)
    assert {progress.unit for progress in seen} == {"operations", "cache sizes"}
    with pytest.raises(Cancelled):
        hit_curve(path, should_stop=lambda: True)


def test_a_file_that_is_no_trace_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.parquet"
    path.write_bytes(b"junk")
    with pytest.raises(InputError):
        hit_curve(path)


def test_the_sampling_rate_bounds_the_operations_simulated() -> None:
    assert sampling_rate(0) == 1.0
    assert sampling_rate(hit_rate.MOST_OPERATIONS) == 1.0
    assert sampling_rate(4 * hit_rate.MOST_OPERATIONS) == 0.25


def test_sampling_by_key_stays_near_the_whole_curve(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "trace.parquet"
    operations = read_recording(ECOMMERCE, path).operations
    whole = hit_curve(path, shares=(0.1, 0.3, 1.0))
    monkeypatch.setattr(hit_rate, "MOST_OPERATIONS", operations // 3)
    sampled = hit_curve(path, shares=(0.1, 0.3, 1.0))
    for one, other in zip(whole, sampled, strict=True):
        assert other.cache_bytes == pytest.approx(one.cache_bytes, rel=0.1)
        assert other.hit_rate == pytest.approx(one.hit_rate, abs=0.08)
    assert sampled != whole


def test_the_bundled_sample_gains_from_a_larger_cache(tmp_path: Path) -> None:
    path = tmp_path / "trace.parquet"
    read_recording(ECOMMERCE, path)
    points = hit_curve(path)
    rates = [point.hit_rate for point in points]
    assert rates == sorted(rates)
    assert points[0] == HitRatePoint(points[0].cache_bytes, 0.01, rates[0])
    assert rates[0] < 0.4
    assert rates[-1] > 0.9


def oracle(events: list[tuple[str, str, int]], capacity: int) -> tuple[int, int]:
    """(hits, reads) of the second play: a least-recently-used cache in a dozen lines."""
    cache: OrderedDict[str, int] = OrderedDict()
    gone: set[str] = set()
    hits = 0
    for turn in range(2):
        for kind, key, size in events:
            held = cache.pop(key, None)
            gone = gone | {key} if kind == "DEL" else gone - {key} if kind == "SET" else gone
            if key in gone:
                continue
            hits += turn == 1 and kind == "GET" and held is not None
            if size <= capacity:
                cache[key] = size
            while sum(cache.values()) > capacity:
                cache.popitem(last=False)
    return hits, sum(kind == "GET" for kind, _, _ in events)


EVENTS = st.lists(
    st.tuples(st.sampled_from(["GET", "GET", "GET", "SET", "DEL"]), st.sampled_from("abcdefgh"), st.integers(0, 400)),
    min_size=1,
    max_size=60,
)


@settings(max_examples=60, deadline=None)
@given(EVENTS, st.floats(0.05, 1.0))
def test_the_curve_is_that_of_a_least_recently_used_cache(events: list[tuple[str, str, int]], share: float) -> None:
    """Keys are written once up front, so that every size is known; SET changes it."""
    first = [("SET", key, 50) for key in "abcdefgh"]
    sizes: dict[str, int] = {}
    played = []
    for kind, key, payload in first + events:
        if kind == "SET":
            sizes[key] = 1 + payload + OBJECT_OVERHEAD_BYTES
        played.append((kind, key, sizes[key], payload))
    lines = [f"{kind} {key}" + (" " + "x" * payload if kind == "SET" else "") for kind, key, _, payload in played]
    operations = [
        operation(tuple(word.encode() for word in line.split(" ")), at_s=turn / 10) for turn, line in enumerate(lines)
    ]
    with tempfile.TemporaryDirectory() as folder:
        points = hit_curve(stored(Path(folder) / "t.parquet", operations, duration_s=10), shares=[share])
    reads = sum(kind == "GET" for kind, *_ in played)
    assert bool(points) == bool(reads)
    for point in points:
        hits, _ = oracle([(kind, key, size) for kind, key, size, _ in played], point.cache_bytes)
        assert point.hit_rate == hits / reads
