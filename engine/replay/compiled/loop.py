"""The loop: what is due leaves, what is answered makes room, until Python is needed. Compiled; other threads run meanwhile."""

from __future__ import annotations

from typing import Any

from engine.kernels import kernel
from engine.replay.compiled import commit, errors, order, wire
from engine.replay.compiled.replies import MESSAGE, NIL, next_event
from engine.replay.compiled.tables import I64, TEXT_BYTES, U8, State, give_back, take_entry

DONE, PAUSED, REDIRECTED, LOST, BROKEN, OUT_OF_MEMORY = range(6)
_NONE = -1
_NORMAL, _BLOCKING, _WATCHING, _SUBSCRIBED = 0, 1, 2, 3
_WRITE = 2  # and what keeps its place among writes
_BURST = 512  # units submitted before replies are looked at again
_SEVERAL = 4  # pipelines whose answers are taken in before the next ones leave
_LONGEST_MS = 100
_OUT = 4


@kernel
def play(s: State, index: Any, sent_ns: I64, done_ns: I64, until_ns: int) -> int:
    """Play until everything is answered, `until_ns`, or something only Python knows what to do about. Answers which."""
    while True:
        now = wire.now_ns(s)
        _submit_due(s, index, now)
        _flush(s, sent_ns)
        if s["next"] == s["units"] and s["flying"] == 0 and s["waiting"] == 0:
            return DONE
        if now >= until_ns:
            return PAUSED
        _look(s, index, sent_ns, done_ns)
        if s["redirected_count"]:
            return REDIRECTED
        if s["lost_link"] != _NONE:
            return LOST
        if s["broken_link"] != _NONE:
            return BROKEN
        if s["out_of_memory"]:
            return OUT_OF_MEMORY


@kernel
def listen(s: State, index: Any, sent_ns: I64, done_ns: I64, until_ns: int) -> None:
    """Take in what still comes, and send nothing new, until `until_ns`."""
    while wire.now_ns(s) < until_ns and s["lost_link"] == _NONE and s["broken_link"] == _NONE:
        _look(s, index, sent_ns, done_ns)


@kernel
def send_again(s: State, e: int, link: int, address: int, length: int) -> None:
    """Send a redirected entry over another connection, after `length` bytes at `address` (an ASKING) if there are any."""
    if length:
        asking = take_entry(s)
        s["e_unit"][asking] = _NONE
        s["e_address"][asking] = address
        s["e_length"][asking] = length
        s["e_left"][asking] = 1
        s["e_write"][asking] = 0
        order.put_on_link(s, asking, link)
    s["e_left"][e] = s["e_replies"][e]
    s["e_moved"][e] = 0
    order.put_on_link(s, e, link)


@kernel
def refuse(s: State, e: int, text: U8, length: int, sent_ns: I64, done_ns: I64) -> None:
    """Take a redirection nobody can follow as the error it is."""
    errors.count(s, e, text, length)
    _complete(s, e, wire.now_ns(s), sent_ns, done_ns)


# -- leaving ---------------------------------------------------------------------------------------------------------


@kernel
def _submit_due(s: State, index: Any, now: int) -> None:
    last = s["units"] if s["closed"] else min(s["next"] + _BURST, s["units"])
    while s["next"] < last and has_room(s):
        unit = s["next"]
        if not s["closed"]:
            overdue = now - index[unit]["due_ns"]
            if overdue < 0:
                return
            if overdue > s["drop_after_ns"]:
                s["dropped"] += index[unit]["operations"]
                s["next"] += 1
                continue
        s["next"] += 1
        lane = index[unit]["lane"]
        if lane in (_BLOCKING, _SUBSCRIBED):
            _submit_apart(s, index, unit)
        else:
            client = _own_connection(s, index, unit) if lane == _WATCHING else _NONE
            client = index[unit]["client"] % s["clients"] if client == _NONE else client
            e = _make_entry(s, index, unit, client)
            s["e_lane"][e] = s["e_home"][e] if s["closed"] else client
            order.submit(s, e)


@kernel
def has_room(s: State) -> bool:
    """Whether another unit may be looked at: the last free entry is for an ASKING.

    In closed loop many are looked at at a time: a connection that has run out would be given them one by one, and send each
    on its own.
    """
    if s["closed"]:
        s["full"] = s["waiting"] > (s["few"] if s["full"] else s["ahead"])
    return bool(s["free_count"] > 1 and not s["full"])


@kernel
def _own_connection(s: State, index: Any, unit: int) -> int:
    """The connection that the unit's client has for itself in this lane; NONE when there were too many."""
    for place in range(s["own"]):
        if s["own_clients"][place] == index[unit]["client"] and s["own_lanes"][place] == index[unit]["lane"]:
            return int(s["clients"] + place)
    return _NONE


@kernel
def _submit_apart(s: State, index: Any, unit: int) -> None:
    """What may block, and what subscribes, has a connection of its own and nobody waits for it."""
    client = _own_connection(s, index, unit)
    if client == _NONE:
        s["dropped"] += index[unit]["operations"]
        return
    e = _make_entry(s, index, unit, client)
    s["e_lane"][e] = _NONE
    order.put_on_link(s, e, s["e_home"][e])


@kernel
def _make_entry(s: State, index: Any, unit: int, client: int) -> int:
    e = take_entry(s)
    slot = index[unit]["slot"]
    anywhere = index[unit]["client"] if index[unit]["lane"] == _SUBSCRIBED else unit
    shard = s["shard_of"][slot] if slot >= 0 else anywhere % s["shards"]
    s["e_unit"][e] = unit
    s["e_slot"][e] = slot if index[unit]["role"] >= _WRITE else _NONE
    if s["copies"]:
        s["e_write"][e] = 1 if index[unit]["role"] == _WRITE else 0
        s["e_free_ns"][e] = 0
    s["e_shard"][e] = shard
    s["e_home"][e] = client * s["shards"] + shard
    s["e_replies"][e] = s["e_left"][e] = index[unit]["replies"]
    s["e_errors"][e] = 0
    s["e_redirects"][e] = 0
    s["e_moved"][e] = 0
    s["e_address"][e] = s["payload"] + index[unit]["start"]
    s["e_length"][e] = index[unit]["length"]
    s["e_operations"][e] = index[unit]["operations"]
    s["e_due_ns"][e] = index[unit]["due_ns"]
    return e


@kernel
def _flush(s: State, sent_ns: I64) -> None:
    for place in range(s["dirty_count"]):
        link = s["dirty"][place]
        if s["copies"]:
            commit.cover(s, link)
        s["link_dirty"][link] = 0
        if not s["link_stuck"][link]:
            wire.flush(s, link, sent_ns)
    s["dirty_count"] = 0


# -- coming ----------------------------------------------------------------------------------------------------------


@kernel
def _look(s: State, index: Any, sent_ns: I64, done_ns: I64) -> None:
    """Wait for the next thing to happen and take it in."""
    ns = 0
    timeout_ms = _LONGEST_MS
    if s["next"] < s["units"] and has_room(s):
        ns = 0 if s["closed"] else index[s["next"]]["due_ns"] - wire.now_ns(s)
        timeout_ms = _LONGEST_MS if ns > 0 else 0
    words, fd_word = s["event_words"], s["fd_word"]
    for place in range(wire.wait(s, ns, timeout_ms)):
        event, fd = s["events"][place * words], s["events"][place * words + fd_word]
        if fd == s["timer"]:
            wire.clear_alarm(s)
            continue
        link = s["link_of_fd"][fd]
        if event & _OUT:
            wire.flush(s, link, sent_ns)
        if event & ~_OUT:
            _read(s, link, sent_ns, done_ns)
            if _leaves_now(s, place):
                _flush(s, sent_ns)


@kernel
def _leaves_now(s: State, place: int) -> bool:
    """Whether the server should work while further answers are read. Several servers are better given more at a time."""
    if not s["closed"]:
        return True
    return bool(s["shards"] == 1 and (s["depth"] == 1 or place % _SEVERAL == _SEVERAL - 1))


@kernel
def _read(s: State, link: int, sent_ns: I64, done_ns: I64) -> None:
    count = wire.receive(s, link)
    if count == 0:
        s["lost_link"] = link
    if count <= 0:
        return
    s["bytes_out"] += count
    now = wire.now_ns(s)
    at = 0
    while at < count:
        at = next_event(s, link, at, count)
        whole = s["scan_whole"][link]
        if whole == MESSAGE:
            s["messages"] += 1
            s["message_bytes"] += s["scan_size"][link]
            continue
        error = s["scan_error"][link] and not s["scan_push"][link]
        e = s["link_head"][link]
        if s["scan_broken"][link] or ((whole or error) and (e == _NONE or e == s["link_unsent"][link])):
            if s["scan_push"][link] and not s["scan_broken"][link]:
                continue  # a subscription that the server ended: its slot has moved away
            s["broken_link"] = link
            return
        if error and _is_sent_on(s, link, e):
            continue
        if whole:
            _take_reply(s, link, e, whole, now, sent_ns, done_ns)


@kernel
def _is_sent_on(s: State, link: int, e: int) -> bool:
    """Take in an error; True when it has handed the entry over to be sent again."""
    if s["e_lane"][e] == _NONE and s["e_unit"][e] != _NONE:
        s["e_left"][e] = 1  # a subscription to several channels is refused once
    if errors.is_redirected(s, link, e):
        if s["e_left"][e] == 1 and not s["e_moved"][e]:
            _hand_over(s, link, e, s["text"][link], s["scan_length"][link])
            return True
        _remember(s, link, e)
    elif not s["e_moved"][e]:
        errors.count(s, e, s["text"][link], s["scan_length"][link])
    return False


@kernel
def _take_reply(s: State, link: int, e: int, whole: int, now: int, sent_ns: I64, done_ns: I64) -> None:
    s["e_left"][e] -= 1
    if s["e_left"][e] > 0:
        return
    if s["e_moved"][e]:
        _hand_over(s, link, e, s["moved_text"][link], TEXT_BYTES)
        return
    s["link_head"][link] = s["e_next_on_link"][e]
    if whole == NIL and s["e_replies"][e] > 1:
        s["aborted"] += 1
    _replied(s, link, e, now, sent_ns, done_ns)


@kernel
def _replied(s: State, link: int, e: int, now: int, sent_ns: I64, done_ns: I64) -> None:
    """All replies of an entry have come."""
    if s["copies"] == 0:
        _complete(s, e, now, sent_ns, done_ns)
    elif e == s["link_wait"][link]:
        _acknowledge(s, link, now, sent_ns, done_ns)
    elif commit.must_wait(s, link, e):
        commit.hold(s, link, e)
    else:
        _complete(s, e, now, sent_ns, done_ns)


@kernel
def _acknowledge(s: State, link: int, now: int, sent_ns: I64, done_ns: I64) -> None:
    """The answer to a WAIT: what it covers is answered now; writes without their commit never are."""
    confirmed = commit.is_confirmed(s, link)
    e = commit.release(s, link)
    while e != _NONE:
        following, unit = s["e_next_on_link"][e], s["e_unit"][e]
        lost = commit.is_lost(s, e, confirmed)
        _complete(s, e, now, sent_ns, done_ns)
        if lost:
            done_ns[unit] = 0
        e = following


@kernel
def _remember(s: State, link: int, e: int) -> None:
    """A command of a transaction was redirected: EXEC will do nothing, and the whole of it is sent again."""
    if not s["e_moved"][e]:
        s["e_moved"][e] = 1
        for at in range(TEXT_BYTES):
            s["moved_text"][link, at] = s["text"][link, at] if at < s["scan_length"][link] else 0


@kernel
def _hand_over(s: State, link: int, e: int, text: U8, length: int) -> None:
    """A redirected entry leaves its connection and waits for Python."""
    s["link_head"][link] = s["e_next_on_link"][e]
    place = s["redirected_count"]
    s["redirected"][place] = e
    for at in range(s["redirect_text"].shape[1]):
        s["redirect_text"][place, at] = text[at] if at < length else 0
    s["redirected_count"] += 1


@kernel
def _complete(s: State, e: int, now: int, sent_ns: I64, done_ns: I64) -> None:
    unit = s["e_unit"][e]
    if unit != _NONE:
        operations = s["e_operations"][e]
        done_ns[unit] = now
        s["answered"] += 1
        s["answered_ns"] = now
        s["sent"] += operations
        s["ok"] += operations - min(s["e_errors"][e], operations)
        since = sent_ns[unit] if s["closed"] else s["e_due_ns"][e]
        if sent_ns[unit] - since > s["late_after_ns"]:
            s["late"] += 1
            s["held_late"] += s["e_free_ns"][e] > 0 and sent_ns[unit] - s["e_free_ns"][e] <= s["late_after_ns"]
        if s["e_lane"][e] != _NONE:
            s["recent"][s["recent_count"] % len(s["recent"])] = now - since
            s["recent_count"] += 1
            order.answered(s, e)
    give_back(s, e)
