"""Data written as predicted from the trace alone, beside the bytes that a replay's primaries streamed.

One row for each bundled recording and each ready workload (a small one of it), and the sample's busiest second and burst.
The prediction knows when the replay's offsets were read, and nothing else of the replay.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.table import Row, row, say
from engine.cluster.binaries import Engine
from engine.measurement import Measurement
from engine.replay import settle
from engine.replay.plan import PlanFiles
from engine.replication.dialect import dialect_of
from engine.replication.prediction import Prediction, predict
from engine.run import RunSpec, measure
from engine.traces.reading import read_recording
from engine.traces.synthesis import generate, ready_workloads

KEYS, RATE, SECONDS, SEED = 200, 500, 4, 3


@dataclass(frozen=True, slots=True)
class Case:
    """A stored trace and how fast it is replayed."""

    name: str
    trace: Path
    speed: float = 1.0


def rows(engine: Engine, folder: Path, recordings: dict[str, tuple[Path, float]]) -> list[Row]:
    """`recordings`: file and speed by name. Replays every case once on one primary."""
    found = []
    for case in _cases(folder, recordings):
        predicted, measured = _both(engine, folder / f"run-{case.name}", case)
        found.append(total_row(case.name, predicted, measured))
        if case.speed != 1.0:
            found += peak_rows(case.name, predicted, measured)
    return found


def total_row(name: str, predicted: Prediction, measured: Measurement) -> Row:
    """Bytes against bytes; the note names the commands that differ."""
    written = measured.data_written
    names = predicted.by_command.keys() | written.by_command.keys()
    apart = {cmd: predicted.by_command.get(cmd, 0) - written.by_command.get(cmd, 0) for cmd in sorted(names)}
    shown = ", ".join(f"{cmd} {difference:+,}" for cmd, difference in apart.items() if difference)
    note = f"Predicted from the trace in the words of {predicted.engine}: {shown or 'the same to the byte'}."
    return row(f"data written, {name}", predicted.bytes, written.bytes, "bytes", note)


def peak_rows(name: str, predicted: Prediction, measured: Measurement) -> list[Row]:
    """The busiest second and the largest burst of 10 ms: the replay's clock adds what the machine was late by."""
    written = measured.data_written
    second = "Busiest second at the speed of the replay."
    burst = "Most bytes within 10 ms of a first one (the cap is 1 MB); measured, with what this machine sent late."
    return [
        row(f"busiest second, {name}", predicted.peak_bytes_per_s, max(written.per_second), "bytes", second),
        row(f"largest burst, {name}", predicted.peak_10ms_bytes, written.bytes_peak_10ms, "bytes", burst),
    ]


def _cases(folder: Path, recordings: dict[str, tuple[Path, float]]) -> list[Case]:
    cases = []
    for name, (recording, speed) in recordings.items():
        cases.append(Case(name, folder / f"{name}.parquet", speed))
        read_recording(recording, cases[-1].trace)
    for workload in ready_workloads():
        least = {slider.name: slider.low for slider in workload.sliders}
        cases.append(Case(workload.id, folder / f"{workload.id}.parquet"))
        small = {"keys": max(least["keys"], KEYS), "rate": RATE, "duration_s": SECONDS}
        generate(workload.id, small, seed=SEED, target=cases[-1].trace)
    return cases


def _both(engine: Engine, folder: Path, case: Case) -> tuple[Prediction, Measurement]:
    say(f"replaying {case.name} on one primary at speed {case.speed:g}")
    spec = RunSpec(case.trace, folder, shards=1, replicas=0, speed=case.speed, engine=str(engine.path))
    measured = measure(spec)
    files = PlanFiles(folder)
    end_ns = files.read_facts().duration_ns
    tail_ns = settle.quiet_moment(np.load(files.deadlines), end_ns) - end_ns
    dialect = dialect_of(engine.name, engine.version)
    tail_us = round(tail_ns / 1000 * case.speed)
    return predict(case.trace, dialect=dialect, speed=case.speed, tail_us=tail_us), measured
