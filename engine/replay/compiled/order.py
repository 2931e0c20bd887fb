"""What may be sent now: `engine/replay/ordering.py` as compiled loops over tables, decision for decision."""

from __future__ import annotations

from engine.kernels import kernel
from engine.replay.compiled import wire
from engine.replay.compiled.tables import I64, State

_NONE = -1


@kernel
def submit(s: State, e: int) -> None:
    """An entry is due: send it, or keep it until it may leave."""
    lane, slot = s["e_lane"][e], s["e_slot"][e]
    if s["lane_head"][lane] == _NONE and (slot == _NONE or s["slot_head"][slot] == _NONE) and _try(s, e):
        return
    s["waiting"] += 1
    _enqueue(s["lane_head"], s["lane_tail"], s["e_next_on_lane"], lane, e)
    if slot != _NONE:
        _enqueue(s["slot_head"], s["slot_tail"], s["e_next_on_slot"], slot, e)


@kernel
def answered(s: State, e: int) -> None:
    """All replies of an entry have come: what waited for it may leave."""
    lane, slot = s["e_lane"][e], s["e_slot"][e]
    s["flying"] -= 1
    _land(s["lane_flying"], s["lane_link"], lane)
    if slot != _NONE:
        _land(s["slot_flying"], s["slot_link"], slot)
    if s["waiting"]:
        _release(s, lane, slot)


@kernel
def executed(s: State, e: int) -> None:
    """All replies have come, and the entry is not acknowledged yet: others may write to its slot, its lane waits."""
    slot = s["e_slot"][e]
    if slot == _NONE:
        return
    s["e_slot"][e] = _NONE
    _land(s["slot_flying"], s["slot_link"], slot)
    if s["waiting"]:
        _release(s, s["e_lane"][e], slot)


@kernel
def put_on_link(s: State, e: int, link: int) -> None:
    """Add an entry to what a connection has to send."""
    s["e_link"][e] = link
    s["e_next_on_link"][e] = _NONE
    if s["link_head"][link] == _NONE:
        s["link_head"][link] = e
    else:
        s["e_next_on_link"][s["link_tail"][link]] = e
    s["link_tail"][link] = e
    if s["link_unsent"][link] == _NONE:
        s["link_unsent"][link] = e
        s["link_unsent_at"][link] = 0
    s["link_bare"][link] |= s["e_write"][e]
    mark_dirty(s, link)


@kernel
def mark_dirty(s: State, link: int) -> None:
    """A connection has something new to send."""
    if not s["link_dirty"][link]:
        s["link_dirty"][link] = 1
        s["dirty"][s["dirty_count"]] = link
        s["dirty_count"] += 1


@kernel
def _enqueue(head: I64, tail: I64, following: I64, who: int, e: int) -> None:
    following[e] = _NONE
    if head[who] == _NONE:
        head[who] = e
    else:
        following[tail[who]] = e
    tail[who] = e


@kernel
def _land(flying: I64, link: I64, who: int) -> None:
    flying[who] -= 1
    if flying[who] == 0:
        link[who] = _NONE


@kernel
def _try(s: State, e: int) -> bool:
    """Send the entry if nothing before it could be overtaken and its lane has room."""
    lane, slot = s["e_lane"][e], s["e_slot"][e]
    if s["closed"]:
        if s["lane_flying"][lane] == 0:
            s["lane_room"][lane] = s["depth"]
        elif s["lane_room"][lane] == 0:
            return False
    mine = s["lane_link"][lane]
    theirs = s["slot_link"][slot] if slot != _NONE else _NONE
    if theirs != _NONE:
        link = theirs
    elif mine != _NONE and mine % s["shards"] == s["e_shard"][e]:
        link = mine
    else:
        link = s["e_home"][e]
    if mine not in (_NONE, link):
        return False
    s["flying"] += 1
    s["lane_link"][lane] = link
    s["lane_flying"][lane] += 1
    s["lane_room"][lane] -= 1
    if slot != _NONE:
        s["slot_link"][slot] = link
        s["slot_flying"][slot] += 1
    put_on_link(s, e, link)
    return True


@kernel
def _release(s: State, lane: int, slot: int) -> None:
    """Send waiting entries that have become free, as far as one frees the next."""
    lanes = slots = 1
    s["work_lanes"][0], s["work_slots"][0] = lane, slot
    while lanes or slots:
        if lanes:
            lanes -= 1
            e = s["lane_head"][s["work_lanes"][lanes]]
        else:
            slots -= 1
            freed = s["work_slots"][slots]
            e = s["slot_head"][freed] if freed != _NONE else _NONE
        if e != _NONE and _is_first(s, e) and _try(s, e):
            _unqueue(s, e)
            s["work_lanes"][lanes], s["work_slots"][slots] = s["e_lane"][e], s["e_slot"][e]
            lanes += 1
            slots += 1


@kernel
def _is_first(s: State, e: int) -> bool:
    slot = s["e_slot"][e]
    first_of_lane = s["lane_head"][s["e_lane"][e]] == e
    return bool(first_of_lane and (slot == _NONE or s["slot_head"][slot] == e))


@kernel
def _unqueue(s: State, e: int) -> None:
    lane, slot = s["e_lane"][e], s["e_slot"][e]
    s["waiting"] -= 1
    s["e_free_ns"][e] = wire.last_ns(s)
    s["lane_head"][lane] = s["e_next_on_lane"][e]
    if slot != _NONE:
        s["slot_head"][slot] = s["e_next_on_slot"][e]
