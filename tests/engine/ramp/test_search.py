"""The knee of simulated engines is found exactly: doubling, halving the gap, fixed rates, hiccups, and what ends a ramp."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.plain import from_plain, to_plain
from engine.ramp.model import ENGINE, HIGHEST, INTERRUPTED, MEMORY, PLAYER, STEPS, Played, Ramp, RampSpec
from engine.ramp.search import conclude, next_rate
from engine.ramp.verdict import judge
from tests.engine.ramp.curves import climbed, played, queueing

ONCE = RampSpec(tries=1, precision=0.01)


def asked(ramp: Ramp) -> list[float]:
    return [step.played.asked_ops_per_s for step in ramp.steps]


def test_rates_double_until_one_breaks_and_then_the_gap_is_halved() -> None:
    ramp = climbed(RampSpec(tries=1, precision=0.1), queueing(knee=10_000), first=1_000)
    assert asked(ramp) == [1_000, 2_000, 4_000, 8_000, 16_000, 12_000, 10_000, 11_000]
    assert ramp.knee_ops_per_s == 10_000
    assert ramp.knee_high_ops_per_s == 11_000
    assert ramp.limited_by == ENGINE
    assert "p99 of writes" in ramp.reason


@given(knee=st.floats(100, 500_000), first=st.floats(50, 100_000))
def test_the_knee_lies_in_the_range_and_the_range_is_as_narrow_as_asked(knee: float, first: float) -> None:
    ramp = climbed(RampSpec(tries=1, precision=0.02, most_steps=60), queueing(knee=knee), first=first)
    if knee < first / 64:
        assert ramp.knee_ops_per_s is None
        return
    if ramp.knee_ops_per_s is None:  # between the lowest rate that is looked at and the one before
        assert knee < first / 32
        return
    assert ramp.knee_high_ops_per_s is not None
    assert ramp.knee_ops_per_s * (1 - 1e-9) <= knee <= ramp.knee_high_ops_per_s * (1 + 1e-9)
    assert ramp.knee_high_ops_per_s <= ramp.knee_ops_per_s * 1.02


def test_the_same_outcomes_give_the_same_rates_again() -> None:
    assert asked(climbed(ONCE, queueing(knee=7_777), first=300)) == asked(
        climbed(ONCE, queueing(knee=7_777), first=300)
    )


def test_a_first_rate_that_breaks_is_halved_until_one_holds() -> None:
    ramp = climbed(RampSpec(tries=1, precision=0.3), queueing(knee=300), first=1_000)
    assert asked(ramp) == [1_000, 500, 250, 375, 312.5]
    assert ramp.knee_ops_per_s == 250


def test_one_hiccup_is_no_knee_and_two_are() -> None:
    hiccups = {4_000.0: 1}

    def once(rate: float) -> Played:
        if hiccups.pop(rate, 0):
            return played(rate, write_us=90_000)
        return queueing(knee=6_000)(rate)

    ramp = climbed(RampSpec(precision=0.5), once, first=2_000)
    assert asked(ramp) == [2_000, 4_000, 4_000, 8_000, 8_000, 6_000]
    assert ramp.knee_ops_per_s == 6_000


def test_fixed_rates_are_tried_lowest_first_up_to_the_first_that_breaks() -> None:
    ramp = climbed(RampSpec(tries=1, rates=(9_000, 1_000, 5_000, 20_000)), queueing(knee=6_000))
    assert asked(ramp) == [1_000, 5_000, 9_000]
    assert (ramp.knee_ops_per_s, ramp.knee_high_ops_per_s) == (5_000, 9_000)


def test_nothing_that_breaks_makes_the_highest_rate_allowed_the_limit() -> None:
    ramp = climbed(RampSpec(highest=3_000), queueing(knee=1e9), first=1_000)
    assert asked(ramp) == [1_000, 2_000, 3_000]
    assert (ramp.knee_ops_per_s, ramp.knee_high_ops_per_s, ramp.limited_by) == (3_000, None, HIGHEST)


def test_a_player_that_is_too_slow_is_said_to_be_the_limit() -> None:
    def slow_player(rate: float) -> Played:
        late = 0 if rate <= 5_000 else 2_000
        return played(rate, read_us=100, write_us=100 if not late else 50_000, service_us=100, late=late)

    ramp = climbed(ONCE, slow_player, first=1_000)
    assert ramp.limited_by == PLAYER
    assert ramp.knee_ops_per_s is not None and 4_950 <= ramp.knee_ops_per_s <= 5_000
    assert "Player too slow" in ramp.reason


def test_a_full_memory_ends_the_ramp_at_once_and_keeps_what_held() -> None:
    def full(rate: float) -> Played:
        return played(rate, out_of_memory=rate > 2_000)

    ramp = climbed(RampSpec(), full, first=1_000)
    assert asked(ramp) == [1_000, 2_000, 4_000]
    assert (ramp.knee_ops_per_s, ramp.knee_high_ops_per_s, ramp.limited_by) == (2_000, 4_000, MEMORY)


def test_steps_are_used_up() -> None:
    ramp = climbed(RampSpec(most_steps=3), queueing(knee=1e9), first=1_000)
    assert (len(ramp.steps), ramp.limited_by, ramp.knee_ops_per_s) == (3, STEPS, 4_000)


def test_an_engine_lost_on_the_way_leaves_the_steps_that_were_played() -> None:
    steps = [judge(played(1_000), ONCE.objective_us())]
    ramp = conclude(steps, ONCE, ended_by="Node 1 was ended by signal 9.")
    assert (ramp.knee_ops_per_s, ramp.limited_by, ramp.reason) == (1_000, INTERRUPTED, "Node 1 was ended by signal 9.")


def test_a_ramp_survives_json() -> None:
    ramp = climbed(ONCE, queueing(knee=5_000), first=1_000)
    assert from_plain(Ramp, to_plain(ramp)) == ramp


def test_a_rate_that_broke_once_is_tried_again_before_any_other() -> None:
    steps = [judge(played(1_000, write_us=6_000), ONCE.objective_us())]
    assert next_rate(steps, RampSpec(), 1_000) == 1_000
    assert next_rate([*steps, *steps], RampSpec(), 1_000) == 500


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        (RampSpec(read_us=0), "0 ms cannot be the read objective"),
        (RampSpec(step_s=0.01), "0.01 s cannot be the step"),
        (RampSpec(rates=(0.5,)), "0.5 cannot be the rate"),
        (RampSpec(tries=0), "0 cannot be the number of tries"),
        (RampSpec(rest_s=-1), "-1 s cannot be the rest"),
    ],
)
def test_what_cannot_be_is_refused_by_name(spec: RampSpec, words: str) -> None:
    with pytest.raises(InputError, match=words):
        spec.require_sane()
