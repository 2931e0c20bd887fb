"""The work of an import, in a worker: a trace is read or generated and looked into, a summary becomes a profile.

Everything reports its progress under the import's own phase names and stops when asked to.
"""

from __future__ import annotations

import logging
from typing import Any

from django.conf import settings

from engine.cluster.binaries import choose
from engine.errors import HeadroomError
from engine.progress import Progress, Report, ShouldStop, under
from engine.replay.privileges_check import check_privileges
from engine.replication.prediction import predict
from engine.traces.hit_rate import hit_curve
from engine.traces.items import item_load
from engine.traces.model import TraceHeader
from engine.traces.privileges import GroupPrivileges, privileges
from engine.traces.profile import profile
from engine.traces.reading import read_recording
from engine.traces.summaries.profile import shape_profile
from engine.traces.summaries.reading import MAX_SUMMARY_BYTES, is_summary, read_summary
from engine.traces.summaries.shape import WorkloadShape
from planner.reports.facts_predicted import KEY
from planner.reports.records import encode
from planner.traces.models import Trace
from planner.traces.workloads import make, reading_options

MOST_PREDICTED = 200_000  # operations: some four seconds
logger = logging.getLogger(__name__)


def bring_in(trace: Trace, report: Report, should_stop: ShouldStop) -> None:
    """Fill the trace's columns and, unless it is a summary, write its trace file. Raises InputError or Cancelled."""
    if trace.origin == Trace.Origin.TYPED:
        _keep_shape(trace, WorkloadShape.from_json(trace.shape or {}))
    elif trace.origin == Trace.Origin.UPLOAD and _holds_figures(trace):
        report(Progress("read", 0, None, "files"))
        _keep_shape(trace, read_summary(trace.sources, seconds_between=reading_options(trace).duration_s))
    else:
        trace.path.parent.mkdir(parents=True, exist_ok=True)
        header = _header(trace, report, should_stop)
        _look_into(trace, header, report, should_stop)


def _holds_figures(trace: Trace) -> bool:
    """Asked of small uploads only: a summary never is large, and to look into a large archive takes as long as reading it."""
    together = sum(path.stat().st_size for path in trace.upload_paths if path.exists())
    return together <= MAX_SUMMARY_BYTES and is_summary(trace.sources)


def _keep_shape(trace: Trace, shape: WorkloadShape) -> None:
    trace.shape = shape.to_json()
    trace.profile = shape_profile(shape).to_json()
    trace.save(update_fields=["shape", "profile"])


def _header(trace: Trace, report: Report, should_stop: ShouldStop) -> TraceHeader:
    if trace.recipe is not None:
        return make(trace.recipe, trace.path, report=under("generate", report), should_stop=should_stop)
    return read_recording(
        trace.sources,
        trace.path,
        source_name=trace.name,
        options=reading_options(trace),
        report=under("read", report),
        should_stop=should_stop,
    )


def _look_into(trace: Trace, header: TraceHeader, report: Report, should_stop: ShouldStop) -> None:
    found = profile(trace.path, report=under("profile", report), should_stop=should_stop)
    rights = _tried(privileges(trace.path, report=under("privileges", report), should_stop=should_stop))
    items = item_load(trace.path, report=under("items", report), should_stop=should_stop)
    curve = hit_curve(trace.path, report=under("hit rate", report), should_stop=should_stop)
    written = _predicted(trace, header, report, should_stop)
    trace.header, trace.profile = encode(header), {**found.to_json(), KEY: written}
    trace.privileges = [group.to_json() for group in rights]
    trace.items, trace.hit_curve = encode(items), encode(tuple(curve))
    trace.save(update_fields=["header", "profile", "privileges", "items", "hit_curve"])


def _predicted(trace: Trace, header: TraceHeader, report: Report, should_stop: ShouldStop) -> dict[str, Any] | None:
    """Data written as the commands make one expect it; None for a snapshot and for what takes long to look through."""
    if not 0 < header.operations <= MOST_PREDICTED:
        return None
    return predict(trace.path, report=under("predict", report), should_stop=should_stop).to_json()


def _tried(groups: tuple[GroupPrivileges, ...]) -> tuple[GroupPrivileges, ...]:
    """The rights with what a real server says of them; without that where no engine here can say."""
    try:
        return groups and check_privileges(groups, choose(settings.HEADROOM_ENGINE))
    except HeadroomError as error:
        logger.warning("Access rights were not tried on a server: %s", error)
    except Exception:  # a server that dies on the way is no reason to refuse the recording
        logger.exception("Access rights could not be tried on a server.")
    return groups
