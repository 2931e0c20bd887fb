"""Writes are answered when they are committed: `engine/replay/commit.py` as compiled loops over tables, decision for decision.

Every connection has one entry for its WAITs (`link_wait`), used again and again. An entry whose replies have come and which
has to wait for a WAIT is kept in a list of its connection (`link_held`), through `e_next_on_link`.
"""

from __future__ import annotations

from engine.kernels import kernel
from engine.replay.compiled import order
from engine.replay.compiled.tables import State, take_entry

_NONE = -1


@kernel
def prepare(s: State, link: int, address: int, length: int) -> None:
    """Give a connection its entry for WAITs: `length` bytes at `address`."""
    e = take_entry(s)
    s["e_unit"][e] = s["e_lane"][e] = s["e_slot"][e] = _NONE
    s["e_address"][e] = address
    s["e_length"][e] = length
    s["link_wait"][link] = e


@kernel
def cover(s: State, link: int) -> None:
    """Put a WAIT behind a connection's writes if none covers them and none is under way. The connection must be dirty."""
    if s["link_bare"][link] and not s["link_asked"][link]:
        e = s["link_wait"][link]
        s["link_bare"][link] = 0
        s["link_asked"][link] = 1
        s["e_left"][e] = 1
        s["e_errors"][e] = 0
        order.put_on_link(s, e, link)


@kernel
def must_wait(s: State, link: int, e: int) -> bool:
    """Whether an entry whose replies have come has to wait: it is a write, or its answer would overtake a write's."""
    return bool(s["e_unit"][e] != _NONE and (s["e_write"][e] or s["link_held"][link] != _NONE))


@kernel
def hold(s: State, link: int, e: int) -> None:
    """Keep an entry until the WAIT behind it is answered; its slot is free for others."""
    s["e_next_on_link"][e] = _NONE
    if s["link_held"][link] == _NONE:
        s["link_held"][link] = e
    else:
        s["e_next_on_link"][s["link_held_tail"][link]] = e
    s["link_held_tail"][link] = e
    if s["e_lane"][e] != _NONE:
        order.executed(s, e)


@kernel
def release(s: State, link: int) -> int:
    """The answer to a connection's WAIT has come: the first of the entries it covers. They are nobody's any more."""
    first = s["link_held"][link]
    s["link_held"][link] = _NONE
    s["link_asked"][link] = 0
    s["waits"] += 1
    if s["link_bare"][link]:
        order.mark_dirty(s, link)
    return int(first)


@kernel
def is_confirmed(s: State, link: int) -> bool:
    """Whether the WAIT just answered found enough copies in time."""
    return bool(s["e_errors"][s["link_wait"][link]] == 0 and s["scan_number"][link] >= s["copies"])


@kernel
def is_lost(s: State, e: int, confirmed: bool) -> bool:
    """Whether an entry a WAIT covered is a write without its commit; counts it either way."""
    if not s["e_write"][e]:
        return False
    if confirmed:
        s["committed"] += s["e_operations"][e]
        return False
    s["uncommitted"] += s["e_operations"][e]
    s["e_errors"][e] = s["e_operations"][e]
    return True
