"""What the wizard does in one go: the sample from a press of a button, an upload into a draft, a run for a draft."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction

from planner.estimates import services as estimates
from planner.estimates.models import Estimate
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


def upload(*, estimate: Estimate, name: str, temporary: Path, now: datetime) -> None:
    """Import an upload as this draft's workload."""
    trace = traces.import_upload(owner=estimate.owner, name=name, temporary=temporary, now=now)
    estimates.choose_trace(estimate=estimate, trace=trace)


def use_sample(*, estimate: Estimate) -> None:
    """Make the bundled sample this draft's workload."""
    estimates.choose_trace(estimate=estimate, trace=traces.import_sample(owner=estimate.owner))


@transaction.atomic
def start_run(*, estimate: Estimate, cluster: Cluster, then_answer: bool = False) -> Run:
    """Queue a run of the draft's recording; `then_answer` computes the answer as soon as it is done."""
    assert estimate.trace is not None
    run = runs.create(owner=estimate.owner, trace=estimate.trace, cluster=cluster)
    estimates.set_run(estimate=estimate, run=run, measure=as_typed(cluster))
    if then_answer:
        estimates.wait_for_run(estimate=estimate)
    return run


def as_typed(cluster: Cluster) -> dict[str, Any]:
    """The cluster in JSON types, as the form starts from it."""
    return {
        "engine": cluster.engine,
        "shards": cluster.shards,
        "replicas": cluster.replicas,
        "mode": cluster.mode,
        "speed": cluster.speed,
    }
