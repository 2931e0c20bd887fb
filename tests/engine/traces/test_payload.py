"""The payload of a command is what it brings to be kept."""

from __future__ import annotations

import pytest

from engine.commands import find, split
from engine.traces.payload import value_len


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("SET key value EX 10", 5),
        ("SETEX key 10 value", 5),
        ("GETSET key value", 5),
        ("APPEND key xyz", 3),
        ("SETRANGE key 100 xyz", 3),
        ("MSET a 11 b 2222", 6),
        ("MSETEX 2 a 11 b 2222 EX 5", 6),
        ("HSET h field value f2 v2", 14),
        ("HSETEX h EX 5 FIELDS 1 field value", 10),
        ("HINCRBY h field 12", 5),
        ("LPUSH l one two", 6),
        ("LINSERT l BEFORE pivot new", 3),
        ("LSET l 0 new", 3),
        ("SADD s one three", 8),
        ("ZADD z 1.5 member 2 m2", 8),
        ("ZADD z NX CH 1.5 member", 6),
        ("ZINCRBY z 2 member", 6),
        ("GEOADD g 1.0 2.0 Paris 3.0 4.0 Rome", 9),
        ("XADD s * field value", 10),
        ("XADD s NOMKSTREAM MAXLEN ~ 1000 LIMIT 10 5-1 f v", 2),
        ("XADD s MAXLEN 1000 * f v", 2),
        ("EVAL script 2 k1 k2 arg1 a2", 6),
        ("EVAL script 0", 0),
        ("FCALL f 1 k value", 5),
        ("PUBLISH channel message", 7),
        ("RESTORE k 0 payload", 7),
        ("PFADD h one two", 6),
        ("GET key", 0),
        ("HGET h field", 0),
        ("DEL key", 0),
        ("SREM s member", 0),
        ("INCRBY c 100", 0),
        ("EXPIRE k 100", 0),
        ("JSON.SET doc $ {}", 3),
        ("SET key", 0),
        ("EVAL script", 0),
        ("XADD s", 0),
    ],
)
def test_payload_is_values_fields_and_members(line: str, expected: int) -> None:
    cmd, args = split([word.encode() for word in line.split()])
    assert value_len(cmd, args) == expected


def test_every_payload_rule_is_for_a_command_the_engines_know() -> None:
    from engine.traces.payload import _RULES

    assert [name for name in _RULES if find(name) is None] == []
