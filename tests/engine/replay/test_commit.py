"""Writes are answered with the WAIT that covers them, never before, and never with one that was sent before them."""

from __future__ import annotations

from engine.replay.commit import NOT_COMMITTED, Commits, uncommitted, wait_command
from engine.replay.ordering import NONE, Ordering
from engine.replay.task import Outcome, Task

WRITE, READ = 0, 1  # units


def commits() -> Commits:
    return Commits([1, 0, 1, 0], copies=1)


def test_a_wait_asks_for_one_of_the_two_other_copies_and_ends_in_time() -> None:
    assert wait_command(Task("", (), (), "", copies=1)) == b"*3\r\n$4\r\nWAIT\r\n$1\r\n1\r\n$4\r\n5000\r\n"


def test_one_wait_covers_all_writes_in_flight_on_a_connection() -> None:
    queue = commits()
    queue.put(7, 0)
    queue.put(7, 2)
    assert queue.cover(7)
    assert not queue.cover(7)
    assert queue.hold(7, 0)
    assert queue.hold(7, 2)
    assert queue.release(7, copies=2) == ([0, 2], [])


def test_a_write_sent_behind_a_wait_needs_the_next_one_which_leaves_when_that_is_answered() -> None:
    queue = commits()
    queue.put(7, 0)
    assert queue.cover(7)
    queue.put(7, 2)
    assert not queue.cover(7)
    assert queue.hold(7, 0)
    assert queue.release(7, copies=1) == ([0], [])
    assert queue.is_bare(7)
    assert queue.cover(7)
    assert queue.hold(7, 2)
    assert queue.release(7, copies=1) == ([2], [])


def test_a_read_needs_no_commit_unless_its_answer_would_overtake_a_write_of_its_connection() -> None:
    queue = commits()
    queue.put(7, 1)
    assert not queue.cover(7)
    assert not queue.hold(7, 1)
    queue.put(7, 0)
    queue.put(7, 3)
    assert queue.cover(7)
    assert queue.hold(7, 0)
    assert queue.hold(7, 3)
    assert not queue.hold(8, 1)  # another connection is not held up
    assert queue.release(7, copies=1) == ([0, 3], [])


def test_a_write_nobody_confirmed_in_time_is_lost_and_the_read_behind_it_is_not() -> None:
    queue = commits()
    for unit in (0, 3):
        queue.put(7, unit)
        assert queue.hold(7, unit)
    assert queue.held() == [0, 3]
    assert queue.release(7, copies=0) == ([0, 3], [0])
    assert queue.held() == []


def test_what_was_not_committed_stands_among_the_errors_by_kind() -> None:
    outcome = Outcome(errors={"WRONGTYPE": 1})
    uncommitted(outcome, 0)
    assert outcome.errors == {"WRONGTYPE": 1}
    uncommitted(outcome, 3)
    assert outcome.errors == {"WRONGTYPE": 1, NOT_COMMITTED: 3}


def test_the_next_write_to_a_slot_waits_for_the_execution_and_the_next_of_the_client_for_the_commit() -> None:
    """Units 0 and 2 are one client's, 1 another's; all write to slot 5; client 0's second unit goes to another shard."""
    sent: list[tuple[int, int]] = []
    ordering = Ordering([0, 1, 0], [0, 0, 1], [5, 5, NONE], 2, lambda unit, link: sent.append((unit, link)))
    ordering.submit(0)
    ordering.executed(0)
    ordering.submit(1)
    ordering.submit(2)
    assert sent == [(0, 0), (1, 2)]  # the second client over its own connection, not behind the first one's WAIT
    ordering.answered(0)
    assert sent[-1] == (2, 1)
    ordering.answered(1)
    ordering.answered(2)
    assert (ordering.flying, ordering.waiting) == (0, 0)
