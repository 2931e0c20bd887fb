"""Growth of data and traffic apart, and the season: by hand for a few months, in general for all."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from planner.sizing.growth import Growth, at_month, grown, high_growth, likely_growth, low_growth, path
from planner.sizing.model.answers import Answers
from planner.sizing.model.needs import Needs
from planner.sizing.needs import needs_of
from tests.planner.sizing.factories import make_curve, make_items, make_measurement

STILL = Growth(0.0, 0.0)
FLAT = (1.0,) * 12
DECEMBER = (*(1.0,) * 11, 3.0)


def needs() -> Needs:
    return needs_of(make_measurement(), make_items(), make_curve(), Answers())


def test_data_and_traffic_grow_alike_where_nothing_else_was_said() -> None:
    assert likely_growth(Answers(growth_per_month=0.05)) == Growth(0.05, 0.05)


def test_either_may_grow_by_a_rate_of_its_own() -> None:
    assert likely_growth(Answers(growth_per_month=0.05, growth_data_per_month=0.0)) == Growth(0.0, 0.05)
    assert likely_growth(Answers(growth_traffic_per_month=0.02)) == Growth(0.0, 0.02)


def test_low_and_high_growth_lie_the_spread_apart_but_growth_does_not_turn_into_shrinking() -> None:
    answers = Answers(growth_data_per_month=0.05, growth_traffic_per_month=0.01, growth_spread_per_month=0.02)
    low, high = low_growth(answers), high_growth(answers)
    assert [low.data, low.traffic] == pytest.approx([0.03, 0.0])
    assert [high.data, high.traffic] == pytest.approx([0.07, 0.03])
    assert low_growth(Answers(growth_per_month=-0.05)).data == pytest.approx(-0.07)


def test_after_two_months_data_and_traffic_have_grown_by_their_own_rates() -> None:
    now = needs()
    then = at_month(now, Growth(0.1, 0.2), Answers(), 2, 1)
    assert then.memory_bytes == round(now.memory_bytes * 1.21)
    assert then.peak_reads_per_s == pytest.approx(600 * 1.44)
    assert then.replicated_bytes_per_s_average == pytest.approx(now.replicated_bytes_per_s_average * 1.44)


def test_a_season_moves_peaks_and_means_against_the_month_that_was_measured() -> None:
    answers = Answers(season_peak=DECEMBER, season_mean=(*(1.0,) * 11, 1.5))
    now = needs()
    months = path(now, STILL, answers, 12, start_month=11)
    assert months[0] is now
    assert months[1].peak_reads_per_s == pytest.approx(now.peak_reads_per_s * 3)
    assert months[1].average_writes_per_s == pytest.approx(now.average_writes_per_s * 1.5)
    assert months[1].items.reads_per_s == pytest.approx(now.items.reads_per_s * 1.5)
    assert months[1].memory_bytes == now.memory_bytes
    assert months[2].peak_reads_per_s == pytest.approx(now.peak_reads_per_s)
    assert months[12] == now


def test_measured_in_december_the_other_months_need_a_third() -> None:
    answers = Answers(season_peak=DECEMBER, season_mean=FLAT)
    assert at_month(needs(), STILL, answers, 1, 12).peak_reads_per_s == pytest.approx(200)


def test_months_without_growth_or_season_are_one_object() -> None:
    now = needs()
    assert all(one is now for one in path(now, STILL, Answers(), 24, 5))


@given(rate=st.floats(-0.5, 1.0), month=st.integers(0, 60))
def test_equal_rates_are_the_same_as_growing_everything_by_one_factor(rate: float, month: int) -> None:
    assert at_month(needs(), Growth(rate, rate), Answers(), month, 3) == grown(needs(), (1 + rate) ** month)


@given(answers=st.builds(replace, st.just(Answers()), growth_per_month=st.floats(-0.5, 1.0)))
def test_low_growth_is_never_above_high_growth(answers: Answers) -> None:
    low, likely, high = low_growth(answers), likely_growth(answers), high_growth(answers)
    assert low.data <= likely.data <= high.data
    assert low.traffic <= likely.traffic <= high.traffic
