"""What the compiled player knows, as one record of arrays: units under way, lanes, slots, connections, counters.

A unit under way has an *entry* (`e_…`) from the time it is due until it is answered; there is a fixed number of them, so
memory does not grow with the recording. Queues are lists through the entries; NONE ends them. A *lane* is what keeps its
order: a recorded client in open loop, a client's connection to one shard in closed loop.

It is one record and not many arrays because Numba counts references to arrays, atomically, at every call; to a record it
does not, and the loop is seven times faster.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from engine.kernels import kernel
from engine.slots import SLOTS

I64 = npt.NDArray[np.int64]
U8 = npt.NDArray[np.uint8]
State = Any  # a STATE record; numpy cannot say more
NONE = -1
ENTRIES = 1 << 15
# Units that may wait in closed loop, for each that may be under way: connections get ahead of each other, and one that has
# run out sends what comes one by one. More would leave the cache.
AHEAD_TIMES = 10
LEAST_AHEAD, MOST_AHEAD = 1 << 11, 1 << 14
MOST_LINKS = 1 << 13  # connections, and as many lanes
MOST_FDS = 1 << 14
MOST_OWN = 512  # connections that clients have for themselves
MOST_PIECES = 1024  # of one writev (IOV_MAX)
MOST_EVENTS = 512
RECEIVE_BYTES = 1 << 18
RECENT = 1 << 14  # response times kept for the live gauges between two reports
ERROR_KINDS = 64
WORD_BYTES = 32
TEXT_BYTES = 96  # of an error; more than any redirection needs
# Behind every column, so that the fields of one entry or connection do not fall into the same few sets of the caches, which
# columns of a power of two would do: three cache lines of 64 bytes.
_APART = 24

_COUNTERS = (
    # what is to be played
    *("units", "next", "clients", "shards", "depth", "closed", "start_ns", "late_after_ns", "drop_after_ns"),
    # how many units may wait in closed loop, how few before more are looked at, and whether that is awaited
    *("ahead", "few", "full"),
    # how the kernel is spoken to
    *("epoll", "timer", "event_words", "fd_word", "payload"),
    # how full the lists are
    *("free_count", "dirty_count", "waiting", "flying", "redirected_count", "recent_count", "error_kinds", "own"),
    # what came of it
    *("sent", "ok", "dropped", "late", "bytes_in", "bytes_out", "answered", "answered_ns", "out_of_memory"),
    *("lost_link", "broken_link"),
    *("own_from", "aborted", "messages", "message_bytes"),
    # writes that are to be committed: on how many other copies (0: none); what came of it
    *("copies", "waits", "committed", "uncommitted"),
    *("polls", "polled_ns"),  # whether answers are polled for; the CPU time that this took in vain
    "held_late",  # of the late ones those that left as soon as they could
)
_ENTRY = (
    *("unit", "lane", "slot", "shard"),  # `unit` NONE: an ASKING; `lane` NONE: nobody waits for it
    *("home", "link"),  # its own client's connection to its shard, and the one it left over
    *("next_on_lane", "next_on_slot", "next_on_link"),
    *("replies", "left", "errors", "redirects", "operations", "due_ns", "address", "length"),
    "moved",  # whether a command of the transaction was redirected, so that nothing of it was done
    "write",  # whether it is to be committed
    "free_ns",  # when what it waited for was answered; 0: it could leave when it was due
)
_QUEUE = ("link", "flying", "head", "tail")  # over which connection units fly, how many, and who waits
_LINK = (
    *("fd", "head", "tail", "unsent"),
    "unsent_at",  # bytes of the first unsent entry that have left
    *("stuck", "dirty"),  # whether the kernel's buffer is full; whether it has something new to send
    *(
        "wait",
        "bare",
        "asked",
    ),  # the entry of its WAITs; whether writes have none behind them; whether one is under way
    *("held", "held_tail"),  # entries that wait for the answer to one
)
_SCAN = (
    "todo",  # items still to come of this reply; 0 between replies
    "skip",  # bytes of a bulk still to come, with its CRLF
    "kind",  # first byte of the item that is being read; 0 between items
    *("number", "negative", "length"),  # of the line; of the error's text
    *("nested", "push"),  # whether the reply is an aggregate; whether it is no reply but a message
    *("error", "whole", "broken"),  # what was found last
    *("verb", "size"),  # of a push: length of its first word, which tells what it is; bytes so far
)


# Times, addresses and what a recording may hold more of than 32 bits count; the rest is half as wide, for the caches' sake.
_WIDE = frozenset(("unit", "due_ns", "free_ns", "address", "unsent_at", "skip", "number", "size", "room", "todo"))


def _fields(prefix: str, names: tuple[str, ...], count: int) -> list[tuple[str, str, tuple[int]]]:
    return [(f"{prefix}_{name}", "<i8" if name in _WIDE else "<i4", (count + _APART,)) for name in names]


STATE = np.dtype(
    [
        *((name, "<i8") for name in _COUNTERS),
        *_fields("e", _ENTRY, ENTRIES),
        *_fields("lane", (*_QUEUE, "room"), MOST_LINKS),
        *_fields("slot", _QUEUE, SLOTS),
        *_fields("link", _LINK, MOST_LINKS),
        *_fields("scan", _SCAN, MOST_LINKS),
        ("text", "u1", (MOST_LINKS, TEXT_BYTES)),
        ("shard_of", "<i8", (SLOTS,)),
        ("own_clients", "<i8", (MOST_OWN,)),
        ("own_lanes", "<i8", (MOST_OWN,)),
        ("moved_text", "u1", (MOST_LINKS, TEXT_BYTES)),
        ("link_of_fd", "<i8", (MOST_FDS,)),
        ("free", "<i8", (ENTRIES,)),
        ("dirty", "<i8", (MOST_LINKS,)),
        ("work_lanes", "<i8", (ENTRIES + 2,)),
        ("work_slots", "<i8", (ENTRIES + 2,)),
        ("redirected", "<i8", (ENTRIES,)),
        ("redirect_text", "u1", (ENTRIES, TEXT_BYTES)),
        ("recent", "<i8", (RECENT,)),
        ("error_words", "u1", (ERROR_KINDS, WORD_BYTES)),
        ("error_counts", "<i8", (ERROR_KINDS,)),
        ("pieces", "<i8", (2 * MOST_PIECES,)),
        ("events", "<i4", (4 * MOST_EVENTS,)),
        ("watched", "<i4", (4,)),  # one event, as epoll_ctl takes it
        ("clock", "<i8", (2,)),
        ("cpu_clock", "<i8", (2,)),
        ("alarm", "<i8", (4,)),
        ("received", "u1", (RECEIVE_BYTES,)),
    ]
)
_LISTS = ("lane_link", "lane_head", "lane_tail", "slot_link", "slot_head", "slot_tail", "link_head", "link_tail")


def make_state() -> State:
    """An empty one. It is the same for every task: its sizes are part of what the loops are compiled for."""
    state = np.zeros(1, dtype=STATE)
    for name in (*_LISTS, "link_unsent", "link_wait", "link_held", "lost_link", "broken_link"):
        state[name] = NONE
    state["own_from"] = 1 << 62
    state["free"] = np.arange(ENTRIES)[::-1]
    state["free_count"] = ENTRIES
    return state[0]


@kernel
def take_entry(s: State) -> int:
    """An entry nobody uses; there must be one."""
    s["free_count"] -= 1
    return int(s["free"][s["free_count"]])


@kernel
def give_back(s: State, e: int) -> None:
    """The entry may be used again."""
    s["free"][s["free_count"]] = e
    s["free_count"] += 1
