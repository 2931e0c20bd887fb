"""Data written, predicted from a stored trace alone: for servers that let nobody attach as a replica, and before any run.

What a replay would create first (keys read before they are written, a snapshot's keys) is there from the start and costs
nothing, exactly as in a replay. Eviction is not predicted: it depends on memory that a trace does not know.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from engine import commands
from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.replay import population, sized
from engine.replay.survey import Survey
from engine.replication.dialect import REDIS_7, Dialect
from engine.replication.predictor import Predictor
from engine.traces.model import TraceHeader
from engine.traces.store import iter_operations, read_header

_REPORT_EVERY = 1 << 14


@dataclass(frozen=True, slots=True)
class Prediction:
    """Predicted bytes of the replication stream, protocol bytes (SELECT, PING) left out. `engine`: whose words.

    `per_second` and the peaks are of all keys together, as if one shard served them; a peak of 10 ms is counted from the
    first byte of a burst. `silent_scripts`: scripts of which the recording shows no command: what they wrote is missing.
    `refused`: operations left out because their keys lie in different slots.
    """

    engine: str
    bytes: int
    commands: int
    by_command: Mapping[str, int]
    by_family: Mapping[str, int]
    per_second: tuple[int, ...]
    peak_bytes_per_s: int
    peak_10ms_bytes: int
    silent_scripts: int
    refused: int

    def to_json(self) -> dict[str, Any]:
        """The keys that `profile --json` shows."""
        return {
            "engine": self.engine,
            "bytes": self.bytes,
            "by_command": dict(self.by_command),
            "by_family": dict(self.by_family),
            "peak_bytes_per_s": self.peak_bytes_per_s,
            "peak_10ms_bytes": self.peak_10ms_bytes,
            "per_second": list(self.per_second),
            "silent_scripts": self.silent_scripts,
            "refused": self.refused,
            "tag": "predicted",
        }


def predict(
    trace: Path,
    *,
    dialect: Dialect = REDIS_7,
    speed: float = 1.0,
    tail_us: int = 0,
    seed: int = 1,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> Prediction:
    """Two passes over a stored trace. `tail_us`: for how long after its end expiry is still counted. `seed`: of the values
    that a replay makes up. Raises InputError when it is no trace, Cancelled when asked to stop."""
    header = read_header(trace)
    survey = _survey(trace, header, report, should_stop)
    predictor = Predictor(dialect, header.first_wall_clock_us, speed)
    for operation in islice(iter_operations(trace), header.population):
        if operation.args is not None:
            predictor.populate(operation.cmd, operation.args)
    for creation in population.creations(survey, seed=seed, speed=1.0):
        predictor.populate(*commands.split(creation.words))
    for count, operation in enumerate(islice(iter_operations(trace), header.population, None)):
        if count % _REPORT_EVERY == 0:
            stop_if_asked(should_stop)
            _said(report, header.operations + header.population + count, header)
        predictor.feed(sized.spoken(operation, survey.counted))
    predictor.close(header.duration_us + tail_us)
    _said(report, 2 * header.operations, header)
    return _prediction(predictor, dialect)


def _survey(trace: Path, header: TraceHeader, report: Report, should_stop: ShouldStop) -> Survey:
    survey = Survey()
    for count, operation in enumerate(iter_operations(trace)):
        if count % _REPORT_EVERY == 0:
            stop_if_asked(should_stop)
            _said(report, count, header)
        if count < header.population:
            survey.populate(operation)
        else:
            survey.look_at(operation)
    survey.close()
    return survey


def _said(report: Report, done: int, header: TraceHeader) -> None:
    report(Progress("written", done, 2 * header.operations, "operations", "Predicting the data written"))


def _prediction(predictor: Predictor, dialect: Dialect) -> Prediction:
    tally = predictor.tally
    per_second = tuple(tally.per_second[second] for second in range(max(tally.per_second, default=-1) + 1))
    return Prediction(
        engine=dialect.ident,
        bytes=tally.total,
        commands=tally.commands,
        by_command=dict(tally.by_command.most_common()),
        by_family=dict(tally.by_family.most_common()),
        per_second=per_second,
        peak_bytes_per_s=max(per_second, default=0),
        peak_10ms_bytes=tally.burst_bytes,
        silent_scripts=predictor.silent_scripts,
        refused=predictor.refused,
    )
