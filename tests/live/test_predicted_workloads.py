"""A whole workload on a real engine: what its replica is streamed, and what is predicted from the trace alone."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from engine import commands
from engine.cluster.binaries import Engine
from engine.replay import resp
from engine.replication.dialect import dialect_of
from engine.replication.prediction import predict
from engine.traces.model import Flag, Operation
from engine.traces.store import iter_operations
from engine.traces.synthesis import generate, ready_workloads
from tests.live.tapping import TappedNode

pytestmark = pytest.mark.live
WORKLOADS = {workload.id: workload for workload in ready_workloads()}
ALLOWED = 0.01


def words(operation: Operation) -> list[bytes]:
    return resp.words_of(operation.cmd, operation.args or ())


@pytest.mark.parametrize("ident", WORKLOADS)
def test_a_ready_workload_writes_what_is_predicted(
    ident: str, engine: Engine, tapped: TappedNode, tmp_path: Path
) -> None:
    """Within 1 % in all and of each command: a script's own arithmetic follows the engine's clock."""
    trace = tmp_path / "trace.parquet"
    least = {slider.name: slider.low for slider in WORKLOADS[ident].sliders}
    header = generate(ident, {"keys": max(least["keys"], 50), "rate": 300, "duration_s": 2}, seed=7, target=trace)
    operations = list(iter_operations(trace))
    tapped.run("FLUSHALL")
    tapped.node.ask_all(words(each) for each in operations[: header.population])
    tapped.replicated()
    tapped.node.ask_all(words(each) for each in operations[header.population :] if not each.flags & Flag.LUA)
    measured: Counter[str] = Counter()
    for each in tapped.replicated():
        measured[commands.split(each)[0]] += resp.length(each)
    predicted = predict(trace, dialect=dialect_of(engine.name, engine.version))
    assert predicted.silent_scripts == predicted.refused == 0
    assert predicted.bytes == pytest.approx(measured.total(), rel=ALLOWED)
    assert predicted.by_command.keys() == measured.keys()
