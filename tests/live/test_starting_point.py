"""A snapshot beside a recording is what the replay of the recording starts from."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.cluster.binaries import Engine
from engine.traces.model import Flag
from engine.traces.reading import read_recording
from engine.traces.store import iter_operations
from tests.engine.traces import monitor_writing as writing
from tests.live.snapshots import saved

pytestmark = pytest.mark.live


@pytest.mark.parametrize("order", [(0, 1), (1, 0)], ids=["snapshot first", "recording first"])
def test_keys_of_the_snapshot_are_the_keys_of_the_recording(
    tmp_path: Path, embedded_engine: Engine, order: tuple[int, int]
) -> None:
    snapshot = saved(embedded_engine, tmp_path, [("SET", "basket:anna", "apples"), ("SADD", "seen:anna", "x")])
    recording = writing.write(tmp_path / "recording.txt", writing.commands("GET basket:anna", "SADD seen:anna y"))
    sources = [(snapshot, "dump.rdb"), (recording, "recording.txt")]
    header = read_recording([sources[place] for place in order], tmp_path / "trace.parquet")
    found = list(iter_operations(tmp_path / "trace.parquet"))
    assert (header.format, header.operations, header.population) == ("monitor", 4, 2)
    assert [bool(row.flags & Flag.SYNTHETIC) for row in found] == [True, True, False, False]
    assert {row.key for row in found[:2]} == {row.key for row in found[2:]}  # redacted alike
    assert all(b"anna" not in (row.key or b"") for row in found)
    assert header.keyspace is not None and header.keyspace["keys"] == 2
    assert header.duration_us == 1000


def test_snapshots_of_several_nodes_are_one_population(tmp_path: Path, embedded_engine: Engine) -> None:
    nodes = []
    for node in range(2):
        folder = tmp_path / str(node)
        folder.mkdir()
        nodes.append((saved(embedded_engine, folder, [("SET", f"k{node}", "v")]), f"node{node}.rdb"))
    header = read_recording(nodes, tmp_path / "trace.parquet")
    assert (header.format, header.population, header.keyspace) == ("rdb", 2, None)
    assert "The replay starts from 2 snapshots" in header.notes[-1]
