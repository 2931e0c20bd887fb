"""How many bytes of a command are payload: the values, fields and members it brings to be kept or passed on.

Keys, option words, scores, times, counts and indexes are not payload. Reads and removals carry none (0), because
nothing they name is kept. Of commands the engines do not know, every argument after the first that is no integer
counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from engine import commands

Rule = Callable[[Sequence[bytes]], Iterable[int]]
"""From the arguments after the name to the places of the payload in them."""

_ZADD_OPTIONS = frozenset((b"NX", b"XX", b"GT", b"LT", b"CH", b"INCR"))


def rule_of(cmd: str) -> Rule | None:
    """The rule for a canonical command name. None: never any payload."""
    if cmd in _RULES:
        return _RULES[cmd]
    return None if commands.find(cmd) else _unknown


def value_len(cmd: str, args: Sequence[bytes]) -> int:
    """Payload bytes of one command."""
    return sum(len(args[place]) for place in payload_places(cmd, args))


def payload_places(cmd: str, args: Sequence[bytes]) -> Iterable[int]:
    """Where the payload stands in the arguments."""
    rule = rule_of(cmd)
    return rule(args) if rule else ()


def is_integer(word: bytes) -> bool:
    """How the arguments of unknown commands are told apart: integers are no payload."""
    return word.lstrip(b"-").isdigit()


def _one(place: int) -> Rule:
    return lambda args: (place,) if place < len(args) else ()


def _from(start: int, step: int = 1) -> Rule:
    return lambda args: range(start, len(args), step)


def _zadd(args: Sequence[bytes]) -> Iterable[int]:
    """key [options] score member …"""
    return range(_skip_words(args, 1, _ZADD_OPTIONS) + 1, len(args), 2)


def _geoadd(args: Sequence[bytes]) -> Iterable[int]:
    """key [NX | XX] [CH] longitude latitude member …"""
    return range(_skip_words(args, 1, _ZADD_OPTIONS) + 2, len(args), 3)


def _skip_words(args: Sequence[bytes], start: int, words: frozenset[bytes]) -> int:
    while start < len(args) and args[start].upper() in words:
        start += 1
    return start


def _xadd(args: Sequence[bytes]) -> Iterable[int]:
    """key [NOMKSTREAM] [KEEPREF | DELREF | ACKED] [MAXLEN | MINID [= | ~] threshold [LIMIT count]] id field value …"""
    place = 1
    while place < len(args):
        word = args[place].upper()
        if word in (b"NOMKSTREAM", b"KEEPREF", b"DELREF", b"ACKED"):
            place += 1
        elif word in (b"MAXLEN", b"MINID"):
            place += 3 if args[place + 1 : place + 2] in ([b"="], [b"~"], (b"=",), (b"~",)) else 2
        elif word == b"LIMIT":
            place += 2
        else:
            break
    return range(place + 1, len(args))


def _script(args: Sequence[bytes]) -> Iterable[int]:
    """script numkeys key … arg …: the arguments"""
    return range(2 + _count(args[1:2]), len(args))


def _msetex(args: Sequence[bytes]) -> Iterable[int]:
    """numkeys key value … [options]"""
    return range(2, min(len(args), 2 + 2 * _count(args[:1])), 2)


def _hsetex(args: Sequence[bytes]) -> Iterable[int]:
    """key [options] FIELDS numfields field value …"""
    for place in range(1, len(args)):
        if args[place].upper() == b"FIELDS":
            return range(place + 2, len(args))
    return ()


def _count(words: Sequence[bytes]) -> int:
    return int(words[0]) if words and words[0].isdigit() and len(words[0]) < 10 else 0


def _unknown(args: Sequence[bytes]) -> Iterable[int]:
    return (place for place in range(1, len(args)) if not is_integer(args[place]))


_RULES: dict[str, Rule] = {
    **dict.fromkeys(("SET", "SETNX", "GETSET", "APPEND", "PUBLISH", "SPUBLISH"), _one(1)),
    **dict.fromkeys(("SETEX", "PSETEX", "SETRANGE", "LSET", "ZINCRBY", "RESTORE"), _one(2)),
    **dict.fromkeys(("MSET", "MSETNX"), _from(1, 2)),
    **dict.fromkeys(("HSET", "HMSET", "HSETNX", "LPUSH", "RPUSH", "LPUSHX", "RPUSHX", "SADD", "PFADD"), _from(1)),
    **dict.fromkeys(("HINCRBY", "HINCRBYFLOAT"), _one(1)),
    **dict.fromkeys(("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"), _script),
    "LINSERT": _one(3),
    "ZADD": _zadd,
    "GEOADD": _geoadd,
    "XADD": _xadd,
    "MSETEX": _msetex,
    "HSETEX": _hsetex,
}
