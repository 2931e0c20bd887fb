"""The data written that the recording alone would have made one expect, to stand beside what a run measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.cluster.binaries import Engine
from engine.measurement import WrittenPrediction
from engine.progress import Report, ShouldStop, ignore, never
from engine.replay import settle
from engine.replay.plan import PlanFiles
from engine.replication.dialect import dialect_of
from engine.replication.prediction import predict
from engine.traces.model import TraceHeader

MOST_OPERATIONS = 200_000  # some four seconds; longer recordings are predicted when `profile --written-as` asks


def of_run(
    trace: Path,
    header: TraceHeader,
    engine: Engine,
    *,
    speed: float,
    ended_ns: int,
    files: PlanFiles,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> WrittenPrediction | None:
    """In the words of the engine that was measured, with expiry to the moment at which offsets were read. None for a recording
    that takes long to look through."""
    if header.operations > MOST_OPERATIONS:
        return None
    tail_ns = settle.quiet_moment(np.load(files.deadlines), ended_ns) - ended_ns
    found = predict(
        trace,
        dialect=dialect_of(engine.name, engine.version),
        speed=speed,
        tail_us=round(tail_ns / 1000 * speed),
        report=report,
        should_stop=should_stop,
    )
    return WrittenPrediction(
        engine=found.engine,
        bytes=found.bytes,
        peak_bytes_per_s=found.peak_bytes_per_s,
        peak_10ms_bytes=found.peak_10ms_bytes,
        silent_scripts=found.silent_scripts,
        by_command=dict(found.by_command),
    )
