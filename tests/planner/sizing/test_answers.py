"""Answers in and out, and what a wrong one is told."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from planner.sizing.answers import answers_to_json, parse_answers
from planner.sizing.model.answers import Answers


def test_no_answers_are_the_defaults() -> None:
    assert parse_answers({}) == Answers()


def test_answers_survive_json() -> None:
    answers = Answers(recording_is="average", growth_per_month=0.05, designs=("dynamodb-on-demand",))
    assert parse_answers(json.loads(json.dumps(answers_to_json(answers)))) == answers


@given(share=st.floats(0.000001, 1), months=st.integers(1, 60), replicas=st.integers(0, 5))
def test_any_answer_in_range_is_kept(share: float, months: int, replicas: int) -> None:
    found = parse_answers({"traffic_share": share, "horizon_months": months, "replicas": replicas})
    assert (found.traffic_share, found.horizon_months, found.replicas) == (share, months, replicas)


def test_numbers_may_come_as_text_from_a_form() -> None:
    assert parse_answers({"peak_to_average": "2.5", "replicas": "2"}) == Answers(peak_to_average=2.5, replicas=2)


def test_growth_of_data_alone_may_be_left_open() -> None:
    assert parse_answers({"growth_data_per_month": None}) == Answers()


def test_a_season_survives_json_and_needs_peaks_and_means() -> None:
    year = (1.0,) * 11 + (2.0,)
    answers = Answers(season_peak=year, season_mean=year)
    assert parse_answers(json.loads(json.dumps(answers_to_json(answers)))) == answers
    with pytest.raises(InputError, match="season_peak and season_mean"):
        parse_answers({"season_peak": year})


def test_a_design_named_twice_is_compared_once() -> None:
    assert parse_answers({"designs": ["memorydb-valkey", "memorydb-valkey"]}).designs == ("memorydb-valkey",)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("colour", "blue"),
        ("recording_is", "typical"),
        ("peak_to_average", 0.5),
        ("traffic_share", 0),
        ("traffic_share", 1.01),
        ("growth_per_month", float("nan")),
        ("growth_data_per_month", 1.5),
        ("growth_spread_per_month", -0.1),
        ("season_peak", [1.0] * 11),
        ("season_mean", [1.0] * 11 + [0.0]),
        ("season_mean", "none"),
        ("horizon_months", 61),
        ("horizon_months", 1.5),
        ("replicas", -1),
        ("replicas", True),
        ("replicas", None),
        ("target_utilisation", "much"),
        ("cache_share", 10**400),
        ("region", "moon-1"),
        ("region", ["us-east-1"]),
        ("read_consistency", "causal"),
        ("designs", "memorydb-valkey"),
        ("designs", []),
        ("designs", ["aurora-extra"]),
        ("designs", [7]),
    ],
)
def test_a_wrong_answer_is_named_and_told_what_was_expected(name: str, value: object) -> None:
    with pytest.raises(InputError) as told:
        parse_answers({name: value})
    assert told.value.source == name
    assert told.value.expected
