"""What commands on sets replicate. Which members a random pop takes is not known: any of them stands for the rest."""

from __future__ import annotations

from itertools import islice

from engine.replication.call import NOTHING, Call, Effects, Rule, number
from engine.replication.values import SET, ZSET, Value


def members(value: Value | None) -> set[bytes]:
    """The members of a set or a sorted set."""
    if value is None:
        return set()
    return set(value.scores) if value.kind == ZSET else set(value.fields)


def _add(call: Call) -> Effects:
    fields = call.keys.make(call.key, SET).fields
    before = len(fields)
    fields.update(dict.fromkeys(call.args[1:]))
    return call.verbatim(when=len(fields) > before)


def _remove(call: Call) -> Effects:
    value = call.keys.find(call.key, SET)
    if value is None:
        return NOTHING
    before = len(value.fields)
    for member in call.args[1:]:
        value.fields.pop(member, None)
    changed = len(value.fields) < before
    call.keys.tidy(call.key)
    return call.verbatim(when=changed)


def _pop(call: Call) -> Effects:
    value = call.keys.find(call.key, SET)
    count = number(call.arg(1)) if len(call.args) > 1 else 1
    if value is None or count <= 0:
        return NOTHING
    if len(call.args) > 1 and count >= len(value.fields):
        call.keys.drop(call.key)
        return call.dropped(call.key)
    taken = list(islice(value.fields, count))
    for member in taken:
        del value.fields[member]
    call.keys.tidy(call.key)
    if call.dialect.spop_in_one:
        return [(b"SREM", call.key, *taken)]
    return [(b"SREM", call.key, member) for member in taken]


def _move(call: Call) -> Effects:
    source, member = call.keys.find(call.key, SET), call.arg(2)
    call.keys.find(call.arg(1), SET)
    if source is None or member not in source.fields or call.key == call.arg(1):
        return NOTHING
    del source.fields[member]
    call.keys.tidy(call.key)
    call.keys.make(call.arg(1), SET).fields[member] = None
    return call.verbatim()


def _store(call: Call) -> Effects:
    """SINTERSTORE, SUNIONSTORE, SDIFFSTORE: an empty result deletes the target, and is nothing when there is none."""
    first, *others = (members(call.keys.find(key, SET)) for key in call.args[1:])
    if call.name == "SINTERSTORE":
        found = first.intersection(*others)
    else:
        found = first.union(*others) if call.name == "SUNIONSTORE" else first.difference(*others)
    if not found:
        return call.verbatim(when=call.keys.drop(call.key))
    call.keys.put(call.key, Value(SET, fields=dict.fromkeys(found, None)))
    return call.verbatim()


RULES: dict[str, Rule] = {
    "SADD": _add,
    "SREM": _remove,
    "SPOP": _pop,
    "SMOVE": _move,
    **dict.fromkeys(("SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"), _store),
}
