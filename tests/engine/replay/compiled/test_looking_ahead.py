"""How far the compiled closed loop looks ahead: up to so many units that wait, then not before most of them have left."""

from __future__ import annotations

from engine.replay.compiled.loop import has_room
from engine.replay.compiled.tables import State, make_state

AHEAD, FEW = 10, 4


def looks_on(state: State, waiting: int) -> bool:
    state["waiting"] = waiting
    return bool(has_room(state))


def closed_loop() -> State:
    state = make_state()
    state["closed"], state["ahead"], state["few"] = 1, AHEAD, FEW
    return state


def test_many_units_are_looked_at_at_a_time() -> None:
    state = closed_loop()
    assert [looks_on(state, waiting) for waiting in (0, AHEAD, AHEAD + 1, AHEAD, FEW + 1)] == [
        *(True, True),
        *(False, False, False),
    ]
    assert [looks_on(state, waiting) for waiting in (FEW, FEW + 1, AHEAD, AHEAD + 1)] == [True, True, True, False]


def test_the_last_free_entry_is_kept() -> None:
    state = closed_loop()
    state["free_count"] = 1
    assert not looks_on(state, 0)


def test_in_open_loop_units_leave_when_they_are_due_however_many_wait() -> None:
    state = closed_loop()
    state["closed"] = 0
    assert looks_on(state, 1000)
