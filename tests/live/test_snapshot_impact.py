"""Snapshots under the replay's own load: on primaries, on replicas, and without any, one after the other."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import measurement
from engine.cluster.binaries import find_engines
from engine.errors import InputError
from engine.run import RunSpec, measure
from tests.engine.replay.recordings import line, read

pytestmark = pytest.mark.live
LINES = [line(number / 500, f"SET key:{number % 97} {'x' * 200}") for number in range(300)]


def test_each_case_has_its_latency_its_snapshots_and_what_they_cost(tmp_path: Path) -> None:
    engine = find_engines()[-1]  # the commands and pages, tested elsewhere, measure it on the first
    spec = RunSpec(read(tmp_path, LINES), tmp_path / "run", shards=2, engine=str(engine.path), snapshot_turn_s=0.5)
    found = measure(spec)
    impact = found.snapshot.impact
    assert impact is not None
    quiet, primary, replica = impact.cases
    assert [case.on for case in impact.cases] == ["quiet", "primary", "replica"]
    assert (quiet.operations, quiet.snapshots, quiet.longest_fork_us) == (250, 0, None)
    for case in (primary, replica):
        assert case.snapshots >= 1
        assert case.longest_fork_us is not None and case.longest_fork_us > 0
        assert case.longest_s is not None and case.longest_s > 0
        assert 0 < case.operations < 250  # only those of one shard, while it was saved
        assert case.response is not None and case.response.count == case.operations
    assert measurement.from_json(measurement.to_json(found)) == found
    assert found.memory.keys == 97  # measured before the data was changed again


def test_turns_have_a_length_that_makes_sense(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="snapshot-turn"):
        measure(RunSpec(tmp_path / "none", tmp_path / "run", snapshot_turn_s=-1.0))
