"""From a press of a button to an answer on a real engine, each step by the service its worker calls."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from planner.estimates import services as estimates
from planner.estimates.models import Estimate
from planner.jobs.models import Job
from planner.runs import services as runs
from planner.runs.cluster import Cluster
from planner.runs.models import Run
from planner.wizard import services as wizard
from tests.planner.traces.making import imported, recording


@pytest.mark.live
def test_a_recording_is_measured_and_its_waiting_estimate_answered(
    owner: User, owner_client: Client, settings: Any
) -> None:
    settings.HEADROOM_PLAYERS = 2
    trace = imported(owner, recording(400))
    estimate = estimates.create(owner=owner)
    estimates.choose_trace(estimate=estimate, trace=trace)
    run = wizard.start_run(estimate=estimate, cluster=Cluster(shards=1, replicas=1), then_answer=True)
    runs.measure_run(run_id=run.pk)
    run = Run.objects.get(pk=run.pk)
    assert (run.job.state, run.job.error) == (Job.State.DONE, "")
    assert run.measurement is not None
    written = run.measurement["data_written"]
    assert written["bytes"] + written["protocol_bytes"] == written["offset_growth_bytes"]
    assert run.measurement["memory"]["keys"] == 25
    # five connections of 80 operations, all over the same keys: three for one player, two for the other
    assert [source["operations"] for source in run.measurement["sources"]] == [240, 160]
    estimates.compute_waiting(run_id=run.pk, now=timezone.now())
    answer = Estimate.objects.get(pk=estimate.pk)
    assert answer.document is not None and answer.error == ""
    assert owner_client.get(reverse("estimates:detail", args=[answer.pk])).status_code == 200
    page = owner_client.get(reverse("runs:detail", args=[run.pk])).content.decode()
    assert "Player 2" in page and "same clock" in page
