"""How a workload that matches a summary speaks: one template for each command, and what makes its keys at the start.

Templates name four variables: `{key}` (of a kind of data), `{value}`, `{score}` and `{ttl}` (ms). Commands
without a template are replaced by the nearest: the reading or writing one of their kind.
"""

from __future__ import annotations

from dataclasses import dataclass

from engine import commands

SCRIPT_SOURCE = "return redis.call('GET', KEYS[1])"
_KIND_OF_GROUP = {
    "string": "string",
    "bitmap": "bitmap",
    "hyperloglog": "hyperloglog",
    "hash": "hash",
    "list": "list",
    "set": "set",
    "sorted-set": "zset",
    "geo": "geo",
    "stream": "stream",
    "generic": "string",
    "scripting": "script",
}
KIND_OF_TYPE = {
    "string": "string",
    "hash": "hash",
    "list": "list",
    "set": "set",
    "sortedset": "zset",
    "sorted-set": "zset",
    "zset": "zset",
    "geospatial": "geo",
    "geo": "geo",
    "stream": "stream",
    "hyperloglog": "hyperloglog",
    "bitmap": "bitmap",
    "key": "string",
    "keys": "string",
    "generic": "string",
    "eval": "script",
    "scripting": "script",
}
"""The kinds of data as summaries name them."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of data: its reading and writing command, and one element of a key at the start (`{n}` counts them).

    `elements`: a key is made of several. `overhead_bytes`, `element_bytes`: engine memory of one key beside key and
    payload, and of each element beside its value (name, score, lengths); measured on Valkey 9 for keys below 7 kB.
    """

    read: str
    write: str
    element: str
    elements: bool = False
    overhead_bytes: int = 72
    element_bytes: int = 0


KINDS = {
    "string": Kind('GET "{key}"', 'SET "{key}" {value}', 'SET "{key}" {value}'),
    "counter": Kind('GET "{key}"', 'INCRBY "{key}" 1', 'SET "{key}" 1000'),
    "bitmap": Kind('GETBIT "{key}" 7', 'SETBIT "{key}" 7 1', 'SET "{key}" {value}'),
    "hyperloglog": Kind('PFCOUNT "{key}"', 'PFADD "{key}" {value}', 'PFADD "{key}" {value}'),
    "hash": Kind('HGETALL "{key}"', 'HSET "{key}" f0 {value}', 'HSET "{key}" f{n} {value}', True, 70, 6),
    "list": Kind('LRANGE "{key}" 0 9', 'LSET "{key}" 0 {value}', 'RPUSH "{key}" {value}', True, 70, 2),
    "set": Kind(
        'SISMEMBER "{key}" m0:{value}', 'SADD "{key}" m{score}:{value}', 'SADD "{key}" m{n}:{value}', True, 70, 6
    ),
    "zset": Kind('ZRANGE "{key}" 0 9', 'ZADD "{key}" {score} m0:{value}', 'ZADD "{key}" {n} m{n}:{value}', True, 70, 7),
    "geo": Kind(
        'GEOPOS "{key}" m0:{value}',
        'GEOADD "{key}" 2.{score} 48.8 m0:{value}',
        'GEOADD "{key}" 2.{n} 48.8 m{n}:{value}',
        True,
        70,
        16,
    ),
    "stream": Kind(
        'XRANGE "{key}" - + COUNT 10',
        'XADD "{key}" MAXLEN ~ 100 * field {value}',
        'XADD "{key}" * field {value}',
        True,
        4_300,  # a stream's first block is made at once
        8,
    ),
    "script": Kind('EVALSHA {script} 1 "{key}"', 'EVALSHA {script} 1 "{key}"', 'SET "{key}" {value}'),
}

_TEMPLATES = """
GET "{key}" | STRLEN "{key}" | GETRANGE "{key}" 0 99 | MGET "{key}" | EXISTS "{key}" | TTL "{key}" | PTTL "{key}"
TYPE "{key}" | SET "{key}" {value} | SETNX "{key}" {value} | GETSET "{key}" {value} | MSET "{key}" {value}
PSETEX "{key}" {ttl} {value} | DEL "{key}" | UNLINK "{key}" | PEXPIRE "{key}" {ttl} | GETDEL "{key}" | GETEX "{key}"
TOUCH "{key}" | PERSIST "{key}" | HGET "{key}" f0 | HMGET "{key}" f0 f1 | HGETALL "{key}" | HKEYS "{key}" | HVALS "{key}"
HLEN "{key}" | HEXISTS "{key}" f0 | HSCAN "{key}" 0 | HSET "{key}" f0 {value} | HMSET "{key}" f0 {value}
HSETNX "{key}" f0 {value} | HDEL "{key}" f1 | HINCRBY "{key}" count 1 | LRANGE "{key}" 0 9 | LLEN "{key}"
LINDEX "{key}" 0 | LPUSH "{key}" {value} | RPUSH "{key}" {value} | LPOP "{key}" | RPOP "{key}" | LTRIM "{key}" 0 99
SISMEMBER "{key}" m0:{value} | SMEMBERS "{key}" | SCARD "{key}" | SADD "{key}" m{score}:{value} | SREM "{key}" m{score}:{value}
SRANDMEMBER "{key}" | SPOP "{key}" | ZRANGE "{key}" 0 9 | ZREVRANGE "{key}" 0 9 | ZSCORE "{key}" m0:{value}
ZRANK "{key}" m0:{value} | ZCARD "{key}" | ZCOUNT "{key}" 0 9 | ZADD "{key}" {score} m0:{value} | ZREM "{key}" m1:{value}
ZINCRBY "{key}" 1 m0:{value} | ZRANGEBYSCORE "{key}" 0 9 | XADD "{key}" MAXLEN ~ 100 * field {value} | XLEN "{key}"
XRANGE "{key}" - + COUNT 10 | XREVRANGE "{key}" + - COUNT 10 | PFADD "{key}" {value} | PFCOUNT "{key}"
GEOPOS "{key}" m0:{value} | GEOADD "{key}" 2.{score} 48.8 m0:{value}
LSET "{key}" 0 {value} | SETBIT "{key}" 7 1 | GETBIT "{key}" 7 | BITCOUNT "{key}"
INCR "{key}" | DECR "{key}" | INCRBY "{key}" 1 | DECRBY "{key}" 1
"""
TEMPLATES = {
    text.split()[0]: text.strip() for line in _TEMPLATES.split("\n") for text in line.split("|") if text.strip()
}
NAMED_VALUES = frozenset(("set", "zset", "geo"))  # kinds whose values are names that come again
_COUNTING = frozenset(("INCR", "DECR", "INCRBY", "DECRBY", "INCRBYFLOAT"))


def kind_of(name: str) -> str | None:
    """The kind of data a command works on; None for commands that are no part of the data path."""
    command = commands.find(name)
    if name in _COUNTING:
        return "counter"
    if command is None or not command.data_path:
        return None
    return _KIND_OF_GROUP.get(command.group)


def template_of(name: str, kind: str) -> tuple[str, bool]:
    """The text of a command's template, and whether it is the command's own."""
    if name in TEMPLATES:
        return TEMPLATES[name], True
    command = commands.find(name)
    writes = command is not None and command.write
    if kind == "list" and writes:
        return TEMPLATES["RPUSH"], False  # LSET would need that nobody took the last element
    return (KINDS[kind].write if writes else KINDS[kind].read), kind == "script"


def creation(kind: str, elements: int) -> list[str]:
    """The commands that make a key of so many elements: one command where the kind allows it.

    The values of the elements differ: they are `{value}`, `{value1}`, `{value2}` … except where their names differ.
    """
    element = KINDS[kind].element
    texts = [element.replace("{n}", str(n)) for n in range(elements)]
    if kind not in NAMED_VALUES:
        texts = [text.replace("{value}", f"{{value{n}}}" if n else "{value}") for n, text in enumerate(texts)]
    if kind == "stream":
        return texts
    head, tail = ' "{key}" ', [text.split(' "{key}" ', 1)[1] for text in texts]
    return [element.split(head)[0] + head + " ".join(tail)]


def reads(text: str) -> bool:
    """Whether the command of a template reads; the script does."""
    name = text.split()[0]
    command = commands.find(name)
    return name == "EVALSHA" or (command is not None and command.readonly)
