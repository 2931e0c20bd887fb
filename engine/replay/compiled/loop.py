"""The loop: what is due leaves, what is answered makes room, until Python is needed. Compiled; other threads run meanwhile."""

from __future__ import annotations

from typing import Any

from engine.kernels import kernel
from engine.replay.compiled import commit, order, wire
from engine.replay.compiled.replies import next_event
from engine.replay.compiled.tables import I64, U8, State, give_back, take_entry

DONE, PAUSED, REDIRECTED, LOST, BROKEN, OUT_OF_MEMORY = range(6)
_NONE = -1
_BLOCKING = 1
_WRITE = 2
_BURST = 512  # units submitted before replies are looked at again
_LONGEST_MS = 100
_OUT = 4
_SPACE = 32


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
    order.put_on_link(s, e, link)


@kernel
def refuse(s: State, e: int, text: U8, length: int, sent_ns: I64, done_ns: I64) -> None:
    """Take a redirection nobody can follow as the error it is."""
    _count_error(s, e, text, length)
    _complete(s, e, wire.now_ns(s), sent_ns, done_ns)


# -- leaving ---------------------------------------------------------------------------------------------------------


@kernel
def _submit_due(s: State, index: Any, now: int) -> None:
    last = min(s["next"] + _BURST, s["units"])
    while s["next"] < last and s["free_count"] > 1:  # the last free entry is for an ASKING
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
        if index[unit]["lane"] == _BLOCKING:
            _submit_blocking(s, index, unit)
        else:
            client = index[unit]["client"] % s["clients"]
            e = _make_entry(s, index, unit, client)
            s["e_lane"][e] = s["e_home"][e] if s["closed"] else client
            order.submit(s, e)


@kernel
def _submit_blocking(s: State, index: Any, unit: int) -> None:
    """A command that may block has a connection of its own and nobody waits for it."""
    for place in range(s["blocking"]):
        if s["blocking_clients"][place] == index[unit]["client"]:
            e = _make_entry(s, index, unit, s["clients"] + place)
            s["e_lane"][e] = _NONE
            order.put_on_link(s, e, s["e_home"][e])
            return
    s["dropped"] += index[unit]["operations"]


@kernel
def _make_entry(s: State, index: Any, unit: int, client: int) -> int:
    e = take_entry(s)
    slot = index[unit]["slot"]
    shard = s["shard_of"][slot] if slot >= 0 else unit % s["shards"]
    s["e_unit"][e] = unit
    s["e_slot"][e] = slot if index[unit]["role"] == _WRITE else _NONE
    s["e_write"][e] = 1 if s["copies"] and index[unit]["role"] == _WRITE else 0
    s["e_shard"][e] = shard
    s["e_home"][e] = client * s["shards"] + shard
    s["e_replies"][e] = s["e_left"][e] = index[unit]["replies"]
    s["e_errors"][e] = 0
    s["e_redirects"][e] = 0
    s["e_free_ns"][e] = 0
    s["e_address"][e] = s["payload"] + index[unit]["start"]
    s["e_length"][e] = index[unit]["length"]
    s["e_operations"][e] = index[unit]["operations"]
    s["e_due_ns"][e] = index[unit]["due_ns"]
    return e


@kernel
def _flush(s: State, sent_ns: I64) -> None:
    for place in range(s["dirty_count"]):
        link = s["dirty"][place]
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
    if s["next"] < s["units"] and s["free_count"] > 1:
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
            _flush(s, sent_ns)  # at once: the server works while the next answers are read


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
        error = s["scan_error"][link] and not s["scan_push"][link]
        whole = s["scan_whole"][link]
        e = s["link_head"][link]
        if s["scan_broken"][link] or ((whole or error) and (e == _NONE or e == s["link_unsent"][link])):
            s["broken_link"] = link
            return
        if error and _is_redirected(s, link, e):
            _hand_over(s, link, e)
            continue
        if error:
            _count_error(s, e, s["text"][link], s["scan_length"][link])
        if whole:
            s["e_left"][e] -= 1
            if s["e_left"][e] == 0:
                s["link_head"][link] = s["e_next_on_link"][e]
                _replied(s, link, e, now, sent_ns, done_ns)


@kernel
def _replied(s: State, link: int, e: int, now: int, sent_ns: I64, done_ns: I64) -> None:
    """All replies of an entry have come."""
    if e == s["link_wait"][link]:
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
def _is_redirected(s: State, link: int, e: int) -> bool:
    """Whether an error is MOVED or ASK to a single command."""
    if s["scan_nested"][link] or s["e_unit"][e] == _NONE or s["e_replies"][e] != 1 or s["scan_length"][link] < 6:
        return False
    text = s["text"][link]
    moved = text[0] == 77 and text[1] == 79 and text[2] == 86 and text[3] == 69 and text[4] == 68 and text[5] == _SPACE
    return bool(moved or (text[0] == 65 and text[1] == 83 and text[2] == 75 and text[3] == _SPACE))


@kernel
def _hand_over(s: State, link: int, e: int) -> None:
    """A redirected entry leaves its connection and waits for Python."""
    s["link_head"][link] = s["e_next_on_link"][e]
    place = s["redirected_count"]
    s["redirected"][place] = e
    for at in range(s["redirect_text"].shape[1]):
        s["redirect_text"][place, at] = s["text"][link, at] if at < s["scan_length"][link] else 0
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


@kernel
def _count_error(s: State, e: int, text: U8, length: int) -> None:
    """By its first word."""
    s["e_errors"][e] += 1
    stop = 0
    while stop < min(length, s["error_words"].shape[1]) and text[stop] != _SPACE:
        stop += 1
    place = _find_word(s, text, stop)
    s["error_counts"][place] += 1
    if stop == 3 and text[0] == 79 and text[1] == 79 and text[2] == 77:
        s["out_of_memory"] = 1


@kernel
def _find_word(s: State, text: U8, stop: int) -> int:
    words, known = s["error_words"], s["error_kinds"]
    for place in range(known):
        at = 0
        while at < stop and words[place, at] == text[at]:
            at += 1
        if at == stop and (stop == words.shape[1] or words[place, stop] == 0):
            return place
    if known == len(words):
        return int(known - 1)
    words[known, :stop] = text[:stop]
    s["error_kinds"] += 1
    return int(known)
