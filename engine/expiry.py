"""Times to live inside commands: what a command sets, and the same command on another clock and at another speed.

Pure. Knows SET, GETEX, MSETEX, SETEX, PSETEX, the EXPIRE and HEXPIRE families, HSETEX, HGETEX and RESTORE; every other
command, and every call whose arguments do not fit, has no time to live and is handed back unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class _Time:
    """A time to live found in the arguments: where its number stands, its unit in ms, whether it is a Unix time.

    `word` is the place of the option word before it (EX, PXAT), None when the command itself says the unit.
    """

    place: int
    unit_ms: int
    absolute: bool
    word: int | None = None


_OPTIONS = {b"EX": (1000, False), b"PX": (1, False), b"EXAT": (1000, True), b"PXAT": (1, True)}
_IN_MS = {b"EX": b"PX", b"EXAT": b"PXAT"}
_COMPARED = frozenset((b"IFEQ", b"IFNE", b"IFDEQ", b"IFDNE"))  # SET options that carry a value
_Finder = Callable[[Sequence[bytes]], _Time | None]


def relative_ttl_ms(cmd: str, args: Sequence[bytes], now_ms: int) -> int | None:
    """The time to live the command sets, in ms from `now_ms` (Unix time of the command); None when it sets none.

    A time already past counts as 0: the key is gone at once.
    """
    time = _find(cmd, args)
    if time is None:
        return None
    ttl_ms = int(args[time.place]) * time.unit_ms
    return max(0, ttl_ms - now_ms if time.absolute else ttl_ms)


def rescaled(
    cmd: str, args: tuple[bytes, ...], *, speed: float, recorded_start_ms: int, replay_start_ms: int
) -> tuple[bytes, ...]:
    """The arguments with their time to live moved to the clock of a replay that runs `speed` times as fast.

    A relative time is divided by `speed` and stays at least one unit. An absolute one becomes
    `replay_start_ms + (it - recorded_start_ms) / speed`. Times of zero or less (delete now) stay as they are.
    Where an option in seconds (EX, EXAT) would no longer be whole it is written in milliseconds (PX, PXAT), because the
    engines replicate both alike; commands that only take seconds are rounded.
    """
    time = _find(cmd, args)
    if time is None or int(args[time.place]) <= 0:
        return args
    value_ms = int(args[time.place]) * time.unit_ms
    if time.absolute:
        scaled_ms = max(1, replay_start_ms + round((value_ms - recorded_start_ms) / speed))
    else:
        scaled_ms = max(1, round(value_ms / speed))
    return _written(args, time, scaled_ms) if scaled_ms != value_ms else args


def _written(args: tuple[bytes, ...], time: _Time, scaled_ms: int) -> tuple[bytes, ...]:
    out = list(args)
    if scaled_ms % time.unit_ms == 0:
        out[time.place] = b"%d" % (scaled_ms // time.unit_ms)
    elif time.word is not None:
        out[time.place] = b"%d" % scaled_ms
        out[time.word] = _IN_MS[args[time.word].upper()]
    else:
        out[time.place] = b"%d" % max(1, round(scaled_ms / time.unit_ms))
    return tuple(out)


@dataclass(frozen=True, slots=True)
class TimePlace:
    """Where a call has its time to live, whether or not the word there is a time. `place`: in the arguments."""

    place: int
    unit_ms: int
    absolute: bool


def time_place(cmd: str, args: Sequence[bytes]) -> TimePlace | None:
    """Where a command with these option words has its time to live; None when it sets none."""
    finder = _FINDERS.get(cmd)
    time = finder(args) if finder and len(args) > 1 else None
    return TimePlace(time.place, time.unit_ms, time.absolute) if time and time.place < len(args) else None


def has_ttl_rule(cmd: str) -> bool:
    """Whether the command may carry a time to live at all."""
    return cmd in _FINDERS


def _find(cmd: str, args: Sequence[bytes]) -> _Time | None:
    finder = _FINDERS.get(cmd)
    time = finder(args) if finder else None
    return time if time is not None and time.place < len(args) and _is_time(args[time.place], time.unit_ms) else None


def _is_time(text: bytes, unit_ms: int) -> bool:
    """An integer whose milliseconds fit 64 bits; the engines refuse others."""
    if not 0 < len(text) <= 20 or not (text.isdigit() or (text[:1] == b"-" and text[1:].isdigit())):
        return False
    return abs(int(text)) * unit_ms < 1 << 63


def _at(place: int, unit_ms: int, absolute: bool) -> _Finder:
    time = _Time(place, unit_ms, absolute)
    return lambda _args: time


def _option(args: Sequence[bytes], start: int) -> _Time | None:
    """The first of EX, PX, EXAT, PXAT from `start` on, before the fields of a hash begin."""
    place = start
    while place < len(args) - 1:
        word = args[place].upper() if len(args[place]) < 8 else b""
        if word in _OPTIONS:
            return _Time(place + 1, *_OPTIONS[word], word=place)
        if word == b"FIELDS":
            return None
        place += 2 if word in _COMPARED else 1
    return None


def _mset_option(args: Sequence[bytes]) -> _Time | None:
    if not args or not args[0].isdigit() or len(args[0]) > 9:
        return None
    return _option(args, 1 + 2 * int(args[0]))


def _restore(args: Sequence[bytes]) -> _Time | None:
    """RESTORE key ttl-ms value [ABSTTL]; a time of 0 means none."""
    if len(args) < 3 or args[1] == b"0":
        return None
    return _Time(1, 1, any(arg.upper() == b"ABSTTL" for arg in args[3:]))


_FINDERS: dict[str, _Finder] = {
    "SET": lambda args: _option(args, 2),
    "GETEX": lambda args: _option(args, 1),
    "HGETEX": lambda args: _option(args, 1),
    "HSETEX": lambda args: _option(args, 1),
    "MSETEX": _mset_option,
    "SETEX": _at(1, 1000, absolute=False),
    "PSETEX": _at(1, 1, absolute=False),
    "EXPIRE": _at(1, 1000, absolute=False),
    "PEXPIRE": _at(1, 1, absolute=False),
    "EXPIREAT": _at(1, 1000, absolute=True),
    "PEXPIREAT": _at(1, 1, absolute=True),
    "HEXPIRE": _at(1, 1000, absolute=False),
    "HPEXPIRE": _at(1, 1, absolute=False),
    "HEXPIREAT": _at(1, 1000, absolute=True),
    "HPEXPIREAT": _at(1, 1, absolute=True),
    "RESTORE": _restore,
}
