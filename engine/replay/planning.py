"""A whole recording made into a plan: the encoder fed in one pass, and what there is to know of its work."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from engine.progress import Progress, Report, ShouldStop, ignore, never, stop_if_asked
from engine.replay import watched
from engine.replay.encoder import Encoder
from engine.replay.plan import PlanFacts, PlanFiles, PlanWriter
from engine.replay.survey import Survey
from engine.traces.model import Operation, TraceHeader

_REPORT_EVERY = 1 << 14


def compile_plan(
    operations: Iterable[Operation],
    header: TraceHeader,
    survey: Survey,
    files: PlanFiles,
    *,
    speed: float,
    report: Report = ignore,
    should_stop: ShouldStop = never,
) -> PlanFacts:
    """Write the plan of a recording into `files` and answer its facts. One streaming pass."""
    encoder = Encoder(header, survey, PlanWriter(files), speed)
    for count, operation in enumerate(operations):
        if count % _REPORT_EVERY == 0:
            stop_if_asked(should_stop)
            report(Progress("plan", count, header.operations, "operations"))
        encoder.encode(operation)
    encoder.close()
    np.save(files.deadlines, 1_000_000 * np.array(sorted(encoder.wording.deadlines_ms), dtype=np.int64))
    facts = _facts(encoder, header, survey, speed)
    files.write_facts(facts)
    return facts


def _facts(encoder: Encoder, header: TraceHeader, survey: Survey, speed: float) -> PlanFacts:
    hottest = survey.slot_operations.most_common(1)
    keyed = survey.keyed_operations
    notes = []
    if encoder.selection.folded:
        notes.append(f"{encoder.selection.folded:,} operations of databases other than 0 were replayed in database 0.")
    notes += (*encoder.pipelines.note(), *encoder.wording.stream_ids.note())
    if encoder.watched.count:
        notes.append(watched.ABORTS_UNKNOWN.format(count=encoder.watched.count))
    return PlanFacts(
        units=encoder.writer.units,
        operations=encoder.operations,
        clients=header.connections,
        duration_ns=encoder.duration_ns,
        kinds=tuple(encoder.kinds),
        not_replayed=dict(encoder.not_replayed),
        hottest_slot=hottest[0][0] if hottest else None,
        hottest_slot_share=hottest[0][1] / keyed if hottest else None,
        hottest_key_share=survey.hottest_key_operations / keyed if keyed else None,
        speed=speed,
        written_for_ms=encoder.wording.written_for_ms,
        notes=tuple(notes),
        resp3_shared=survey.clients.resp3_shared(header.connections),
        resp3_own=survey.clients.resp3_of(encoder.own_clients),
    )
