"""What somebody else's cluster does not let one measure, worked out from the recording instead, each figure with its tag.

Data written: the predictor of `engine/replication`, in the words of the engine there. Memory: an upper bound from the sizes in
the recording, for want of anything better; a run of the same recording on a cluster of our own measures both.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.external_measurement import ExternalMeasurement
from engine.plain import from_plain, to_plain
from engine.progress import Report, ShouldStop, ignore, never
from engine.replay.live_task import expected_bytes
from engine.replay.survey import Survey
from engine.replication.dialect import REDIS_7, dialect_of
from engine.replication.prediction import predict
from engine.traces.store import iter_operations, read_header

PREDICTED, ASSUMED = "predicted", "assumed"


@dataclass(frozen=True, slots=True)
class WrittenGap:
    """Bytes of the replication stream as predicted, for keys named as recorded, without the prefix. Peaks are of all keys
    together. `engine`: whose words."""

    bytes: int
    bytes_per_s_mean: float
    peak_bytes_per_s: int
    peak_10ms_bytes: int
    by_command: Mapping[str, int]
    by_family: Mapping[str, int]
    engine: str
    silent_scripts: int
    source: str
    tag: str = PREDICTED


@dataclass(frozen=True, slots=True)
class MemoryGap:
    """What the keys take at most, and why it is not measured. Sizes of the recording and a usual overhead for each key."""

    bytes: int
    keys: int
    source: str
    tag: str = ASSUMED


@dataclass(frozen=True, slots=True)
class Gaps:
    """None: measured there, so there is no gap."""

    data_written: WrittenGap | None
    memory: MemoryGap | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON types."""
        return to_plain(self)


def from_json(data: Mapping[str, Any]) -> Gaps:
    """The inverse of `Gaps.to_json`."""
    return from_plain(Gaps, data)


def fill(trace: Path, there: ExternalMeasurement, *, report: Report = ignore, should_stop: ShouldStop = never) -> Gaps:
    """Predict what was not measured there. Raises Cancelled when asked to stop."""
    dialect = dialect_of(there.engine.name, there.engine.version) if there.engine else REDIS_7
    found = predict(trace, dialect=dialect, speed=there.speed, report=report, should_stop=should_stop)
    written = WrittenGap(
        bytes=found.bytes,
        bytes_per_s_mean=found.bytes / max(there.duration_s, 1.0),
        peak_bytes_per_s=found.peak_bytes_per_s,
        peak_10ms_bytes=found.peak_10ms_bytes,
        by_command=found.by_command,
        by_family=found.by_family,
        engine=found.engine,
        silent_scripts=found.silent_scripts,
        source="the effects of the recorded commands, played without a server",
    )
    return Gaps(written, None if there.families is not None else _memory(trace))


def _memory(trace: Path) -> MemoryGap:
    header = read_header(trace)
    survey = Survey()
    for count, operation in enumerate(iter_operations(trace)):
        if count < header.population:
            survey.populate(operation)
        else:
            survey.look_at(operation)
    survey.close()
    source = "every payload of the recording kept, and a usual overhead for each key: an upper bound"
    return MemoryGap(expected_bytes(survey), survey.keys, source)
