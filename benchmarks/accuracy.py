"""`make accuracy`: what simple predictors say of a recording, beside what a real replay measures in the same run.

Covered: data written predicted by the effects of the trace's commands, for every bundled recording and workload
(`written.py`), and by the request bytes of write commands (the naive predictor); memory of all keys predicted from a
quarter of a recording's, and from 10 % and 1 % of keyspaces of seven kinds (`memory.py`); and whether one recording
writes the same bytes each time it is replayed. Every ratio is `predicted` / `measured`, 1 is exact. Not covered: memory
predicted without a replay, latency, and the bill of a vendor.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from benchmarks import written
from benchmarks.memory import memory_rows
from benchmarks.memory_loads import FEWER_LOADS
from benchmarks.table import Row, row, say, show, wants_json
from engine import units
from engine.cluster import binaries
from engine.cluster.binaries import Engine
from engine.measurement import Measurement
from engine.memory.extrapolation import extrapolate
from engine.replay.plan import WRITE, Index, PlanFiles
from engine.run import RunSpec, measure
from engine.traces.model import Operation
from engine.traces.reading import read_recording
from engine.traces.store import TraceWriter, iter_operations, read_header

_PROJECT = Path(__file__).parents[1]
SAMPLE = _PROJECT / "engine" / "traces" / "samples" / "ecommerce.monitor.txt.gz"
MIXED = _PROJECT / "tests" / "data" / "monitor" / "mixed_7.0.15.txt.gz"
SPEED = 8.0
SHARE = 0.25
_HASH_BYTES = 8


def is_in_share(operation: Operation, share: float) -> bool:
    """Whether an operation belongs to a sample by key: always the same keys, and every operation without a key."""
    if operation.key is None:
        return True
    number = int.from_bytes(blake2b(operation.key, digest_size=_HASH_BYTES).digest(), "big")
    return number < share * (1 << 8 * _HASH_BYTES)


def write_share(source: Path, target: Path, share: float) -> int:
    """Write the trace of a share of the keys; answers how many operations it holds."""
    header = dataclasses.replace(read_header(source), key_sampling=share)
    with TraceWriter(target, header) as writer:
        for operation in iter_operations(source):
            if is_in_share(operation, share):
                writer.append(operation)
    return writer.count


def request_bytes(index: Index) -> int:
    """The naive predictor of data written: the bytes of all requests that may write."""
    return int(index["length"][index["role"] == WRITE].sum(dtype=np.int64))


def data_written_row(index: Index, measured: Measurement) -> Row:
    """Request bytes of the writes against the bytes of the replication streams."""
    note = (
        "Naive predictor: whole requests, also where the engine replicates other words "
        "(SET … EX as PXAT, scripts by effect), nothing (no change), or more (expiry)."
    )
    return row("data written, naive", request_bytes(index), measured.data_written.bytes, "bytes", note)


def memory_row(sampled: Measurement, full: Measurement, share: float) -> Row:
    """Memory of a share of the keys, carried to all of them, against that of all keys."""
    predicted = extrapolate(sampled.memory, sampled.engine, share)
    divided = sampled.memory.keyspace_bytes / share / full.memory.keyspace_bytes
    error = "not known" if predicted.error is None else f"{predicted.error:.1%}"
    note = (
        f"From {sampled.memory.keys:,} of {full.memory.keys:,} keys ({share:.0%} asked for), the number of all keys taken as "
        f"unknown; {units.format_bytes(sampled.memory.keyspace_bytes)} measured. Standard error by the sample's own spread "
        f"{error}. Divided by the share it would be {divided:.3f}."
    )
    return row(f"memory from {share:.0%} of keys", predicted.bytes, full.memory.keyspace_bytes, "bytes", note)


def repeat_row(first: Measurement, second: Measurement) -> Row:
    """One replay against another of the same recording."""
    exact = first.data_written.bytes == second.data_written.bytes
    note = f"First and second replay of the mixed recording: {'the same to the byte.' if exact else 'NOT the same.'}"
    return row("data written again", first.data_written.bytes, second.data_written.bytes, "bytes", note)


class _Bench:
    def __init__(self, engine: Engine, folder: Path) -> None:
        self.engine = engine
        self.folder = folder

    def rows(self) -> list[Row]:
        """Every row of this benchmark: replays, and keyspaces that are only loaded."""
        sample = self._trace(SAMPLE)
        full = self._run(sample, "full", SPEED)
        index = PlanFiles(self.folder / "full").read_index()
        share = self.folder / "share.parquet"
        write_share(sample, share, SHARE)
        sampled = self._run(share, "share", SPEED)
        mixed = self._trace(MIXED)
        first, second = (self._run(mixed, name, 1.0) for name in ("first", "second"))
        return [
            data_written_row(index, full),
            *written.rows(self.engine, self.folder, {"sample shop": (SAMPLE, SPEED), "mixed recording": (MIXED, 1.0)}),
            repeat_row(first, second),
            memory_row(sampled, full, SHARE),
            *memory_rows(self.engine),
            *self._rows_of_the_other_engine(),
        ]

    def _rows_of_the_other_engine(self) -> Iterator[Row]:
        """Where a second engine is installed (Debian's redis-server: another layout, another allocator), three types more."""
        others = [engine for engine in binaries.find_engines() if engine.name != self.engine.name]
        return memory_rows(others[0], FEWER_LOADS) if others else iter(())

    def _trace(self, recording: Path) -> Path:
        trace = self.folder / f"{recording.name}.parquet"
        read_recording(recording, trace)
        return trace

    def _run(self, trace: Path, name: str, speed: float) -> Measurement:
        say(f"replaying {trace.stem} ({name}) on 3 x (1 + 1) at speed {speed:g}")
        return measure(RunSpec(trace, self.folder / name, speed=speed, engine=str(self.engine.path)))


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print."""
    as_json = wants_json("What simple predictors say beside what a replay measures.", arguments)
    engine = binaries.choose(None)
    with tempfile.TemporaryDirectory(prefix="headroom-accuracy-") as name:
        rows = _Bench(engine, Path(name)).rows()
    show("accuracy", engine, ("predicted", "measured"), rows, as_json=as_json)


if __name__ == "__main__":
    main()
