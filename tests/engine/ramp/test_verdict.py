"""When a step holds, and who is to blame when it does not."""

from __future__ import annotations

from engine.ramp.model import ENGINE, MACHINE, MEMORY, PLAYER, TOO_FEW, Played, RampStep
from engine.ramp.verdict import judge
from tests.engine.ramp.curves import played

OBJECTIVE = {"read": 2_000.0, "write": 5_000.0}


def verdict(step: Played) -> RampStep:
    return judge(step, OBJECTIVE)


def test_a_step_holds_up_to_its_objective_exactly() -> None:
    assert verdict(played(1_000, read_us=2_000, write_us=5_000)).held
    assert not verdict(played(1_000, read_us=2_001)).held
    assert not verdict(played(1_000, write_us=5_001)).held


def test_what_broke_is_said_with_its_figures() -> None:
    step = verdict(played(1_000, read_us=2_340, write_us=7_100))
    assert (step.limit, step.why) == (ENGINE, "p99 of reads 2.34 ms > 2 ms, p99 of writes 7.1 ms > 5 ms.")


def test_operations_sent_late_and_answered_in_time_are_the_players_fault() -> None:
    step = verdict(played(1_000, read_us=9_000, write_us=9_000, service_us=300, late=101))
    assert (step.held, step.limit) == (False, PLAYER)
    assert "1.0% of the operations were sent more than 1 ms late" in step.why
    assert "not the engine's knee" in step.why


def test_time_lost_before_sending_is_never_the_engines_knee() -> None:
    step = verdict(played(1_000, read_us=2_500, service_us=300, late=90))
    assert step.limit == PLAYER
    assert "p99 of reads 2.5 ms > 2 ms, lost before they were sent" in step.why


def test_operations_held_up_by_answers_they_wait_for_are_not_the_players_fault() -> None:
    step = verdict(played(1_000, write_us=9_000, service_us=300, held=101))
    assert (step.limit, step.why) == (ENGINE, "p99 of writes 9 ms > 5 ms.")
    assert verdict(played(1_000, held=5_000)).held
    assert verdict(played(1_000, held=5_000, late=101)).limit == PLAYER


def test_one_operation_in_a_hundred_may_be_late() -> None:
    assert verdict(played(1_000, late=100)).held
    assert not verdict(played(1_000, late=101)).held


def test_a_slow_engine_makes_operations_wait_and_is_still_the_one_to_blame() -> None:
    step = verdict(played(1_000, write_us=9_000, late=5_000, player_busy=0.5, engine_busy=0.99))
    assert step.limit == ENGINE


def test_a_player_without_time_to_spare_is_to_blame_when_the_engine_has_some() -> None:
    step = verdict(played(1_000, write_us=9_000, late=5_000, player_busy=0.97, engine_busy=0.6))
    assert step.limit == PLAYER


def test_a_machine_that_wakes_threads_late_is_to_blame_before_anybody_else() -> None:
    step = verdict(played(1_000, read_us=9_000, late=5_000, player_busy=0.97, machine_p99_us=5_660))
    assert (step.held, step.limit) == (False, MACHINE)
    assert step.why == (
        "p99 of reads 9 ms > 2 ms, on a machine that woke a waiting thread 5.66 ms late (p99): too busy to judge an engine."
    )
    assert verdict(played(1_000, read_us=9_000, machine_p99_us=1_000)).limit == ENGINE
    assert verdict(played(1_000, machine_p99_us=5_660)).held


def test_dropped_operations_break_a_step() -> None:
    step = verdict(played(1_000, dropped=7))
    assert (step.limit, step.why) == (
        PLAYER,
        "Player too slow: 7 operations were dropped; this is not the engine's knee.",
    )


def test_an_operation_that_is_never_answered_breaks_a_step() -> None:
    assert verdict(played(1_000, unanswered=1)).limit == ENGINE


def test_a_class_with_too_few_answers_is_not_judged_and_that_is_said() -> None:
    step = verdict(played(1_000, write_us=1e6, writes=999))
    assert step.held
    assert step.why == "Not judged, too few for a p99: 999 writes."


def test_without_a_class_that_can_be_judged_nothing_is_known() -> None:
    step = verdict(played(1_000, reads=10, writes=999))
    assert (step.held, step.limit) == (False, TOO_FEW)


def test_refused_writes_for_lack_of_memory_are_that_and_nothing_else() -> None:
    assert verdict(played(1_000, write_us=1e6, out_of_memory=True)).limit == MEMORY
