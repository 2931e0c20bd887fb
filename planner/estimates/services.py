"""What can happen to an estimate: it is drafted, filled in, computed and frozen, renamed, deleted. Its only writer."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from engine import measurement as measurements
from engine.errors import HeadroomError, InputError
from engine.external_combined import combined
from engine.traces.hit_rate import HitRatePoint
from engine.traces.items import ItemStatistics
from engine.traces.model import TraceHeader
from planner.estimates.models import Estimate
from planner.external import services as external_runs
from planner.external.models import ExternalRun
from planner.reports import document as documents
from planner.reports.document import EstimateDocument
from planner.reports.records import decode
from planner.runs.models import Run
from planner.sizing.answers import parse_answers
from planner.sizing.recommend import estimate as recommend
from planner.sizing.writes import recorded_writes
from planner.traces.models import Trace

UNTITLED = "Untitled estimate"
logger = logging.getLogger(__name__)


def visible_to(owner: Any) -> QuerySet[Estimate]:
    """The estimates of one person, latest touched first."""
    return Estimate.objects.filter(owner=owner).select_related(
        "trace", "trace__job", "run", "run__job", "external", "external__job"
    )


def create(*, owner: Any, name: str = UNTITLED) -> Estimate:
    """A new draft, every step at its default."""
    return Estimate.objects.create(owner=owner, name=name)


def rename(*, estimate: Estimate, name: str) -> None:
    """Give it another name; the frozen answer carries the new one too."""
    estimate.name = name
    if estimate.document is not None:
        estimate.document = {**estimate.document, "name": name}
    estimate.save(update_fields=["name", "document", "updated_at"])


def choose_trace(*, estimate: Estimate, trace: Trace) -> None:
    """Set the workload; a run of another recording is no longer this estimate's. A draft nobody named takes its name."""
    if estimate.trace_id != trace.id:
        estimate.run = estimate.external = None
    if estimate.name in (UNTITLED, estimate.trace and estimate.trace.name):
        estimate.name = trace.name
    estimate.trace = trace
    estimate.save(update_fields=["trace", "run", "external", "name", "updated_at"])


def set_run(*, estimate: Estimate, run: Run, measure: Mapping[str, Any]) -> None:
    """Set the run that the answer will rest on, and keep what was typed to start it."""
    estimate.run = run
    estimate.measure = dict(measure)
    estimate.save(update_fields=["run", "measure", "updated_at"])


def set_external(*, estimate: Estimate, run: ExternalRun) -> None:
    """Set the run on a cluster of the person's own, whose latencies the answer takes over."""
    estimate.external = run
    estimate.save(update_fields=["external", "updated_at"])


def save_measure(*, estimate: Estimate, measure: Mapping[str, Any]) -> None:
    """Keep what was typed in the step Measure."""
    estimate.measure = dict(measure)
    estimate.save(update_fields=["measure", "updated_at"])


def save_answers(*, estimate: Estimate, answers: Mapping[str, Any]) -> None:
    """Keep the answers of a step beside those of the others. Raises InputError when one is not acceptable."""
    together = {**estimate.answers, **answers}
    parse_answers(together)
    estimate.answers = together
    estimate.save(update_fields=["answers", "updated_at"])


def wait_for_run(*, estimate: Estimate) -> None:
    """Compute the answer as soon as the run is done."""
    estimate.waiting = True
    estimate.error = ""
    estimate.save(update_fields=["waiting", "error", "updated_at"])


def compute_waiting(*, run_id: UUID, now: datetime) -> None:
    """Compute every estimate that waits for this run, if it has measured."""
    for estimate in Estimate.objects.filter(run_id=run_id, waiting=True, run__measurement__isnull=False):
        compute(estimate=estimate, now=now)


def compute(*, estimate: Estimate, now: datetime) -> bool:
    """Compute and freeze the answer. False when it cannot be computed; the reason is then in `error`."""
    try:
        estimate.document = documents.to_json(_document(estimate, now))
        estimate.error = ""
    except HeadroomError as error:
        estimate.error = str(error)
    except Exception as error:  # a page that waits for the answer must be told, whatever it was
        logger.exception("An estimate could not be computed for a reason nobody foresaw.")
        estimate.error = f"Headroom itself failed here ({type(error).__name__}: {error}). The log has the details."
    estimate.waiting = False
    estimate.save(update_fields=["document", "error", "waiting", "updated_at"])
    return not estimate.error


def delete(*, estimate: Estimate) -> None:
    """Delete an estimate; the recording and the run stay."""
    estimate.delete()


def _document(estimate: Estimate, now: datetime) -> EstimateDocument:
    trace, run = estimate.trace, estimate.run
    if trace is None or not trace.is_ready or run is None or run.measurement is None:
        raise InputError("the estimate has no measurement yet.", remedy="Finish the steps Workload and Measure first.")
    found = measurements.from_json(run.measurement)
    there = external_runs.measurement_of(estimate.external) if estimate.external is not None else None
    if there is not None:
        found = combined(found, there)
    header = decode(TraceHeader, trace.header)
    result = recommend(
        measurement=found,
        items=decode(ItemStatistics, trace.items),
        hit_curve=tuple(decode(HitRatePoint, point) for point in trace.hit_curve or ()),
        answers=parse_answers(estimate.answers),
        as_of=now.date(),
        key_sampling=header.key_sampling,
        recorded_writes=recorded_writes((trace.recipe or {}).get("shape")),
    )
    return EstimateDocument(
        name=estimate.name,
        created=now.replace(microsecond=0),
        result=result,
        header=header,
        profile=documents.summarise_profile(trace.profile or {}),
        measurement=found,
    )
