"""What commands on keys of any kind replicate: deleting, times to live, renaming, copying, and scripts' libraries."""

from __future__ import annotations

import copy

from engine import commands
from engine.replication.call import NOTHING, Call, Effects, Rule
from engine.replication.values import LIST, STRING, Refused, Value


def _delete(call: Call) -> Effects:
    gone = [key for key in call.args if call.keys.drop(key)]
    return call.verbatim(when=gone)


def _expire(call: Call) -> Effects:
    """EXPIRE and its kind; conditions stay in what is replicated."""
    value = call.keys.find(call.key)
    deadline_ms = call.deadline_ms()
    if value is None or deadline_ms is None:
        return NOTHING
    before = value.deadline_ms
    for condition in call.options(2):
        if not _may(condition, before, deadline_ms):
            return NOTHING
    if deadline_ms <= call.now_ms:
        call.keys.drop(call.key)
        return call.dropped(call.key)
    call.keys.expire(call.key, deadline_ms)
    return [(b"PEXPIREAT", call.key, b"%d" % deadline_ms, *call.args[2:])]


def _may(condition: bytes, before: int | None, deadline_ms: int) -> bool:
    match condition:
        case b"NX":
            return before is None
        case b"XX":
            return before is not None
        case b"GT":
            return before is not None and deadline_ms > before
        case b"LT":
            return before is None or deadline_ms < before
    raise Refused


def _persist(call: Call) -> Effects:
    value = call.keys.find(call.key)
    if value is None or value.deadline_ms is None:
        return NOTHING
    value.deadline_ms = None
    return call.verbatim()


def _rename(call: Call) -> Effects:
    source, target = call.key, call.arg(1)
    if source == target or (call.name == "RENAMENX" and call.keys.find(target)):
        return NOTHING
    value = call.keys.drop(source)
    if value is None:
        return NOTHING
    call.keys.put(target, value)
    return call.verbatim()


def _copy(call: Call) -> Effects:
    value, target = call.keys.find(call.key), call.arg(1)
    if target == call.key:
        raise Refused
    if value is None or (call.keys.find(target) and b"REPLACE" not in call.options(2)):
        return NOTHING
    call.keys.put(target, copy.deepcopy(value))
    return call.verbatim()


def _restore(call: Call) -> Effects:
    """A payload is not looked into: what a restored key holds is not known."""
    options = call.options(3)
    if call.keys.find(call.key) and b"REPLACE" not in options:
        raise Refused
    deadline_ms = call.deadline_ms()
    call.keys.put(call.key, Value(STRING, deadline_ms))
    if deadline_ms is None or b"ABSTTL" in options:
        return call.verbatim()
    return [(b"RESTORE", call.key, b"%d" % deadline_ms, *call.args[2:], b"ABSTTL")]


def _sort(call: Call) -> Effects:
    options = call.options(0)
    if b"STORE" not in options[1:]:
        return NOTHING
    target = call.arg(options.index(b"STORE", 1) + 1)
    source = call.keys.find(call.key)
    if source is None:
        return call.verbatim(when=call.keys.drop(target))
    count = source.count or len(source.fields) or len(source.scores)
    call.keys.put(target, Value(LIST, count=count))
    return call.verbatim()


def _flush(call: Call) -> Effects:
    call.keys.clear()
    return call.verbatim()


def _no_change(call: Call) -> Effects:
    return NOTHING


def unlisted(call: Call) -> Effects:
    """Writes without a rule of their own are taken to change something, and to be replicated as they are."""
    command = commands.find(call.name)
    return call.verbatim(when=command is not None and command.write)


RULES: dict[str, Rule] = {
    **dict.fromkeys(("DEL", "UNLINK"), _delete),
    **dict.fromkeys(("EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT"), _expire),
    "PERSIST": _persist,
    **dict.fromkeys(("RENAME", "RENAMENX"), _rename),
    "COPY": _copy,
    "RESTORE": _restore,
    "SORT": _sort,
    **dict.fromkeys(("FLUSHALL", "FLUSHDB"), _flush),
    **dict.fromkeys(("PUBLISH", "SPUBLISH", "TOUCH"), _no_change),
}
