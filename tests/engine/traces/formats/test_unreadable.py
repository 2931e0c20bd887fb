"""Lines that cannot be read: how many are forgiven, and which are named."""

from __future__ import annotations

from collections import Counter

import pytest

from engine.errors import InputError
from engine.traces.formats.unreadable import TRUNCATED, UNREADABLE, Unreadable


def account(*lines: int) -> Unreadable:
    found = Unreadable(Counter())
    found.leave_out(lines)
    return found


def test_twenty_lines_are_forgiven_and_one_more_only_as_a_twentieth_of_all() -> None:
    account(*range(1, 21)).tolerate(20, source="a", expected="b")
    account(*range(1, 22)).tolerate(420, source="a", expected="b")
    with pytest.raises(InputError, match="21 of 419 lines cannot be read"):
        account(*range(1, 22)).tolerate(419, source="a", expected="b")


def test_the_first_five_lines_are_named_whatever_the_order_in_which_they_were_found() -> None:
    found = account(9, 12, 30, 31)
    found.leave_out([2, 7])
    found.cut_off()
    assert list(found.notes(40)) == [
        "Unreadable lines were left out: 2, 7, 9, 12, 30 and 1 more.",
        "The last line (40) is cut off and was left out.",
    ]


def test_what_was_left_out_stands_among_what_was_skipped() -> None:
    skipped: Counter[str] = Counter()
    found = Unreadable(skipped)
    found.leave_out([])
    assert skipped == {}
    found.leave_out([3])
    found.cut_off()
    assert skipped == {UNREADABLE: 1, TRUNCATED: 1}
