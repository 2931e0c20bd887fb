"""The frozen result of a run, and its JSON form (DESIGN §8). Reads back only what this version wrote.

Units stand in the names: `_bytes` int bytes, `_us` microseconds, `_s` seconds. None means not known, never zero.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.measured.cpu import Calibration, Cpu, Network
from engine.measured.latency import Latency, Quantiles, Series, Validity
from engine.measured.load import Commit, LoadSource, Operations, SlotLoad, Throughput
from engine.measured.memory import (
    AllocatorCorrection,
    EncodingMemory,
    FamilyMemory,
    Memory,
    MemoryFit,
    MemoryLines,
    Plateau,
    ShardMemory,
    ShardTables,
)
from engine.measured.snapshots import Snapshot, SnapshotCase, SnapshotImpact
from engine.measured.written import DataWritten, ShardDataWritten, WrittenPrediction
from engine.plain import from_plain, to_plain
from engine.ramp.model import Ramp
from engine.weather import Incident

__all__ = [
    "SCHEMA",
    "AllocatorCorrection",
    "Calibration",
    "Commit",
    "Cpu",
    "DataWritten",
    "Elsewhere",
    "EncodingMemory",
    "EngineIdentity",
    "FamilyMemory",
    "Latency",
    "LoadSource",
    "Measurement",
    "Memory",
    "MemoryFit",
    "MemoryLines",
    "Network",
    "Operations",
    "Plateau",
    "Quantiles",
    "Series",
    "ShardDataWritten",
    "ShardMemory",
    "ShardTables",
    "SlotLoad",
    "Snapshot",
    "SnapshotCase",
    "SnapshotImpact",
    "Throughput",
    "Topology",
    "Validity",
    "WrittenPrediction",
    "from_json",
    "load",
    "to_json",
]

SCHEMA = 1


@dataclass(frozen=True, slots=True)
class EngineIdentity:
    """Which server was measured. `allocator` as the server prints it (`libc`, `jemalloc-5.3.0`)."""

    name: str
    version: str
    allocator: str


@dataclass(frozen=True, slots=True)
class Topology:
    """`shards` primaries with `replicas` replicas each."""

    shards: int
    replicas: int


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """The cluster of somebody's own that latency was measured on, while all else was measured here. `engine` None: it did not
    say. `most_per_s`: the limit on commands a second there."""

    target: str
    engine: EngineIdentity | None
    shards: int
    replicas: int
    speed: float
    most_per_s: float


@dataclass(frozen=True, slots=True)
class Measurement:
    """Everything a run found out. `latency_us` maps `all`, `read`, `write` and command names.

    `sources`: the players, when there were several."""

    engine: EngineIdentity
    topology: Topology
    mode: str
    speed: float
    operations: Operations
    valid_for_latency: Validity
    latency_us: Mapping[str, Latency]
    memory: Memory
    data_written: DataWritten
    cpu: Cpu
    network: Network
    snapshot: Snapshot
    duration_s: float
    trace_sha256: str
    trace_format: str
    operations_by_class: Mapping[str, int]
    slot_load: SlotLoad
    series: Series = field(default_factory=Series)
    assumptions: tuple[str, ...] = ()
    throughput: Throughput | None = None
    sources: tuple[LoadSource, ...] = ()
    latency_from: Elsewhere | None = None
    incidents: tuple[Incident, ...] = ()
    ramp: Ramp | None = None
    commit: Commit | None = None
    written_predicted: WrittenPrediction | None = None
    schema: int = SCHEMA


def to_json(measurement: Measurement) -> dict[str, Any]:
    """The measurement as plain JSON types, keys as in DESIGN §8."""
    return to_plain(measurement)


def from_json(data: Mapping[str, Any]) -> Measurement:
    """The inverse of `to_json`. Raises InputError on another schema or missing fields."""
    if data.get("schema") != SCHEMA:
        raise InputError(f"measurement of schema {data.get('schema')!r}.", expected=f"schema {SCHEMA}.")
    try:
        return from_plain(Measurement, data)
    except (KeyError, TypeError) as error:
        raise InputError(f"not a measurement: {error}.", expected="the JSON that `engine replay` writes.") from error


def load(path: Path) -> Measurement:
    """Read a measurement file."""
    return from_json(json.loads(path.read_text()))
