"""Finds the ends of replies and the errors among them in received bytes, however they are cut. RESP2 and RESP3. Compiled.

No reply is kept: what is left of one between two calls is how many of its items and bytes are still to come.
"""

from __future__ import annotations

import numpy as np

from engine.kernels import kernel
from engine.replay.compiled.tables import TEXT_BYTES, State

_CR, _LF, _ZERO, _MINUS = 13, 10, 48, 45
_STRING, _ERROR, _INTEGER, _BULK, _ARRAY = 43, 45, 58, 36, 42  # + - : $ *
_NULL, _DOUBLE, _BOOLEAN, _BIG, _VERBATIM, _BULK_ERROR = 95, 44, 35, 40, 61, 33  # _ , # ( = !
_MAP, _SET, _PUSH, _ATTRIBUTE = 37, 126, 62, 124  # % ~ > |


@kernel
def next_event(s: State, link: int, at: int, stop: int) -> int:
    """Read on from `at` until an error or the end of a reply (or both), or `stop`. Answers the place after it.

    `scan_error`, `scan_whole` and `scan_broken` say what was found; the first `scan_length` bytes of `text` are the
    error's beginning.
    """
    s["scan_error"][link] = 0
    s["scan_whole"][link] = 0
    s["scan_broken"][link] = 0
    while at < stop:
        if s["scan_skip"][link] > 0:
            at = _skip(s, link, at, stop)
            if s["scan_skip"][link] == 0:
                _end_item(s, link)
        elif s["scan_kind"][link] == 0:
            _begin_item(s, link, s["received"][at])
            at += 1
        else:
            at = _read_line(s, link, at, stop)
            if at < stop:
                at += 1
                _end_line(s, link)
        if s["scan_error"][link] or s["scan_whole"][link] or s["scan_broken"][link]:
            return at
    return at


@kernel
def _skip(s: State, link: int, at: int, stop: int) -> int:
    count = min(s["scan_skip"][link], stop - at)
    if s["scan_kind"][link] == _BULK_ERROR:
        for place in range(at, at + count):
            _keep(s, link, s["received"][place])
    s["scan_skip"][link] -= count
    return int(at + count)


@kernel
def _keep(s: State, link: int, byte: int) -> None:
    if s["scan_length"][link] < TEXT_BYTES and byte not in (_CR, _LF):
        s["text"][link, s["scan_length"][link]] = byte
        s["scan_length"][link] += 1


@kernel
def _begin_item(s: State, link: int, byte: int) -> None:
    if s["scan_todo"][link] == 0:
        s["scan_todo"][link] = 1
        s["scan_nested"][link] = 0
        s["scan_push"][link] = 1 if byte == _PUSH else 0
    s["scan_kind"][link] = byte
    s["scan_number"][link] = 0
    s["scan_negative"][link] = 0
    s["scan_length"][link] = 0


@kernel
def _read_line(s: State, link: int, at: int, stop: int) -> int:
    """To the line's end; answers its place, or `stop` when it has not come yet."""
    kind = s["scan_kind"][link]
    if kind in (_INTEGER, _BULK, _ARRAY, _MAP, _SET, _PUSH, _ATTRIBUTE, _VERBATIM, _BULK_ERROR):
        number = s["scan_number"][link]
        while at < stop and s["received"][at] != _LF:
            byte = s["received"][at]
            if byte == _MINUS:
                s["scan_negative"][link] = 1
            elif byte != _CR:
                number = number * 10 + np.int64(byte) - _ZERO
            at += 1
        s["scan_number"][link] = number
    elif kind == _ERROR:
        while at < stop and s["received"][at] != _LF:
            _keep(s, link, s["received"][at])
            at += 1
    else:
        while at < stop and s["received"][at] != _LF:
            at += 1
    return at


@kernel
def _end_line(s: State, link: int) -> None:
    kind, number = s["scan_kind"][link], 0 if s["scan_negative"][link] else s["scan_number"][link]
    if kind in (_BULK, _VERBATIM, _BULK_ERROR):
        if s["scan_negative"][link]:
            _end_item(s, link)
        else:
            s["scan_skip"][link] = number + 2
    elif kind in (_ARRAY, _SET, _PUSH):
        _open(s, link, number)
    elif kind == _MAP:
        _open(s, link, 2 * number)
    elif kind == _ATTRIBUTE:  # stands before an item and is none
        s["scan_todo"][link] += 2 * number
        s["scan_kind"][link] = 0
    elif kind in (_STRING, _ERROR, _INTEGER, _NULL, _DOUBLE, _BOOLEAN, _BIG):
        _end_item(s, link)
    else:
        s["scan_broken"][link] = 1


@kernel
def _open(s: State, link: int, items: int) -> None:
    s["scan_nested"][link] = 1
    s["scan_todo"][link] += items
    _end_item(s, link)


@kernel
def _end_item(s: State, link: int) -> None:
    if s["scan_kind"][link] in (_ERROR, _BULK_ERROR):
        s["scan_error"][link] = 1
    s["scan_kind"][link] = 0
    s["scan_todo"][link] -= 1
    if s["scan_todo"][link] == 0 and not s["scan_push"][link]:
        s["scan_whole"][link] = 1
