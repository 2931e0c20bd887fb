"""Words for operations of which only sizes are recorded: keys and values as long as the recorded ones, contents made up.

Values are pseudo-random bytes that do not compress, taken from one store at a place that follows from key and time: the
same recording gives the same bytes. A key that the recording counts up or down is given digits, so that it can.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Container
from functools import cache
from hashlib import blake2b
from random import Random

from engine.traces.model import Operation

MOST_DIGITS = 18  # any number of so many digits fits 64 bits and can be counted on
COUNTING = frozenset(["INCR", "DECR", "INCRBY", "DECRBY", "INCRBYFLOAT"])
_STORE_BYTES = 1 << 20
_STORE_SEED = 20_260
FIELD = b"field"  # a hash has one: what is written to it is what is read from it
_PADDING = b"~"
_TOKEN = bytes(b"0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_"[byte % 64] for byte in range(256))

Maker = Callable[[bytes, bytes, int | None], tuple[bytes, ...] | None]
"""Key, value and time to live in ms -> arguments; None when they cannot be made."""


def spoken(operation: Operation, counted: Container[bytes] = frozenset()) -> Operation:
    """The operation with a key and arguments of the recorded sizes; as it is when it has arguments or none can be made.

    `counted`: keys (as `sized_key` makes them) that some operation counts up or down: they are given digits.
    """
    if operation.args is not None or operation.key is None or operation.cmd not in _MAKERS:
        return operation
    key = sized_key(operation.key, operation.key_len)
    size = operation.value_len or 0
    value = digits(size) if key in counted else content(zlib.crc32(key, operation.t_us & 0xFFFFFFFF), size)
    args = _MAKERS[operation.cmd](key, value, operation.ttl_ms)
    if args is None:
        return operation
    return Operation(
        t_us=operation.t_us,
        conn=operation.conn,
        db=operation.db,
        cmd=operation.cmd,
        key=key,
        args=args,
        key_len=len(key),
        value_len=operation.value_len,
        reply_len=operation.reply_len,
        ttl_ms=operation.ttl_ms,
        flags=operation.flags,
    )


def sized_key(key: bytes, length: int | None) -> bytes:
    """The key at its recorded length (None: as it stands), where the publisher replaced keys by shorter or longer ones.

    A shorter one is padded. Of a longer one the end, from its middle on, becomes a token of the whole, so that different
    keys stay different as far as the length allows.
    """
    if length is None or length == len(key) or length <= 0:
        return key
    if len(key) < length:
        return key + _PADDING * (length - len(key))
    kept = key[: max(0, min(length // 2, length - 12))]
    token = blake2b(key, digest_size=min(64, length - len(kept))).digest().translate(_TOKEN)
    return (kept + token).ljust(length, _PADDING)


def digits(size: int) -> bytes:
    """A number that can be counted on, of `size` digits as far as there may be so many."""
    return b"1" * max(1, min(size, MOST_DIGITS))


def content(place: int, size: int) -> bytes:
    """`size` bytes of the store from `place` on, round and round."""
    store = _store()
    start = place % _STORE_BYTES
    piece = store[start : start + size]
    while len(piece) < size:
        piece += store[: size - len(piece)]
    return piece


@cache
def _store() -> bytes:
    return Random(_STORE_SEED).randbytes(_STORE_BYTES)


def _key_only(key: bytes, value: bytes, ttl_ms: int | None) -> tuple[bytes, ...]:
    return (key,)


def _key_and(*words: bytes) -> Maker:
    return lambda key, value, ttl_ms: (key, *words)


def _with_value(*before: bytes) -> Maker:
    return lambda key, value, ttl_ms: (key, *before, value)


def _with_member(*before: bytes) -> Maker:
    """An element of a collection has at least one byte."""
    return lambda key, value, ttl_ms: (key, *before, value or _PADDING)


def _set(key: bytes, value: bytes, ttl_ms: int | None) -> tuple[bytes, ...]:
    return (key, value, b"PX", b"%d" % ttl_ms) if ttl_ms else (key, value)


def _get_and_expire(key: bytes, value: bytes, ttl_ms: int | None) -> tuple[bytes, ...]:
    return (key, b"PX", b"%d" % ttl_ms) if ttl_ms else (key,)


def _timed(unit_ms: int, *, value: bool) -> Maker:
    def made(key: bytes, content_: bytes, ttl_ms: int | None) -> tuple[bytes, ...] | None:
        if ttl_ms is None:
            return None
        time = b"%d" % max(1, round(ttl_ms / unit_ms))
        return (key, time, content_) if value else (key, time)

    return made


def _makers(maker: Maker, names: str) -> dict[str, Maker]:
    return dict.fromkeys(names.split(), maker)


_MAKERS: dict[str, Maker] = {
    **_makers(_key_only, "GET GETDEL MGET STRLEN INCR DECR DEL UNLINK EXISTS TYPE TTL PTTL PERSIST TOUCH EXPIRETIME"),
    **_makers(_key_only, "HGETALL HKEYS HVALS HLEN LLEN LPOP RPOP SMEMBERS SCARD SPOP SRANDMEMBER ZCARD XLEN"),
    **_makers(_key_only, "ZPOPMIN ZPOPMAX PFCOUNT DUMP"),
    **_makers(_with_value(), "APPEND SETNX GETSET MSET MSETNX"),
    **_makers(_key_and(b"1"), "INCRBY DECRBY INCRBYFLOAT"),
    **_makers(_key_and(FIELD), "HGET HMGET HEXISTS HSTRLEN HDEL"),
    **_makers(_key_and(b"count", b"1"), "HINCRBY HINCRBYFLOAT"),
    **_makers(_key_and(b"0", b"-1"), "GETRANGE LRANGE ZRANGE ZREVRANGE"),
    **_makers(_key_and(b"-inf", b"+inf"), "ZRANGEBYSCORE ZCOUNT"),
    **_makers(_key_and(b"-", b"+"), "XRANGE"),
    **_makers(_key_and(b"0"), "LINDEX HSCAN SSCAN ZSCAN"),
    **_makers(_with_value(FIELD), "HSET HMSET HSETNX"),
    **_makers(_with_value(b"*", FIELD), "XADD"),
    **_makers(_with_member(), "LPUSH RPUSH LPUSHX RPUSHX SADD SREM SISMEMBER SMISMEMBER PFADD ZSCORE ZMSCORE ZREM"),
    **_makers(_with_member(), "ZRANK ZREVRANK"),
    **_makers(_with_member(b"1"), "ZADD ZINCRBY"),
    "SET": _set,
    "GETEX": _get_and_expire,
    "SETEX": _timed(1000, value=True),
    "PSETEX": _timed(1, value=True),
    "EXPIRE": _timed(1000, value=False),
    "PEXPIRE": _timed(1, value=False),
}
