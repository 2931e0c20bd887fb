"""Words as MONITOR prints them, as compiled loops: in double quotes, with the escapes of the servers' own printing."""

from __future__ import annotations

import numpy as np

from engine.kernels import kernel
from engine.traces.block import I64, U8

_SPACE, _QUOTE, _BACKSLASH, _TILDE, _X = 32, 34, 92, 126, 120
_NEWLINE, _RETURN, _TAB, _BELL, _BACKSPACE = 10, 13, 9, 7, 8


@kernel
def _letter(byte: int) -> int:
    """The letter after the backslash, 0 for a byte that is printed as it is or as \\xHH."""
    if byte in (_QUOTE, _BACKSLASH):
        return byte
    if byte == _NEWLINE:
        return 110
    if byte == _RETURN:
        return 114
    if byte == _TAB:
        return 116
    return 97 if byte == _BELL else 98 if byte == _BACKSPACE else 0


@kernel
def _hex(nibble: int) -> int:
    return nibble + (48 if nibble < 10 else 87)


@kernel
def _printed(byte: int, out: U8, place: int) -> int:
    """Write one byte's text; answers the place after it."""
    letter = _letter(byte)
    if letter:
        out[place], out[place + 1] = _BACKSLASH, letter
        return place + 2
    if _SPACE <= byte <= _TILDE:
        out[place] = byte
        return place + 1
    out[place], out[place + 1] = _BACKSLASH, _X
    out[place + 2], out[place + 3] = _hex(byte >> 4), _hex(byte & 15)
    return place + 4


@kernel
def quoted(data: U8, offsets: I64, first: I64) -> tuple[U8, I64]:
    """The text of every command's words, ` "SET" "k" "v"` one after the other, and where each command's begins."""
    words = len(offsets) - 1
    out = np.empty(4 * len(data) + 3 * words, np.uint8)
    starts = np.zeros(len(first), np.int64)
    place = 0
    for row in range(len(first) - 1):
        for word in range(first[row], first[row + 1]):
            out[place], out[place + 1] = _SPACE, _QUOTE
            place += 2
            for at in range(offsets[word], offsets[word + 1]):
                place = _printed(data[at], out, place)
            out[place] = _QUOTE
            place += 1
        starts[row + 1] = place
    return out[:place], starts
