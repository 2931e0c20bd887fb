"""What is said of a replay in bad weather, from clocks and records made by hand."""

from __future__ import annotations

from dataclasses import asdict

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine import weather
from engine.measurement import Validity
from engine.plain import from_plain, to_plain
from engine.replay.clock_watch import STEP_NS, ClockWatch, Jump, Reading
from engine.replay.incidents import judged, notes, too_slow, unanswered
from engine.replay.pace import Pace, pace
from engine.stats.summary import Records
from engine.weather import Incident

S = 1_000_000_000
VALID = Validity(True, "nothing was late")


def records(due_s: list[float], late_ms: list[float]) -> Records:
    due = (np.array(due_s) * S).astype(np.int64)
    sent = due + (np.array(late_ms) * 1_000_000).astype(np.int64) + 1
    return Records(due, sent, sent + 1, np.zeros(len(due), dtype=np.int16), np.ones(len(due), dtype=np.bool_))


def watched(readings: list[tuple[int, int]]) -> list[Jump]:
    """Readings as (monotonic, wall) in ns."""
    waiting = iter(readings)
    watch = ClockWatch(lambda: Reading(*next(waiting)))
    for _ in readings:
        watch.look()
    return watch.jumps


def test_a_clock_that_is_set_forward_or_back_is_a_jump_by_so_much() -> None:
    assert watched([(0, 100 * S), (S, 101 * S), (2 * S, 107 * S), (3 * S, 108 * S)]) == [Jump(2 * S, 5 * S)]
    assert watched([(0, 100 * S), (S, 41 * S)]) == [Jump(S, -60 * S)]


@given(st.lists(st.integers(-STEP_NS // 2, STEP_NS // 2), max_size=20))
def test_clocks_that_differ_by_less_than_a_tenth_of_a_second_have_not_jumped(noise: list[int]) -> None:
    assert watched([(n * S, (100 + n) * S + off) for n, off in enumerate([0, *noise])]) == []


def test_a_reading_that_took_long_proves_no_jump() -> None:
    readings = iter([Reading(0, 0), Reading(S, S + 2 * STEP_NS, width_ns=3 * STEP_NS)])
    watch = ClockWatch(lambda: next(readings))
    watch.look()
    watch.look()
    assert watch.jumps == []


def test_the_clocks_of_this_machine_stand_still_against_each_other() -> None:
    watch = ClockWatch()
    for _ in range(100):
        watch.look()
    assert watch.jumps == []


def test_a_jump_forward_spoils_what_times_to_live_decide_and_not_latency() -> None:
    jumped = weather.clock_jumped(1.5, 60.0)
    assert jumped.seen == "This machine's clock jumped 60.00 s forward, 1.50 s into the replay."
    assert "expired that much earlier" in jumped.means
    assert judged(VALID, [jumped]) == VALID
    assert notes([jumped]) == (jumped.sentence,)


def test_the_kept_pace_is_the_busiest_second_in_which_at_most_one_in_a_hundred_left_late() -> None:
    quiet, busy = [n / 50 for n in range(50)], [1 + n / 200 for n in range(200)]
    last = [2.0]  # not a whole second: left out
    late = [0.0] * 50 + [5.0] * 3 + [0.0] * 197 + [0.0]
    assert pace(records(quiet + busy + last, late)) == Pace(peak=200, kept=50)


def test_a_player_that_was_too_slow_says_the_rate_and_the_speed_at_which_it_would_not_be() -> None:
    quiet, busy = [n / 50 for n in range(50)], [1 + n / 200 for n in range(200)]
    [found] = too_slow(records([*quiet, *busy, 2.0], [0.0] * 50 + [5.0] * 200 + [0.0]), speed=2.0)
    assert (found.kind, found.spoils, found.fatal) == (weather.PLAYER_SLOW, (weather.LATENCY,), False)
    assert "Up to 50 a second left in time." in found.seen
    assert "valid at up to 50 operations a second: at speed 0.5, or with more player processes" in found.remedy
    assert not judged(VALID, [found]).ok
    assert notes([found]) == ()


def test_a_player_that_never_kept_the_pace_promises_no_speed() -> None:
    [found] = too_slow(records([n / 100 for n in range(200)], [5.0] * 200), speed=1.0)
    assert "Up to" not in found.seen
    assert found.remedy.startswith("Replay at a lower speed")


def test_what_was_never_answered_makes_latency_not_valid_unless_it_may_block() -> None:
    played = records([0.1, 0.2, 0.3], [0.0] * 3)
    played.done_ns[1:] = 0
    played.timed[2] = False
    [found] = unanswered(played)
    assert found.seen == "Commands and transactions that were sent and never answered: 1."
    assert not judged(VALID, [found]).ok
    assert unanswered(records([0.1], [0.0])) == []


def test_one_in_a_hundred_may_be_late() -> None:
    assert too_slow(records([n / 100 for n in range(100)], [5.0] + [0.0] * 99), speed=1.0) == []


@given(st.floats(0.001, 1000), st.floats(1, 1e6), st.floats(1, 1e6))
def test_the_speed_that_is_advised_is_never_above_the_one_that_was_kept(speed: float, kept: float, peak: float) -> None:
    said = weather.player_slow(0.5, kept, peak, speed).remedy
    advised = float(said.split("at speed ")[1].split(",")[0])
    assert 0 < advised <= speed * min(kept / peak, 1) * (1 + 1e-5)


@pytest.mark.parametrize(
    "incident",
    [
        weather.primary_died(weather.node("primary", 0), "It ended.", 1.0),
        weather.replica_died(weather.node("replica", 1), "It ended.", None),
        weather.replica_disk_full(weather.node("replica", 1), "It ended.", 1.0),
        weather.never_answered(3),
        weather.disk_full("The folder of the run", "No space left on device.", None),
        weather.out_of_memory("", "OOM.", 2.0),
        weather.evicted(weather.node("primary", 0), 12, 1 << 20, "allkeys-lru"),
        weather.connection("", "Refused.", None),
        weather.slow_node(weather.node("primary", 0), 1.0, 2.0),
        weather.given_up(weather.node("primary", 0), 1.0, 30.0),
        weather.clock_jumped(1.0, -1.0),
        weather.player_slow(0.2, None, 100.0, 1.0),
        weather.other("Something.", None),
    ],
)
def test_every_state_says_what_was_seen_what_it_means_and_what_to_do_and_stands_in_json(incident: Incident) -> None:
    assert incident.kind in weather.KINDS
    assert incident.seen and incident.means and incident.remedy and incident.spoils
    assert incident.fatal == ("ended here" in incident.means)
    assert from_plain(Incident, to_plain(incident)) == incident
    assert asdict(incident)["spoils"] == incident.spoils
