"""What is answered TRYAGAIN waits a little, and is given up after five seconds."""

from __future__ import annotations

from engine.replay.again import NEVER_NS, PATIENCE_NS, PAUSE_NS, Again


def test_units_leave_again_after_a_pause_in_the_order_they_came() -> None:
    again = Again()
    assert again.next_ns == NEVER_NS
    assert again.put(7, 70, 1000)
    assert again.put(8, 80, 1001)
    assert again.next_ns == 1000 + PAUSE_NS
    assert again.take(1000 + PAUSE_NS) == [7]
    assert again.take(1000 + PAUSE_NS) == []
    assert again.take(1001 + PAUSE_NS) == [8]


def test_each_wait_allows_two_more_redirections() -> None:
    again = Again()
    assert again.tries(70) == 0
    again.put(7, 70, 0)
    again.put(7, 70, 1)
    assert again.tries(70) == 4


def test_five_seconds_after_the_first_time_it_is_an_error() -> None:
    again = Again()
    assert again.put(7, 70, 0)
    assert again.put(7, 70, PATIENCE_NS)
    assert not again.put(7, 70, PATIENCE_NS + 1)
