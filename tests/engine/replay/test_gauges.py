"""What a page shows while a replay runs."""

from __future__ import annotations

from engine.replay.gauges import gauges_of

SAID = {
    "answered": 50,
    "response_p50_us": 120.5,
    "response_p99_us": None,
    "late": 1,
    "dropped": 0,
    "errors": 2,
    "now_ns": 1_500_000_000,
}


def test_rates_are_of_half_a_second_and_what_is_not_known_is_left_out() -> None:
    assert gauges_of(SAID, 2_000_000_000, used_bytes=None) == {
        "ops_per_s": 100.0,
        "response_p50_us": 120.5,
        "late": 1.0,
        "dropped": 0.0,
        "errors": 2.0,
        "time_left_s": 0.5,
    }


def test_a_replay_that_is_past_its_end_has_no_time_left() -> None:
    assert gauges_of(SAID, 1_000_000_000, used_bytes=7)["time_left_s"] == 0.0
    assert gauges_of(SAID, 1_000_000_000, used_bytes=7)["used_bytes"] == 7.0
    assert "time_left_s" not in gauges_of(SAID)
