"""An answer is computed from what was measured and answered, frozen, and computed by itself when a run ends."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.contrib.auth.models import User
from django.utils import timezone

from engine.errors import InputError
from planner.estimates import presentation, services
from planner.estimates.models import Estimate
from planner.reports import document as documents
from planner.runs.models import Run
from planner.traces import services as traces
from tests.planner.traces.making import answered, imported, measured, recording, uploaded

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def drafted(owner: User) -> Estimate:
    trace = imported(owner)
    estimate = services.create(owner=owner)
    services.choose_trace(estimate=estimate, trace=trace)
    services.set_run(estimate=estimate, run=measured(trace), measure={})
    return estimate


def test_keys_that_were_sampled_away_count_in_the_answer(owner: User) -> None:
    estimate = drafted(owner)
    assert estimate.trace is not None and estimate.trace.header is not None
    assert services.compute(estimate=estimate, now=NOW) and estimate.document is not None
    keys = estimate.document["needs"]["keys"]
    estimate.trace.header["key_sampling"] = 0.25
    assert services.compute(estimate=estimate, now=NOW) and estimate.document is not None
    assert estimate.document["needs"]["keys"] == 4 * keys


def test_an_answer_holds_what_it_rests_on_and_comes_out_the_same_twice(owner: User) -> None:
    estimate = drafted(owner)
    assert services.compute(estimate=estimate, now=NOW)
    first = estimate.document
    assert first is not None and estimate.trace is not None and estimate.trace.header is not None
    assert first["trace"]["sha256"] == estimate.trace.header["source_sha256"]
    assert first["measurement"]["engine"]["version"] == "7.2.4"
    assert services.compute(estimate=estimate, now=NOW)
    assert estimate.document == first


def test_an_answer_stays_when_its_recording_is_deleted(owner: User) -> None:
    estimate = answered(owner)
    assert estimate.trace is not None
    traces.delete(trace=estimate.trace)
    estimate = Estimate.objects.get(pk=estimate.pk)
    assert estimate.trace is None and estimate.run is None
    assert documents.from_json(estimate.document or {}).header.source_name == "shop.txt"


def test_an_estimate_without_a_measurement_says_what_is_missing(owner: User) -> None:
    estimate = services.create(owner=owner)
    assert not services.compute(estimate=estimate, now=NOW)
    assert "Workload and Measure" in estimate.error and estimate.document is None


def test_an_estimate_that_waits_is_computed_when_its_run_has_measured_and_no_other_is(owner: User) -> None:
    waiting, other = drafted(owner), drafted(owner)
    services.wait_for_run(estimate=waiting)
    for run in Run.objects.all():
        services.compute_waiting(run_id=run.pk, now=timezone.now())
    waiting.refresh_from_db()
    other.refresh_from_db()
    assert waiting.document is not None and not waiting.waiting
    assert other.document is None


def test_an_estimate_goes_on_waiting_while_its_run_has_not_measured(owner: User) -> None:
    estimate = drafted(owner)
    services.wait_for_run(estimate=estimate)
    assert estimate.run is not None
    Run.objects.filter(pk=estimate.run.pk).update(measurement=None)
    services.compute_waiting(run_id=estimate.run.pk, now=NOW)
    estimate.refresh_from_db()
    assert estimate.waiting and not estimate.error


def test_an_answer_that_is_not_acceptable_is_not_kept(owner: User) -> None:
    estimate = services.create(owner=owner)
    services.save_answers(estimate=estimate, answers={"horizon_months": 24})
    with pytest.raises(InputError, match="growth_per_month"):
        services.save_answers(estimate=estimate, answers={"growth_per_month": 7})
    estimate.refresh_from_db()
    assert estimate.answers == {"horizon_months": 24}


def test_another_recording_drops_the_run_of_the_first(owner: User) -> None:
    estimate = drafted(owner)
    services.choose_trace(estimate=estimate, trace=imported(owner))
    assert estimate.run is None


def test_the_recommended_design_comes_first_and_each_bar_has_its_ceiling(owner: User) -> None:
    document = documents.from_json(answered(owner).document or {})
    view = presentation.answer(document)
    assert view.recommended == view.designs[0]
    assert [item.recommended for item in view.designs] == [True] + [False] * 7
    for design in (each for each in view.designs if each.design.plan):
        assert [gauge.binds for gauge in design.gauges].count(True) == 1
        assert [gauge.used for gauge in design.gauges] == sorted((gauge.used for gauge in design.gauges), reverse=True)


def test_the_horizon_is_the_sum_of_its_months_without_the_present_one(owner: User) -> None:
    document = documents.from_json(answered(owner).document or {})
    total, at_least = presentation.horizon_total(document, "memorydb-valkey")
    months = [point.monthly_usd["memorydb-valkey"] for point in document.result.growth if point.month in range(1, 13)]
    assert len(months) == 12 and not at_least
    assert total == sum(bill for bill in months if bill is not None)


def test_a_draft_nobody_named_is_called_like_its_recording_and_a_named_one_keeps_its_name(owner: User) -> None:
    first, second = imported(owner), uploaded(owner, name="other.txt")
    estimate = services.create(owner=owner)
    services.choose_trace(estimate=estimate, trace=first)
    services.choose_trace(estimate=estimate, trace=second)
    assert estimate.name == "other.txt"
    services.rename(estimate=estimate, name="Mine")
    services.choose_trace(estimate=estimate, trace=first)
    assert estimate.name == "Mine"


def test_a_recording_that_spans_no_time_says_that_it_has_no_rate(owner: User) -> None:
    trace = imported(owner, recording(1))
    estimate = services.create(owner=owner)
    services.choose_trace(estimate=estimate, trace=trace)
    services.set_run(estimate=estimate, run=measured(trace), measure={})
    assert not services.compute(estimate=estimate, now=NOW)
    assert "spans no time" in estimate.error


def test_an_answer_that_fails_unforeseen_ends_the_waiting_with_a_sentence(owner: User) -> None:
    estimate = drafted(owner)
    services.wait_for_run(estimate=estimate)
    assert estimate.trace is not None and estimate.run is not None
    estimate.trace.items = {"writes": "many"}
    estimate.trace.save(update_fields=["items"])
    services.compute_waiting(run_id=estimate.run.pk, now=NOW)
    estimate.refresh_from_db()
    assert not estimate.waiting and "Headroom itself failed here" in estimate.error
