"""Data written as the system's own metrics tell it, and bursts of 10 ms against what a shard may write."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from engine.measurement import WrittenPrediction
from engine.traces.summaries.shape import WorkloadShape
from planner.sizing.model.answers import Answers
from planner.sizing.model.clusters import Plan
from planner.sizing.model.needs import RecordedWrites
from planner.sizing.needs import needs_of
from planner.sizing.recommend import estimate
from planner.sizing.writes import burst_bytes, burst_flags, recorded_writes, with_recorded
from tests.planner.sizing.factories import make_curve, make_data_written, make_items, make_measurement

NEEDS = needs_of(make_measurement(), make_items(), make_curve(), Answers())
PLAN = Plan("db.r7g.large", 1, 1, "cpu", {})
CAP = 100_000_000
METRICS = RecordedWrites(1_000_000.0, 4_000_000.0, "recorded", "CloudWatch ReplicationBytes")


def test_a_summary_without_replication_tells_nothing() -> None:
    assert recorded_writes(None) is None
    assert recorded_writes(WorkloadShape(source="cloudwatch")) is None


def test_a_summary_with_it_tells_average_peak_and_tag() -> None:
    shape = WorkloadShape(
        source="cloudwatch",
        replication_bytes_per_s=1_000_000.0,
        replication_peak_bytes_per_s=4_000_000.0,
        tags={"replication_bytes_per_s": "recorded"},
    )
    assert recorded_writes(shape) == METRICS
    assert recorded_writes(shape.to_json()) == METRICS


def test_recorded_writes_stand_in_for_the_replays_and_nothing_else_changes() -> None:
    found = with_recorded(NEEDS, METRICS)
    assert (found.replicated_bytes_per_s_average, found.replicated_bytes_per_s_peak) == (1_000_000, 4_000_000)
    assert replace(found, replicated_bytes_per_s_average=0, replicated_bytes_per_s_peak=0) == replace(
        NEEDS, replicated_bytes_per_s_average=0, replicated_bytes_per_s_peak=0
    )
    assert with_recorded(NEEDS, None) is NEEDS


def test_without_a_recorded_peak_it_is_as_steep_as_the_replays() -> None:
    assert NEEDS.replicated_bytes_per_s_peak == 2 * NEEDS.replicated_bytes_per_s_average
    assert with_recorded(NEEDS, replace(METRICS, peak_bytes_per_s=None)).replicated_bytes_per_s_peak == 2_000_000


def test_the_bill_counts_recorded_bytes_and_the_assumptions_say_so() -> None:
    found = estimate(
        measurement=make_measurement(), items=make_items(), hit_curve=make_curve(), answers=Answers(),
        as_of=date(2026, 3, 1), recorded_writes=METRICS,
    )  # fmt: skip
    redis = next(design for design in found.designs if design.id == "memorydb-redis")
    written = next(line for line in redis.lines if line.name.startswith("Data written"))
    assert written.quantity == 2628  # 1 MB/s x 2,628,000 s
    told = next(item for item in found.assumptions if item.name == "Data written, by the system's own metrics")
    assert (told.tag, told.source) == ("recorded", "CloudWatch ReplicationBytes")
    assert told.value.startswith("1.000 MB/s on average, 4.000 MB/s in the busiest period")


def test_the_recordings_own_burst_is_taken_before_what_a_busy_machine_sent_at_once() -> None:
    plain = make_measurement(data_written=make_data_written(bytes_peak_10ms=300_000))  # on one of two shards
    assert burst_bytes(plain, 1.0) == 600_000
    predicted = replace(plain, written_predicted=WrittenPrediction("valkey-9", 1, 1, 250_000, 0, {}))
    assert burst_bytes(predicted, 0.5) == 500_000
    assert burst_bytes(make_measurement(), 1.0) is None


def test_a_burst_beyond_the_cap_is_a_wait_and_below_it_nothing() -> None:
    burst = replace(NEEDS, replicated_burst_bytes=3_000_000)
    [flag] = burst_flags(PLAN, CAP, burst)
    assert "3.0 MB within 10 ms" in flag and "about 20 ms more" in flag
    assert burst_flags(replace(PLAN, shards=3), CAP, burst) == ()
    assert burst_flags(PLAN, None, burst) == burst_flags(None, CAP, burst) == burst_flags(PLAN, CAP, NEEDS) == ()


@pytest.mark.parametrize("size", [999_999, 1_000_000])
def test_what_fits_into_ten_milliseconds_is_not_flagged(size: int) -> None:
    assert burst_flags(PLAN, CAP, replace(NEEDS, replicated_burst_bytes=size)) == ()
