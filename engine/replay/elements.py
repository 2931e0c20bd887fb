"""Which members of a collection a command names, and how large their values are: what is needed to create a key that
answers the recording's reads. Pure; commands not listed name no members.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Element = tuple[bytes, int | None]  # member, size of its value in bytes (None: the command does not say)


def _singles(args: Sequence[bytes]) -> list[Element]:
    return [(member, None) for member in args[1:]]


def _first_only(args: Sequence[bytes]) -> list[Element]:
    return [(args[1], None)] if len(args) > 1 else []


def _pairs(args: Sequence[bytes]) -> list[Element]:
    return [(args[at], len(args[at + 1])) for at in range(1, len(args) - 1, 2)]


def _scored(args: Sequence[bytes]) -> list[Element]:
    """ZADD key [options] score member …: pairs counted from the end, so that options need not be known."""
    out: list[Element] = []
    for at in range(len(args) - 1, 1, -2):
        if not _is_score(args[at - 1]):
            break
        out.append((args[at], None))
    return out


def _is_score(text: bytes) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _increment(args: Sequence[bytes]) -> list[Element]:
    return [(args[2], None)] if len(args) > 2 else []


_NAMED: dict[str, Callable[[Sequence[bytes]], list[Element]]] = {
    **dict.fromkeys(("HSET", "HMSET"), _pairs),
    **dict.fromkeys(("HGET", "HEXISTS", "HSTRLEN", "HSETNX", "HINCRBY", "HINCRBYFLOAT"), _first_only),
    **dict.fromkeys(("HMGET", "HDEL"), _singles),
    **dict.fromkeys(("SADD", "SREM", "SMISMEMBER"), _singles),
    "SISMEMBER": _first_only,
    "ZADD": _scored,
    "ZINCRBY": _increment,
    **dict.fromkeys(("ZSCORE", "ZRANK", "ZREVRANK"), _first_only),
    **dict.fromkeys(("ZMSCORE", "ZREM"), _singles),
    **dict.fromkeys(("LPUSH", "RPUSH", "LPUSHX", "RPUSHX", "PFADD"), _singles),
}


def elements(cmd: str, args: Sequence[bytes]) -> list[Element]:
    """The members a command names, with the sizes of their values."""
    named = _NAMED.get(cmd)
    return named(args) if named else []
