"""INFO of a live server becomes rates between two outputs, and levels of the later one."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.summaries.profile import shape_profile
from engine.traces.summaries.reading import is_summary, read_summary
from engine.traces.summaries.shape import WorkloadShape

DATA = Path(__file__).parents[3] / "data" / "summaries"
FIRST, LATER = DATA / "info_7.0.15.txt", DATA / "info_7.0.15_later.txt"


def shape(*paths: Path, seconds_between: float | None = None) -> WorkloadShape:
    sources = [(path, path.name) for path in paths]
    assert is_summary(sources)
    return read_summary(sources, seconds_between=seconds_between)


def changed(folder: Path, old: str, new: str) -> Path:
    """The later output with one line changed."""
    path = folder / "changed.txt"
    assert old in LATER.read_text()
    path.write_text(LATER.read_text().replace(old, new))
    return path


@pytest.mark.parametrize("paths", [(FIRST, LATER), (LATER, FIRST)])
def test_two_outputs_tell_rates_between_them_in_any_order(paths: tuple[Path, Path]) -> None:
    found = shape(*paths)
    assert (found.span_s, found.operations_per_s) == (60, 100)
    assert found.commands == {"GET": 50, "SET": 50}
    assert (found.reads_per_s, found.writes_per_s, found.scripts_per_s) == (50, 50, 0)
    assert found.hit_rate == 0.8  # 2,400 hits and 600 misses
    assert found.network_in_bytes_per_s == 10_000
    assert (found.engine, found.engine_version, found.clients) == ("redis", "7.0.15", 2)
    assert found.replication_bytes_per_s is None


def test_levels_are_those_of_the_keyspace() -> None:
    found = shape(FIRST, LATER)
    assert (found.keys, found.ttl_share, found.ttl_mean_ms) == (506, 3 / 506, 1_690_568)
    assert found.bytes_used == 2_089_856 - 876_520
    assert found.item_bytes == 1_165_264 / 506


def test_one_output_tells_means_since_the_start() -> None:
    found = shape(FIRST)
    assert (found.span_s, found.operations_per_s) == (2, 5018)
    assert found.commands is not None and found.commands["GET"] == 1000
    assert any("since the server started 2 s ago" in note for note in found.notes)


def test_the_time_between_may_be_said() -> None:
    found = shape(FIRST, LATER, seconds_between=600)
    assert (found.operations_per_s, found.tags["span_s"]) == (10, "typed")


def test_the_profile_has_counts_and_leaves_the_rest_unknown() -> None:
    profile = shape_profile(shape(FIRST, LATER))
    assert (profile.operations, profile.reads, profile.writes, profile.keys) == (6000, 3000, 3000, 506)
    assert profile.commands == {"GET": 3000, "SET": 3000}
    assert (profile.peak_ops_per_s, profile.value_bytes, profile.key_bytes) == (None, None, None)
    assert {"peak_ops_per_s", "value_bytes", "families"} <= profile.unknown.keys()


def test_a_zip_of_both_is_the_same(tmp_path: Path) -> None:
    packed = tmp_path / "both.zip"
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(FIRST, FIRST.name)
        archive.write(LATER, LATER.name)
    assert shape(packed).operations_per_s == 100


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("run_id:60e26e", "run_id:70e26e", "run_id: it is another .* restarted between"),
        (
            "total_commands_processed:16036",
            "total_commands_processed:5",
            "total_commands_processed: the counter is lower",
        ),
        ("cmdstat_get:calls=5000", "cmdstat_get:calls=50", r"cmdstat_get: the counter is lower"),
        ("uptime_in_seconds:62", "uptime_in_seconds:soon", "uptime_in_seconds: “soon” is no number"),
    ],
)
def test_a_restart_and_broken_figures_are_named(tmp_path: Path, old: str, new: str, problem: str) -> None:
    with pytest.raises(InputError, match=rf"changed\.txt, {problem}"):
        shape(FIRST, changed(tmp_path, old, new))


def test_an_uptime_that_went_back_is_a_restart(tmp_path: Path) -> None:
    restarted = tmp_path / "restarted.txt"
    restarted.write_text("redis_version:6.0.0\nuptime_in_seconds:1\nused_memory:5\n")
    with pytest.raises(InputError, match=r"restarted\.txt, uptime_in_seconds: it went back"):
        shape(LATER, restarted)


def test_three_outputs_and_equal_ones_are_refused() -> None:
    with pytest.raises(InputError, match="3 outputs of INFO"):
        shape(FIRST, LATER, LATER)
    with pytest.raises(InputError, match="at the same second"):
        shape(FIRST, FIRST)


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("bigkeys.txt", "redis-cli --bigkeys"),
        ("memkeys.txt", "redis-cli --memkeys"),
        ("slowlog_cli.txt", "SLOWLOG GET"),
    ],
)
def test_outputs_that_tell_too_little_are_refused_by_name(name: str, problem: str) -> None:
    with pytest.raises(InputError, match=problem) as refused:
        shape(DATA / name)
    assert "INFO ALL" in str(refused.value)


@pytest.mark.parametrize("content", [b"GET k\nSET k v\n", b"PAR1", b"{}", b'0.1 [0 x] "GET" "k"\n', b"5\n6\n7\n"])
def test_recordings_are_no_summaries(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "other"
    path.write_bytes(content)
    assert not is_summary([(path, "other")])


lines = st.sampled_from(FIRST.read_bytes().splitlines(keepends=True))
pieces = st.lists(st.one_of(st.binary(max_size=20), lines, st.just(b"db0:keys=,\n"), st.just(b"cmdstat_get:calls=1\n")))


@settings(max_examples=100, deadline=None)
@given(pieces)
def test_arbitrary_text_raises_nothing_else(tmp_path_factory: pytest.TempPathFactory, parts: list[bytes]) -> None:
    path = tmp_path_factory.getbasetemp() / "any.txt"
    path.write_bytes(b"uptime_in_seconds:5\nused_memory:9\n" + b"".join(parts))
    is_summary([(path, "any")])
    try:
        read_summary([(path, "any")])
    except InputError as error:
        assert error.source
