"""Two runs of one recording as one measurement: latency from there, all else from here."""

from __future__ import annotations

from dataclasses import replace

import pytest

from engine import external_measurement, measurement
from engine.errors import InputError
from engine.external_combined import combined
from engine.measurement import Series
from planner.reports.facts_measured import latency_facts
from planner.sizing.assumptions import _elsewhere
from tests.planner.external.making import made
from tests.planner.sizing.factories import make_measurement

LOCAL = replace(
    make_measurement(), speed=1.0, series=Series((100, 90, 80), (1.0, 1.0, 1.0), (2.0, 2.0, 2.0), (10, 20, 30))
)


def test_latency_is_theirs_with_its_seconds_and_bytes_are_ours() -> None:
    there = made(LOCAL.trace_sha256)
    both = combined(LOCAL, there)
    assert (both.latency_us, both.valid_for_latency) == (there.latency_us, there.valid_for_latency)
    assert both.series == Series((100, 90, 80), (200.0, 210.0, None), (900.0, 950.0, None), (10, 20, 30))
    assert (both.memory, both.data_written, both.cpu) == (LOCAL.memory, LOCAL.data_written, LOCAL.cpu)
    assert both.latency_from is not None and both.latency_from.shards == 2
    assert measurement.from_json(measurement.to_json(both)) == both


def test_seconds_of_runs_at_other_speeds_are_not_mixed() -> None:
    both = combined(LOCAL, made(LOCAL.trace_sha256, speed=2.0))
    assert both.series.response_p99_us == (None, None, None)


def test_runs_of_different_recordings_and_silent_clusters_are_refused() -> None:
    with pytest.raises(InputError, match="different recordings"):
        combined(LOCAL, made("b" * 64))
    with pytest.raises(InputError, match="nothing was answered"):
        combined(LOCAL, made(LOCAL.trace_sha256, latency_us={}))


def test_each_figure_says_where_it_was_measured() -> None:
    notes = {each.name: each for each in _elsewhere(combined(LOCAL, made(LOCAL.trace_sha256)))}
    assert notes["Latency"].value.startswith(
        "of rediss://shop:***@192.0.2.7:6379: valkey 7.2.6, 2 shards with 2 replicas"
    )
    assert [each.tag for each in notes.values()] == ["measured", "measured", "assumed"]
    assert list(_elsewhere(LOCAL)) == []


def test_a_measurement_from_there_survives_json_and_others_are_refused() -> None:
    there = made()
    assert external_measurement.from_json(external_measurement.to_json(there)) == there
    for wrong in (
        {},
        {**external_measurement.to_json(there), "kind": "other"},
        {**external_measurement.to_json(there), "x": 1},
    ):
        with pytest.raises(InputError):
            external_measurement.from_json(wrong)


def test_what_is_drawn_and_printed_of_the_latency_names_the_cluster() -> None:
    both = combined(LOCAL, made(LOCAL.trace_sha256))
    assert latency_facts(both).summary.endswith(" Measured on rediss://shop:***@192.0.2.7:6379.")
    assert "Measured on" not in latency_facts(LOCAL).summary
