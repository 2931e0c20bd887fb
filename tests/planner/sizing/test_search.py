"""Searching all months and designs at once gives exactly what sizing one by one gives."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from planner.pricing import designs
from planner.sizing import search
from planner.sizing.bill import size
from planner.sizing.growth import grown, scaled, scaled_data
from planner.sizing.model import Answers, Needs, Vectors
from planner.sizing.needs import needs_of
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

EVERY = designs.available()


def needs(answers: Answers) -> Needs:
    return needs_of(make_measurement(), make_items(), make_curve(), answers)


def by_month(answers: Answers, months: int) -> tuple[Needs, ...]:
    return tuple(grown(needs(answers), (1 + answers.growth_per_month) ** month) for month in range(months + 1))


def test_every_design_of_every_month_is_as_if_sized_alone() -> None:
    answers = Answers(growth_per_month=0.4, cache_share=0.5)
    run = by_month(answers, 9)
    found = search.months(EVERY, run, answers)
    assert list(found) == list(EVERY)
    for design_id in EVERY:
        assert found[design_id] == tuple(size(design_id, each, answers) for each in run)


def test_months_that_are_equal_are_sized_once() -> None:
    now = needs(Answers())
    first, second = search.months(["memorydb-valkey"], [now, now], Answers())["memorydb-valkey"]
    assert first is second


def test_quantities_and_amounts_are_decimals() -> None:
    for (sized,) in search.months(EVERY, [needs(Answers())], Answers()).values():
        assert sized.quote is not None, sized.reason
        assert {type(line.quantity) for line in sized.quote.lines} == {Decimal}
        assert {type(line.amount) for line in sized.quote.lines if line.amount is not None} <= {Decimal}


def test_what_fits_nowhere_says_why_in_every_design() -> None:
    huge = scaled(scaled_data(needs(Answers()), 1e9), operations=1e7, written=1e7)
    for design_id, (sized,) in search.months(EVERY, [huge], Answers()).items():
        assert sized == size(design_id, huge, Answers())
        assert (sized.quote is None) == bool(sized.reason)


ANSWERS = st.builds(
    Answers,
    region=st.sampled_from(["us-east-1", "eu-west-1", "ap-northeast-2", "sa-east-1"]),
    replicas=st.integers(0, 5),
    survive=st.sampled_from(["auto", "none", "node", "zone"]),
    stale_reads=st.booleans(),
    data_tiering=st.booleans(),
    vectors=st.sampled_from([None, None, Vectors(1_000_000, 768)]),
    target_utilisation=st.sampled_from([0.5, 0.7]),
    memory_headroom=st.sampled_from([0.0, 0.2]),
    cache_share=st.sampled_from([0.1, 0.5, 1.0]),
    snapshot_retention_days=st.integers(0, 3),
    read_consistency=st.sampled_from(["eventual", "strong"]),
)


@settings(max_examples=15, deadline=None)
@given(
    answers=ANSWERS,
    data=st.floats(0.01, 1e6),
    operations=st.floats(0.01, 2e4),
    written=st.floats(0.01, 1e4),
    hot=st.sampled_from([None, 0.01, 0.3]),
    connections=st.sampled_from([None, 500, 70_000]),
)
def test_any_load_and_answers_are_as_if_sized_alone(
    answers: Answers, data: float, operations: float, written: float, hot: float | None, connections: int | None
) -> None:
    plain = replace(needs(answers), hottest_slot_share=hot, connections=connections)
    run = (scaled(scaled_data(plain, data), operations=operations, written=written), plain)
    found = search.months(EVERY, run, answers)
    for design_id in EVERY:
        assert found[design_id] == tuple(size(design_id, each, answers) for each in run)
