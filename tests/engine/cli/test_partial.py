"""What the command line prints of a run that was ended, and which limits it refuses."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from engine import weather
from engine.cli.partial import as_text
from engine.errors import InputError
from engine.measurement import EngineIdentity, Series, Topology
from engine.partial import Partial, PartialMemory, PartialOperations, PartialWritten, from_json, to_json
from engine.run import RunSpec, measure, partial_of

PARTIAL = Partial(
    engine=EngineIdentity("valkey", "9.1.2", "libc"),
    topology=Topology(2, 1),
    mode="cache",
    speed=1.0,
    incidents=(weather.out_of_memory(weather.node("primary", 0), "The engine refused writes (OOM).", 0.5),),
    phase="replay",
    recorded_s=6.0,
    replayed_s=0.5,
    operations=PartialOperations(300, 100, 90, {"OOM": 4}, 6, 0),
    latency_us={},
    series=Series(),
    memory=PartialMemory(5 << 20, 2 << 20, 40),
    data_written=PartialWritten(12_000, 28, 50, {"SET": 12_000}, {"key:{id}": 12_000}, (12_000,)),
    trace_sha256="0" * 64,
    trace_format="monitor",
)


def test_a_partial_result_names_its_state_first_and_then_how_far_it_came() -> None:
    lines = [" ".join(line.split()) for line in as_text(PARTIAL).splitlines()]
    assert lines[:7] == [
        "PARTIAL RESULT: out of memory. Nothing is estimated from it.",
        f"out of memory {PARTIAL.ended_by.sentence}",
        "reached 0.5 s of the replay, in phase replay; recorded are 6.0 s",
        "operations 100 of 300 sent, 90 answered",
        "errors 4 OOM",
        "memory of the keys 2 MiB in 40 keys, not settled",
        "data written 11.7 KiB (12,000 bytes) until then",
    ]


def test_a_partial_result_stands_in_json_and_nothing_else_is_taken_for_one(tmp_path: Path) -> None:
    assert from_json(to_json(PARTIAL)) == PARTIAL
    with pytest.raises(InputError, match="not a partial result"):
        from_json({**to_json(PARTIAL), "partial": False})
    assert partial_of(tmp_path) is None


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (
            {"max_memory_bytes": 1000},
            "maxmemory: 1,000 bytes are less than an empty node uses. Expected: at least 4,194,304",
        ),
        ({"eviction": "some"}, "eviction: 'some' is no policy. Expected: one of noeviction, allkeys-lru"),
        ({"patience_s": 0.0}, "patience: 0 s. Expected: more than 0 seconds."),
    ],
)
def test_limits_that_cannot_be_are_refused_by_name(tmp_path: Path, limits: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError) as refused:
        measure(RunSpec(tmp_path / "none", tmp_path / "run", **limits))
    assert str(refused.value).startswith(said)
