"""A ramp on the page and in print: the same lines, the objectives, the knee, and every step in the table."""

from __future__ import annotations

import dataclasses
import json
from xml.etree import ElementTree

from engine.ramp.model import RampSpec
from engine.ramp.search import conclude
from engine.ramp.verdict import judge
from planner.reports import facts_ramp as facts
from planner.reports import print_charts
from planner.reports.content_measured import measured
from planner.reports.ramp_chart import ramp_chart
from tests.engine.ramp.curves import climbed, played, queueing
from tests.planner.reports.factories import make_document, make_measurement

RAMP = climbed(RampSpec(tries=1, precision=0.1), queueing(knee=10_000), first=8_000)


def test_the_lines_are_response_times_by_rate_with_objectives_and_knee() -> None:
    drawn = json.loads(ramp_chart(RAMP).figure_json)["data"]
    assert [line["name"] for line in drawn] == [
        "reads, p99",
        "reads, p50",
        "writes, p99",
        "writes, p50",
        "objective of reads, 2 ms",
        "objective of writes, 5 ms",
        "knee, 10,000 ops/s",
    ]
    assert drawn[0]["x"] == [8_000, 10_000, 11_000, 12_000, 16_000]
    assert drawn[2]["y"][1] == 5_000
    assert drawn[4]["y"] == [2_000, 2_000]
    assert drawn[6]["x"] == [10_000, 10_000]


def test_the_sentence_says_the_knee_the_objective_and_what_set_it() -> None:
    assert ramp_chart(RAMP).summary == (
        "10,000 ops/s is the highest rate that kept the objective (p99 of reads within 2 ms, of writes within 5 ms); the "
        "lowest that broke it was 11,000 ops/s. Found in 5 steps, limited by the engine. At 11,000 operations/s: p99 of "
        "writes 8.33 ms > 5 ms."
    )


def test_every_step_is_a_row_and_a_rate_that_held_at_last_is_drawn_as_held() -> None:
    spec = RampSpec()
    steps = [judge(played(1_000, write_us=us), spec.objective_us()) for us in (90_000, 700)]
    ramp = conclude(steps, spec)
    assert [line.values_us for line in facts.lines(ramp)][2] == (700,)
    rows = facts.ramp_facts(ramp).rows
    assert [row[-1] for row in rows] == ["did not hold. p99 of writes 90 ms > 5 ms.", "held."]


def test_a_ramp_without_steps_or_knee_is_words() -> None:
    empty = conclude((), RampSpec(), ended_by="The recording has no reads or writes that could be timed.")
    assert ramp_chart(empty).figure_json == ""
    assert "no reads or writes" in ramp_chart(empty).summary
    none = climbed(RampSpec(tries=1, rates=(1_000,)), queueing(knee=10))
    assert ramp_chart(none).summary.startswith("No rate kept the objective")
    assert "knee" not in ramp_chart(none).figure_json


def test_a_document_with_a_ramp_prints_it_and_one_without_does_not() -> None:
    document = make_document(measurement=make_measurement(ramp=RAMP))
    assert ElementTree.fromstring(print_charts.all_charts(document)["ramp"]) is not None
    assert measured(document.measurement)["ramp"][0] == ["Highest rate", "10,000 ops/s, below 11,000 ops/s (measured)"]
    assert measured(make_measurement())["ramp"] == []
    assert len(measured(document.measurement)["ramp_steps"]["rows"]) == len(RAMP.steps)
    assert measured(make_measurement())["ramp_steps"]["rows"] == []
    assert dataclasses.replace(make_measurement(), ramp=RAMP) == document.measurement
