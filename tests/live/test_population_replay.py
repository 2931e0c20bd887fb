"""Recordings that begin with a keyspace: a replay starts from it, and measures only what comes after."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import pytest

from engine.cluster.binaries import Engine
from engine.errors import InputError
from engine.replay import resp
from engine.run import RunSpec, measure
from engine.traces.families import family
from engine.traces.formats.reader import Options
from engine.traces.model import TraceHeader
from engine.traces.reading import read_recording
from engine.traces.store import iter_operations
from tests.live.snapshots import DATA, saved

pytestmark = pytest.mark.live
AS_IT_IS = Options(redact=False, duration_s=1.0)


def read(folder: Path, data: bytes, options: Options = AS_IT_IS) -> tuple[Path, TraceHeader]:
    (folder / "dump").write_bytes(data)
    header = read_recording(folder / "dump", folder / "trace.parquet", source_name="dump", options=options)
    return folder / "trace.parquet", header


def as_commands(*lines: str) -> bytes:
    return b"".join(resp.command(line.encode().split()) for line in lines)


def test_a_snapshot_alone_measures_memory_and_nothing_else(tmp_path: Path) -> None:
    source = (DATA / "rrt_redis_50_with_streams.rdb").read_bytes()
    trace, header = read(tmp_path, source)
    result = measure(RunSpec(trace, tmp_path / "run", shards=2, replicas=0))
    assert (header.format, header.operations, header.population, header.duration_us) == ("rdb", 23, 23, 0)
    assert result.memory.keys == 14
    assert result.memory.keyspace_bytes > 0
    assert sum(each.keys for each in result.memory.families) == 14
    assert result.snapshot.bytes > 0
    assert (result.operations.recorded, result.operations.sent, result.duration_s) == (0, 0, 0.0)
    assert not result.valid_for_latency.ok
    assert "nothing to time" in result.valid_for_latency.reason
    assert result.latency_us == {}
    assert result.data_written.bytes == 0
    assert result.assumptions == (
        "The recording holds a keyspace and no traffic: requests, data written and CPU are not in these figures.",
        "14 keys that the recording starts from were loaded before the replay.",
    )


def test_commands_after_a_snapshot_start_from_it(tmp_path: Path, embedded_engine: Engine) -> None:
    """By hand: of what follows, the second command changes nothing and is not replicated; the read keys are there."""
    made = [("SET", "a", "1"), ("SADD", "s", "x"), ("HSET", "h", "f", "v"), ("SET", "later", "1", "EX", "3600")]
    snapshot = saved(embedded_engine, tmp_path, made).read_bytes()
    trace, header = read(tmp_path, snapshot + as_commands("APPEND a 2", "SADD s x"))
    assert (header.format, header.population, header.operations) == ("aof", 4, 6)
    result = measure(RunSpec(trace, tmp_path / "run", shards=1, replicas=0))
    assert result.memory.keys == 4
    assert (result.operations.recorded, result.operations.sent) == (2, 2)
    assert result.data_written.by_command == {"APPEND": len(as_commands("APPEND a 2"))}
    assert result.assumptions[-1] == "4 keys that the recording starts from were loaded before the replay."


def test_a_packed_snapshot_is_unpacked_for_the_engine_and_read_alike(tmp_path: Path) -> None:
    source = (DATA / "rep_dumpV6.rdb").read_bytes()
    _, plain = read(tmp_path, source)
    _, packed = read(tmp_path, gzip.compress(source))
    assert packed.keyspace is not None
    assert plain.keyspace is not None
    assert packed.keyspace["types"] == plain.keyspace["types"]
    assert (packed.population, packed.source_bytes) == (132, len(gzip.compress(source)))


def test_the_statistics_show_the_families_of_the_trace(tmp_path: Path) -> None:
    source = (DATA / "rep_dumpV6.rdb").read_bytes()
    trace, header = read(tmp_path, source, Options(redaction_key=bytes(range(16))))
    assert header.keyspace is not None
    shown = Counter({each["pattern"]: 0 for each in header.keyspace["families"]})
    for each in header.keyspace["families"]:
        shown[each["pattern"]] += each["keys"]
    assert shown == Counter(family(each.key) for each in iter_operations(trace) if each.key is not None)


def test_a_refused_snapshot_leaves_no_trace(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="dump: the engine aborted while loading"):
        read(tmp_path, (DATA / "rct_all.rdb").read_bytes())
    assert sorted(each.name for each in tmp_path.iterdir() if each.name != "var") == ["dump"]
