"""What commands on hashes replicate. Times to live of single fields are passed on; that a field expires is not followed."""

from __future__ import annotations

from engine.replication import numbers
from engine.replication.call import NOTHING, Call, Effects, Rule, number
from engine.replication.values import HASH, SHORT, Refused


def _set(call: Call) -> Effects:
    pairs = call.args[1:]
    if not pairs or len(pairs) % 2:
        raise Refused
    fields = call.keys.make(call.key, HASH).fields
    for name, value in zip(pairs[::2], pairs[1::2], strict=True):
        fields[name] = value if len(value) <= SHORT else None
    return call.verbatim()


def _set_new(call: Call) -> Effects:
    value = call.keys.find(call.key, HASH)
    return NOTHING if value is not None and call.arg(1) in value.fields else _set(call)


def _known(call: Call) -> bytes | None:
    """What stands in the field; 0 when it is not there, None when it is too long to be a number."""
    value = call.keys.find(call.key, HASH)
    return value.fields.get(call.arg(1), b"0") if value else b"0"


def _count(call: Call) -> Effects:
    before = _known(call)
    if before is None:
        raise Refused
    total = number(before) + number(call.arg(2))
    call.keys.make(call.key, HASH).fields[call.arg(1)] = b"%d" % total
    return call.verbatim()


def _count_float(call: Call) -> Effects:
    before = _known(call)
    if before is None:
        raise Refused
    total = numbers.add_float(before, call.arg(2))
    call.keys.make(call.key, HASH).fields[call.arg(1)] = total
    return [(b"HSET", call.key, call.arg(1), total)]


def _delete(call: Call) -> Effects:
    value = call.keys.find(call.key, HASH)
    if value is None:
        return NOTHING
    gone = [name for name in call.args[1:] if name in value.fields]
    for name in gone:
        value.fields.pop(name, None)
    call.keys.tidy(call.key)
    return call.verbatim(when=gone)


def _expire(call: Call) -> Effects:
    """HEXPIRE and its kind."""
    deadline_ms = call.deadline_ms()
    if call.keys.find(call.key, HASH) is None or deadline_ms is None:
        return NOTHING
    return [(b"HPEXPIREAT", call.key, b"%d" % deadline_ms, *call.args[2:])]


def _fields_at(call: Call) -> int:
    options = call.options(0)
    if b"FIELDS" not in options[1:]:
        raise Refused
    return options.index(b"FIELDS", 1)


def _set_until(call: Call) -> Effects:
    """HSETEX."""
    at = _fields_at(call)
    pairs = call.args[at + 2 :]
    fields = call.keys.make(call.key, HASH).fields
    for name, value in zip(pairs[::2], pairs[1::2], strict=False):
        fields[name] = value if len(value) <= SHORT else None
    deadline_ms = call.deadline_ms()
    if deadline_ms is None:
        return call.verbatim()
    return [(b"HSETEX", call.key, b"PXAT", b"%d" % deadline_ms, *call.args[at:])]


def _get_until(call: Call) -> Effects:
    """HGETEX."""
    deadline_ms = call.deadline_ms()
    if call.keys.find(call.key, HASH) is None or deadline_ms is None:
        return NOTHING
    return [(b"HPEXPIREAT", call.key, b"%d" % deadline_ms, *call.args[_fields_at(call) :])]


def _persist(call: Call) -> Effects:
    """Which fields have a time is not followed: taken not to."""
    return NOTHING


RULES: dict[str, Rule] = {
    **dict.fromkeys(("HSET", "HMSET"), _set),
    "HSETNX": _set_new,
    "HINCRBY": _count,
    "HINCRBYFLOAT": _count_float,
    "HDEL": _delete,
    **dict.fromkeys(("HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT"), _expire),
    "HSETEX": _set_until,
    "HGETEX": _get_until,
    "HPERSIST": _persist,
}
