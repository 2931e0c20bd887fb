"""Sockets, the clock and the alarm from inside compiled loops: the C library's own functions. Linux, 64 bits."""

from __future__ import annotations

from engine.kernels import kernel, libc
from engine.replay.compiled.tables import I64, State

_NONE = -1
_MONOTONIC, _THREAD_CPU = 1, 3
_CTL_MOD = 3
_IN, _OUT = 1, 4
_NS = 1_000_000_000
_POLL_NS = 2_000_000  # longer than a server takes for all that is under way; one that takes longer stands still
_FEW_EVENTS = 16  # answers taken in before it is asked again what is due

_clock_gettime = libc("clock_gettime", "int32", "int32", "uintp")
_writev = libc("writev", "int64", "int32", "uintp", "int32")
_recv = libc("recv", "int64", "int32", "uintp", "uint64", "int32")
_read = libc("read", "int64", "int32", "uintp", "uint64")
_epoll_wait = libc("epoll_wait", "int32", "int32", "uintp", "int32", "int32")
_epoll_ctl = libc("epoll_ctl", "int32", "int32", "int32", "int32", "uintp")
_timerfd_settime = libc("timerfd_settime", "int32", "int32", "int32", "uintp", "uintp")


@kernel
def now_ns(s: State) -> int:
    """Since the start of the replay."""
    _clock_gettime(_MONOTONIC, s["clock"].ctypes.data)
    return last_ns(s)


@kernel
def last_ns(s: State) -> int:
    """The same as it was last asked for: nothing else may have been read into the clock since."""
    return int(s["clock"][0] * _NS + s["clock"][1] - s["start_ns"])


@kernel
def wait(s: State, ns: int, timeout_ms: int) -> int:
    """Until a connection has something, `ns` have passed (0: not limited so) or `timeout_ms`; answers the events' number."""
    if ns > 0:
        s["alarm"][2], s["alarm"][3] = ns // _NS, ns % _NS
        _timerfd_settime(s["timer"], 0, s["alarm"].ctypes.data, 0)
    most = len(s["events"]) // 4 if s["closed"] else _FEW_EVENTS
    if s["polls"] and timeout_ms:
        found = _poll(s, most)
        if found:
            return found
    return _epoll_wait(s["epoll"], s["events"].ctypes.data, most, timeout_ms)


@kernel
def _poll(s: State, most: int) -> int:
    """Ask again and again for a while: a server that has to wake its client pays for that. Answers the events' number."""
    found = _epoll_wait(s["epoll"], s["events"].ctypes.data, most, 0)
    if found:
        return found
    spent = _cpu_ns(s)
    begun = now = now_ns(s)
    while found == 0 and now - begun < _POLL_NS:
        found = _epoll_wait(s["epoll"], s["events"].ctypes.data, most, 0)
        now = now_ns(s)
    s["polled_ns"] += _cpu_ns(s) - spent
    return found


@kernel
def _cpu_ns(s: State) -> int:
    """What this thread has used: while it has lost its core, time goes by that costs nothing."""
    _clock_gettime(_THREAD_CPU, s["cpu_clock"].ctypes.data)
    return int(s["cpu_clock"][0] * _NS + s["cpu_clock"][1])


@kernel
def clear_alarm(s: State) -> None:
    """Take note of the alarm, so that the next one can be seen."""
    _read(s["timer"], s["clock"].ctypes.data, 8)


@kernel
def receive(s: State, link: int) -> int:
    """Bytes taken into `s["received"]`; 0 when the other side has closed, negative when there was nothing."""
    return _recv(s["link_fd"][link], s["received"].ctypes.data, len(s["received"]), 0)


@kernel
def flush(s: State, link: int, sent_ns: I64) -> None:
    """Hand what waits to the kernel, many units in one call; what it does not take now leaves when it is writable."""
    while s["link_unsent"][link] != _NONE:
        count, total = _gather(s, link)
        now = now_ns(s)
        taken = max(_writev(s["link_fd"][link], s["pieces"].ctypes.data, count), 0)
        s["bytes_in"] += taken
        _advance(s, link, taken, now, sent_ns)
        if taken < total:
            _watch(s, link, 1)
            return
    if s["link_stuck"][link]:
        _watch(s, link, 0)


@kernel
def _gather(s: State, link: int) -> tuple[int, int]:
    """Addresses and lengths of what waits; answers how many pieces and bytes."""
    e, at = s["link_unsent"][link], s["link_unsent_at"][link]
    count = total = 0
    while e != _NONE and 2 * count < len(s["pieces"]):
        s["pieces"][2 * count] = s["e_address"][e] + at
        s["pieces"][2 * count + 1] = s["e_length"][e] - at
        total += s["e_length"][e] - at
        at = 0
        count += 1
        e = s["e_next_on_link"][e]
    return count, total


@kernel
def _advance(s: State, link: int, taken: int, now: int, sent_ns: I64) -> None:
    while taken > 0:
        e = s["link_unsent"][link]
        left = s["e_length"][e] - s["link_unsent_at"][link]
        if taken < left:
            s["link_unsent_at"][link] += taken
            return
        taken -= left
        if s["e_unit"][e] != _NONE and s["e_redirects"][e] == 0:
            sent_ns[s["e_unit"][e]] = now
        s["link_unsent"][link] = s["e_next_on_link"][e]
        s["link_unsent_at"][link] = 0


@kernel
def _watch(s: State, link: int, writable: int) -> None:
    if s["link_stuck"][link] != writable:
        s["link_stuck"][link] = writable
        fd = s["link_fd"][link]
        s["watched"][0] = _IN | _OUT if writable else _IN
        s["watched"][s["fd_word"]] = fd
        _epoll_ctl(s["epoll"], _CTL_MOD, fd, s["watched"].ctypes.data)
