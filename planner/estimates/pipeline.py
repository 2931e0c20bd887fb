"""The whole job without a database: a recording becomes a trace, its analysis, and with a measurement the document.

Pure of Django: time, progress and stop are arguments, the only file written is the trace. The web services and
`manage.py estimate` both stand on it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from engine.errors import InputError
from engine.measurement import Measurement
from engine.progress import Report, ShouldStop, ignore, never, under
from engine.traces.formats.reader import Options
from engine.traces.hit_rate import HitRatePoint, hit_curve
from engine.traces.items import ItemStatistics, item_load
from engine.traces.model import TraceHeader
from engine.traces.profile import profile
from engine.traces.reading import read_recording
from engine.traces.summaries.reading import is_summary, read_summary
from engine.traces.synthesis import generate_from_shape
from planner.reports.document import EstimateDocument, summarise_profile
from planner.reports.records import decode, encode
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import RecordedWrites
from planner.sizing.recommend import estimate
from planner.sizing.writes import recorded_writes

GENERATED_S = 60.0  # length of the workload that is generated from figures alone
SEED = 1
AS_USUAL = Options()


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a recording tells before anything is measured. `profile` is in the JSON form of DESIGN §8."""

    header: TraceHeader
    profile: Mapping[str, Any]
    items: ItemStatistics
    hit_curve: tuple[HitRatePoint, ...]
    recorded_writes: RecordedWrites | None = None


def analyse(
    source: Path | Sequence[tuple[Path, str]],
    trace: Path,
    *,
    source_name: str = "",
    options: Options = AS_USUAL,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> Analysis:
    """Read a recording into the trace file `trace` and analyse it. Phases: `read`, `profile`, `items`, `hit_curve`.

    `source`: one file, or several with their names. Of a summary, a workload of `GENERATED_S` that matches its figures is
    generated and analysed; `options.duration_s` is then the time between its two outputs. Raises InputError for what cannot
    be read (the trace file then does not exist), or Cancelled.
    """
    files = ((source, source_name or source.name),) if isinstance(source, Path) else tuple(source)
    reading = under("read", report)
    written: RecordedWrites | None = None
    if is_summary(files):
        shape = read_summary(files, seconds_between=options.duration_s)
        written = recorded_writes(shape)
        header = generate_from_shape(
            shape, seed=SEED, duration_s=GENERATED_S, target=trace, report=reading, should_stop=should_stop
        )
    else:
        header = read_recording(
            files, trace, source_name=source_name, options=options, report=reading, should_stop=should_stop
        )
    found = profile(trace, report=under("profile", report), should_stop=should_stop)
    items = item_load(trace, report=under("items", report), should_stop=should_stop)
    curve = hit_curve(trace, report=under("hit_curve", report), should_stop=should_stop)
    return Analysis(header, found.to_json(), items, tuple(curve), written)


def build_document(
    *, analysis: Analysis, measurement: Measurement, answers: Answers, name: str, created: datetime
) -> EstimateDocument:
    """Size and price every design. Raises InputError when the measurement is of another recording."""
    if measurement.trace_sha256 != analysis.header.source_sha256:
        raise InputError(
            f"the measurement is of another recording ({measurement.trace_sha256[:12]}…).",
            source=analysis.header.source_name,
            expected="a measurement of the same recording.",
        )
    result = estimate(
        measurement=measurement,
        items=analysis.items,
        hit_curve=analysis.hit_curve,
        answers=answers,
        as_of=created.date(),
        key_sampling=analysis.header.key_sampling,
        recorded_writes=analysis.recorded_writes,
        connections=analysis.header.connections or None,
    )
    return EstimateDocument(
        name=name,
        created=created,
        result=result,
        header=analysis.header,
        profile=summarise_profile(analysis.profile),
        measurement=measurement,
    )


def analysis_to_json(analysis: Analysis) -> dict[str, Any]:
    """An analysis as plain JSON types, one key per part."""
    plain: dict[str, Any] = encode(analysis)
    return plain


def analysis_from_json(data: Mapping[str, Any]) -> Analysis:
    """The inverse of `analysis_to_json`. Raises InputError when `data` is not an analysis."""
    try:
        return Analysis(
            header=decode(TraceHeader, data["header"]),
            profile=data["profile"],
            items=decode(ItemStatistics, data["items"]),
            hit_curve=tuple(decode(HitRatePoint, point) for point in data["hit_curve"]),
            recorded_writes=decode(RecordedWrites, known) if (known := data.get("recorded_writes")) else None,
        )
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        raise InputError(f"not the analysis of a recording: {error}.") from error
