"""What the wizard does in one go: the sample from a press of a button, a workload into a draft, a run for a draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.views.decorators.debug import sensitive_variables

from engine.comparison import BOTH
from engine.errors import InputError
from planner.estimates import services as estimates
from planner.estimates.models import Estimate
from planner.external import services as external
from planner.external.models import ExternalRun
from planner.external.wanted import Wanted
from planner.runs import services as runs
from planner.runs.cluster import Cluster
from planner.runs.models import Run
from planner.traces import services as traces


@transaction.atomic
def try_sample(*, owner: Any) -> Run:
    """The bundled sample with every answer at its default: imported, then measured, then estimated."""
    trace = traces.import_sample(owner=owner)
    estimate = estimates.create(owner=owner, name=trace.name)
    estimates.choose_trace(estimate=estimate, trace=trace)
    return start_run(estimate=estimate, cluster=Cluster(), then_answer=True)


def upload(*, estimate: Estimate, files: Sequence[traces.Arrived], options: Mapping[str, Any], now: datetime) -> None:
    """Import uploaded files, one recording together, as this draft's workload."""
    trace = traces.import_upload(owner=estimate.owner, files=files, options=options, now=now)
    estimates.choose_trace(estimate=estimate, trace=trace)


def use_sample(*, estimate: Estimate) -> None:
    """Make the bundled sample this draft's workload."""
    estimates.choose_trace(estimate=estimate, trace=traces.import_sample(owner=estimate.owner))


@transaction.atomic
def use_ready(*, estimate: Estimate, workload: str, title: str, parameters: Mapping[str, float], seed: int) -> None:
    """Have a ready workload generated for this draft."""
    trace = traces.import_generated(
        owner=estimate.owner, workload=workload, title=title, parameters=parameters, seed=seed
    )
    estimates.choose_trace(estimate=estimate, trace=trace)


@transaction.atomic
def use_numbers(*, estimate: Estimate, name: str, figures: Mapping[str, object]) -> None:
    """Take typed figures as this draft's workload. Raises InputError naming the figure that cannot be."""
    trace = traces.import_typed(owner=estimate.owner, name=name, fields=figures)
    estimates.choose_trace(estimate=estimate, trace=trace)


@transaction.atomic
def use_matching(*, estimate: Estimate, duration_s: float, seed: int) -> None:
    """Have a workload generated that matches the figures this draft has, and take that."""
    assert estimate.trace is not None
    trace = traces.import_matching(summary=estimate.trace, duration_s=duration_s, seed=seed)
    estimates.choose_trace(estimate=estimate, trace=trace)


@transaction.atomic
def start_run(*, estimate: Estimate, cluster: Cluster, then_answer: bool = False, in_both_modes: bool = False) -> Run:
    """Queue a run of the draft's recording; `then_answer` computes the answer as soon as it is done. `in_both_modes` queues
    the same in the other mode behind it."""
    assert estimate.trace is not None
    run = runs.create(owner=estimate.owner, trace=estimate.trace, cluster=cluster)
    if in_both_modes:
        runs.measure_in_other_mode(run=run)
    estimates.set_run(estimate=estimate, run=run, measure=as_typed(cluster, in_both_modes))
    if then_answer:
        estimates.wait_for_run(estimate=estimate)
    return run


@sensitive_variables()
@transaction.atomic
def start_external(*, estimate: Estimate, wanted: Wanted) -> ExternalRun:
    """Queue a run of the draft's recording on a cluster of the person's own. An earlier run of it on this machine serves for
    what cannot be measured there. Raises InputError when there is nothing to replay."""
    if estimate.trace is None:
        raise InputError("there is no recording to replay yet.")
    run = external.create(owner=estimate.owner, trace=estimate.trace, wanted=wanted)
    estimates.set_external(estimate=estimate, run=run)
    earlier = runs.visible_to(estimate.owner).filter(trace=estimate.trace, measurement__isnull=False).first()
    if estimate.run is None and earlier is not None:
        estimates.set_run(estimate=estimate, run=earlier, measure=estimate.measure)
    return run


def as_typed(cluster: Cluster, in_both_modes: bool = False) -> dict[str, Any]:
    """The cluster in JSON types, as the form starts from it."""
    return {
        "engine": cluster.engine,
        "shards": cluster.shards,
        "replicas": cluster.replicas,
        "mode": BOTH if in_both_modes else cluster.mode,
        "speed": cluster.speed,
        "ramp": cluster.ramp,
        "objective_read_ms": cluster.objective_read_ms,
        "objective_write_ms": cluster.objective_write_ms,
        "players": cluster.players,
        "zone_rtt_ms": cluster.zone_rtt_ms,
    }
