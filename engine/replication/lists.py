"""What commands on lists replicate. Of a list its length is known, not its elements: LREM and LINSERT are taken to find
what they look for."""

from __future__ import annotations

from engine.replication.call import NOTHING, Call, Effects, Rule, number, span
from engine.replication.values import LIST


def _push(call: Call) -> Effects:
    if call.name.endswith("X") and call.keys.find(call.key, LIST) is None:
        return NOTHING
    call.keys.make(call.key, LIST).count += len(call.args) - 1
    return call.verbatim()


def _take(call: Call, key: bytes, count: int) -> int:
    """How many elements really leave."""
    value = call.keys.find(key, LIST)
    if value is None:
        return 0
    taken = min(count, value.count)
    value.count -= taken
    call.keys.tidy(key)
    return taken


def _pop(call: Call) -> Effects:
    count = number(call.arg(1)) if len(call.args) > 1 else 1
    return call.verbatim(when=_take(call, call.key, count))


def _pop_waiting(call: Call) -> Effects:
    """BLPOP and BRPOP: the first list that has something; nothing while all are empty."""
    for key in call.args[:-1]:
        if _take(call, key, 1):
            return [(b"LPOP" if call.name == "BLPOP" else b"RPOP", key)]
    return NOTHING


def _move(call: Call) -> Effects:
    """LMOVE, RPOPLPUSH and the waiting ones, whose timeout is left out."""
    call.keys.find(call.arg(1), LIST)
    if not _take(call, call.key, 1):
        return NOTHING
    call.keys.make(call.arg(1), LIST).count += 1
    match call.name:
        case "BLMOVE":
            return [(b"LMOVE", *call.args[:4])]
        case "BRPOPLPUSH":
            return [(b"RPOPLPUSH", *call.args[:2])]
    return call.verbatim()


def _pop_several(call: Call) -> Effects:
    """LMPOP and BLMPOP: a pop of the first list that has something, by the number that left."""
    words = call.args[1:] if call.name == "BLMPOP" else call.args
    count = number(words[0])
    keys, side = words[1 : 1 + count], words[1 + count].upper()
    wanted = number(words[3 + count]) if len(words) > 3 + count else 1
    for key in keys:
        if taken := _take(call, key, wanted):
            return [(b"LPOP" if side == b"LEFT" else b"RPOP", key, b"%d" % taken)]
    return NOTHING


def _trim(call: Call) -> Effects:
    value = call.keys.find(call.key, LIST)
    if value is None:
        return NOTHING
    left = span(number(call.arg(1)), number(call.arg(2)), value.count)
    changed, value.count = left != value.count, left
    call.keys.tidy(call.key)
    return call.verbatim(when=changed)


def _remove(call: Call) -> Effects:
    return call.verbatim(when=_take(call, call.key, 1))


def _insert(call: Call) -> Effects:
    value = call.keys.find(call.key, LIST)
    if value is None:
        return NOTHING
    value.count += 1
    return call.verbatim()


def _set(call: Call) -> Effects:
    return call.verbatim(when=call.keys.find(call.key, LIST))


RULES: dict[str, Rule] = {
    **dict.fromkeys(("LPUSH", "RPUSH", "LPUSHX", "RPUSHX"), _push),
    **dict.fromkeys(("LPOP", "RPOP"), _pop),
    **dict.fromkeys(("BLPOP", "BRPOP"), _pop_waiting),
    **dict.fromkeys(("LMOVE", "RPOPLPUSH", "BLMOVE", "BRPOPLPUSH"), _move),
    **dict.fromkeys(("LMPOP", "BLMPOP"), _pop_several),
    "LTRIM": _trim,
    "LREM": _remove,
    "LINSERT": _insert,
    "LSET": _set,
}
