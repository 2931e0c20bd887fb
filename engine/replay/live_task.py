"""What the live part of a run is told: what to play, on which engine, in which shape."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.cluster.binaries import Engine
from engine.cluster.local import ClusterSpec
from engine.cluster.node import NO_EVICTION
from engine.ramp.model import RampSpec
from engine.replay import population
from engine.replay.plan import PlanFacts, PlanFiles
from engine.replay.remote.hosting import Workers
from engine.replay.survey import Survey
from engine.replay.task import DRAIN_NS
from engine.traces.model import TraceHeader

_KEY_OVERHEAD_BYTES = 120  # entry, object headers and rounding: for the check against free memory only


@dataclass(frozen=True, slots=True)
class LiveTask:
    """What to play, on which engine, in which shape. `folder` takes the raw results; `trace` holds the population."""

    trace: Path
    header: TraceHeader
    engine: Engine
    shards: int
    replicas: int
    folder: Path
    facts: PlanFacts
    survey: Survey
    seed: int
    depth: int | None = None  # of a closed loop
    players: int = 1
    workers: Workers | None = None  # who plays, in place of processes of our own
    max_memory_bytes: int | None = None  # of each node; None: what this machine can give
    eviction: str = NO_EVICTION
    patience_s: float = DRAIN_NS / 1e9
    ramp: RampSpec | None = None
    durable: bool = False
    snapshot_turn_s: float = 0.0  # 0: what snapshots do to latency is not measured

    @property
    def files(self) -> PlanFiles:
        """The plan's files."""
        return PlanFiles(self.folder)

    def cluster_spec(self) -> ClusterSpec:
        """The cluster it is played on."""
        data = expected_bytes(self.survey)
        return ClusterSpec(
            self.engine,
            self.shards,
            self.replicas,
            data_bytes=data,
            max_memory_bytes=self.max_memory_bytes,
            eviction=self.eviction,
            durable=self.durable,
            log_bytes=data + self.files.payload.stat().st_size,
        )


def expected_bytes(survey: Survey) -> int:
    """What the keys of the recording need at most, roughly: for the check against free memory."""
    standing = sum((each.size or population.ASSUMED_VALUE_BYTES) for each in survey.standing.values())
    return survey.payload_bytes + standing + survey.keys * _KEY_OVERHEAD_BYTES
