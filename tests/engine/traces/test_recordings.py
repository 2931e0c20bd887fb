"""Real recordings, against facts counted by hand with awk and sort."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from engine.traces.model import Flag, Operation, TraceHeader
from engine.traces.profile import Profile, profile
from engine.traces.store import iter_operations
from tests.engine.traces.reading_as_is import read_recording

RECORDINGS = Path(__file__).parents[2] / "data" / "monitor"


class Recording:
    """One recording, read and profiled."""

    def __init__(self, name: str, folder: Path) -> None:
        path = folder / "trace.parquet"
        self.header: TraceHeader = read_recording(RECORDINGS / name, path)
        self.operations: list[Operation] = list(iter_operations(path))
        self.profile: Profile = profile(path)

    def flagged(self, flag: Flag) -> int:
        return sum(bool(one.flags & flag) for one in self.operations)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording("mixed_7.0.15.txt.gz", tmp_path_factory.mktemp("mixed"))


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording("kvstore_redis-8.10.2_excerpt.txt", tmp_path_factory.mktemp("store"))


@pytest.fixture(scope="module")
def documentation(tmp_path_factory: pytest.TempPathFactory) -> Recording:
    return Recording("redis-doc_monitor.txt", tmp_path_factory.mktemp("doc"))


def test_the_mixed_recording_is_12149_lines_of_which_one_is_ok(mixed: Recording) -> None:
    assert mixed.header.operations == len(mixed.operations) == 12_148
    assert mixed.header.skipped == {"OK line": 1}
    assert mixed.header.notes == ()


def test_the_mixed_recording_runs_from_its_first_to_its_last_line(mixed: Recording) -> None:
    assert mixed.header.first_wall_clock_us == 1_795_219_885_763_294
    assert mixed.header.duration_us == 1_795_219_886_545_371 - 1_795_219_885_763_294
    assert mixed.header.connections == 51
    assert mixed.header.source_sha256 == "5b33d3d3331ff4e07a1bb002b4dc42663ed0c5c5dc85e2a26770be424f994d0b"


def test_the_mixed_recording_has_the_commands_awk_counts(mixed: Recording) -> None:
    expected = {"SET": 2002, "LPUSH": 2002, "HSET": 2001, "ZADD": 2000, "GET": 2000, "TYPE": 1008, "STRLEN": 498}
    found = Counter(one.cmd for one in mixed.operations)
    assert {name: found[name] for name in expected} == expected
    assert {name: count for name, count in found.items() if name.startswith("MEMORY")} == {
        "MEMORY USAGE": 505,
        "MEMORY DOCTOR": 1,
        "MEMORY STATS": 1,
    }


def test_the_mixed_recording_has_two_lua_lines_and_one_transaction(mixed: Recording) -> None:
    assert mixed.flagged(Flag.LUA) == 2
    assert mixed.flagged(Flag.TRANSACTION) == 4  # MULTI, INCR, EXPIRE, EXEC
    lua = [one for one in mixed.operations if one.flags & Flag.LUA]
    assert [(one.cmd, one.args) for one in lua] == [("SET", (b"k1", b"v")), ("INCR", (b"k2",))]


def test_the_mixed_recording_is_profiled_as_counted(mixed: Recording) -> None:
    found = mixed.profile
    # key:000000000000 … 499, and in database 0 myhash mylist myzset k1 k2 s t user:1 x fl h st, in 2 c, in 3 l
    assert found.keys == 500 + 14
    families = {one.pattern: one for one in found.families}
    assert families["key:{id}"].keys == 500
    assert families["myzset"].bytes == 40_000  # members of 20 bytes
    assert found.mean_ops_per_s == pytest.approx(12_148 / 0.782077)
    assert found.peak_ops_per_s == found.mean_ops_per_s  # all of it in less than a second
    assert sum(found.curve) == 12_148


def test_the_mixed_recording_cannot_go_to_a_cluster_as_it_is(mixed: Recording) -> None:
    found = {(one.target, one.rule): (one.severity, one.count) for one in mixed.profile.compatibility}
    assert found["ElastiCache Serverless", "MEMORY USAGE is refused"] == ("blocks", 505)
    assert found["MemoryDB", "a database other than 0 is used"] == ("blocks", 2)  # LPUSH in 3, INCR in 2
    assert found["MemoryDB", "one script call declares keys of different slots (CROSSSLOT)"] == ("blocks", 1)  # k1 k2


def test_the_first_value_of_the_mixed_recording_is_unescaped(mixed: Recording) -> None:
    first = mixed.operations[0]
    assert first.args == (b"user:1", '{"n":"São Paulo","q":"a\\"b\\\\c"}'.encode(), b"EX", b"1800")
    assert (first.key, first.value_len, first.ttl_ms) == (b"user:1", 32, 1_800_000)


def test_the_application_recording_has_48_commands_of_7_clients(store: Recording) -> None:
    assert (store.header.operations, store.header.connections) == (48, 7)
    assert store.flagged(Flag.LUA) == 6
    assert store.flagged(Flag.TRANSACTION) == 5 + 3  # lines 25 to 29 without another client's, lines 35 to 37
    assert store.flagged(Flag.BLOCKING) == 1
    assert Counter(one.db for one in store.operations)[2] == 4


def test_the_documentation_recording_has_seven_commands_of_one_client(documentation: Recording) -> None:
    assert [one.cmd for one in documentation.operations] == ["KEYS", "DBSIZE", "SET", "GET", "EVAL", "SET", "DEL"]
    assert documentation.header.connections == 1
    assert documentation.header.duration_us == 17_437_514
    assert documentation.profile.curve == (1, 0, 0, 0, 1, 0, 0, 1, 0, 0, 0, 0, 0, 1, 0, 0, 1, 2)
    assert (documentation.profile.reads, documentation.profile.writes, documentation.profile.keys) == (1, 3, 1)
