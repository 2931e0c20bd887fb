"""A profile says what is in a trace, in the keys that others script against."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine.errors import Cancelled, InputError
from engine.progress import Progress
from engine.traces.profile import FamilyProfile, Profile, profile
from engine.traces.profiling import family_tally, pattern_numbers
from tests.engine.traces import monitor_writing as writing
from tests.engine.traces.reading_as_is import read_recording


def profiled(folder: Path, lines: list[bytes]) -> Profile:
    read_recording(writing.write(folder / "recording", lines), folder / "trace.parquet")
    return profile(folder / "trace.parquet")


@pytest.fixture
def shop(tmp_path: Path) -> Profile:
    texts = (
        "SET user:1 abcde EX 60",
        "SET user:2 abc EX 20",
        "GET user:1",
        "GET user:9",
        "MGET user:1 cart:1",
        "HSET cart:1 sku 10",
        "DEL user:2",
        "PING",
        "EXPIRE cart:1 30",
    )
    return profiled(tmp_path, writing.commands(*texts, step_us=250_000))


def test_the_json_has_the_documented_keys(shop: Profile) -> None:
    documented = (
        "format operations duration_s clients keys reads writes commands mean_ops_per_s peak_ops_per_s key_bytes "
        "value_bytes ttl families skipped compatibility"
    )
    added = (
        "curve curve_step_s sizes per_minute mix working_set touched_keys keys_error hottest_keys hottest_keys_error "
        "hottest_slots groups databases transactions scripts population keyspace writes_only unknown"
    )
    found = json.loads(json.dumps(shop.to_json()))
    assert set(found) == {*documented.split(), *added.split()}
    assert {"pattern", "keys", "operations", "bytes"} <= set(found["families"][0])
    assert set(found["compatibility"][0]) == {"target", "severity", "rule", "count", "example", "remedy", "source"}


def test_operations_are_counted_by_class_and_command(shop: Profile) -> None:
    assert (shop.operations, shop.reads, shop.writes) == (9, 3, 5)
    assert shop.commands == {"SET": 2, "GET": 2, "MGET": 1, "HSET": 1, "DEL": 1, "PING": 1, "EXPIRE": 1}


def test_keys_are_counted_once_and_by_family(shop: Profile) -> None:
    assert shop.keys == 4  # user:1, user:2, user:9, cart:1
    assert shop.key_bytes == 24
    assert shop.families == (
        FamilyProfile(
            "user:{id}", keys=3, operations=6, bytes=8, reads=3, writes=3, ttl_median_ms=20_000, ttl_share=2 / 3
        ),
        FamilyProfile(
            "cart:{id}", keys=1, operations=2, bytes=5, reads=0, writes=2, ttl_median_ms=30_000, ttl_share=1.0
        ),
    )


def test_the_rate_is_known_on_average_and_at_its_peak(shop: Profile) -> None:
    assert shop.duration_s == 2.0
    assert shop.mean_ops_per_s == 4.5
    assert shop.curve == (4, 4, 1)
    assert shop.peak_ops_per_s == 4.5  # the busiest second of the curve has 4; a mean cannot be above the peak


def test_payload_and_times_to_live_are_summed_up(shop: Profile) -> None:
    assert shop.value_bytes == 5 + 3 + 5
    values = shop.sizes["value"]
    assert values is not None and (values.p50, values.max) == (5, 5)
    assert (shop.ttl.count, shop.ttl.min_ms, shop.ttl.median_ms, shop.ttl.max_ms) == (3, 20_000, 30_000, 60_000)


def test_one_operation_has_no_mean_rate_and_divides_nothing_by_zero(tmp_path: Path) -> None:
    found = profiled(tmp_path, writing.commands("GET k"))
    assert (found.operations, found.duration_s, found.mean_ops_per_s, found.peak_ops_per_s) == (1, 0.0, None, 1.0)
    values = found.sizes["value"]
    assert values is not None and (found.ttl.median_ms, values.p50) == (None, None)
    assert json.loads(json.dumps(found.to_json()))["mean_ops_per_s"] is None


def test_the_same_key_in_two_databases_is_two_keys(tmp_path: Path) -> None:
    lines = [writing.line(1, [b"GET", b"k"]), writing.line(2, [b"GET", b"k"], db=1), writing.line(3, [b"GET", b"k"])]
    assert profiled(tmp_path, lines).keys == 2


def test_families_beyond_the_limits_are_counted_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pattern_numbers, "FAMILIES_COUNTED", 4)
    monkeypatch.setattr(family_tally, "FAMILIES_LISTED", 2)
    found = profiled(tmp_path, writing.commands("GET a", "GET a", "GET b", "GET c", "GET d", "GET e", "GET f"))
    assert [(one.pattern, one.keys, one.operations) for one in found.families] == [
        ("a", 1, 2),
        ("b", 1, 1),
        ("(other)", 4, 4),
    ]


def test_profiling_reports_its_progress_and_stops_when_asked(tmp_path: Path) -> None:
    profiled(tmp_path, writing.commands("GET a", "GET b"))
    reports: list[Progress] = []
    profile(tmp_path / "trace.parquet", report=reports.append)
    assert (reports[-1].done, reports[-1].total, reports[-1].unit) == (2, 2, "operations")
    with pytest.raises(Cancelled):
        profile(tmp_path / "trace.parquet", should_stop=lambda: True)


def test_what_is_no_trace_is_refused(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("x")
    with pytest.raises(InputError):
        profile(tmp_path / "x")
