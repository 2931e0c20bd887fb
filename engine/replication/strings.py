"""What commands on strings, bitmaps and HyperLogLogs replicate."""

from __future__ import annotations

from engine.replication import numbers
from engine.replication.call import NOTHING, Call, Effects, Rule, after, number
from engine.replication.sketch import Sketch
from engine.replication.values import SHORT, SKETCH, STRING, Refused, Value

_MOST_BITS = 1 << 32


def _text(value: bytes) -> bytes | None:
    return value if len(value) <= SHORT else None


def _store(call: Call, key: bytes, value: bytes, deadline_ms: int | None = None) -> None:
    call.keys.put(key, Value(STRING, deadline_ms, _text(value)))


def _set(call: Call) -> Effects:
    key, value, options = call.key, call.arg(1), call.options(2)
    before = call.keys.find(key, STRING if b"GET" in options else None)
    if (b"NX" in options and before) or (b"XX" in options and not before):
        return NOTHING
    wanted = after(options, b"IFEQ") and call.args[2 + options.index(b"IFEQ") + 1]
    if wanted is not None and (before is None or before.text not in (None, wanted)):
        return NOTHING
    deadline_ms = call.deadline_ms()
    if deadline_ms is not None:
        return _set_until(call, key, value, deadline_ms)
    _store(call, key, value, before.deadline_ms if before and b"KEEPTTL" in options else None)
    if b"GET" in options:
        kept = tuple(word for word in call.args[2:] if word.upper() != b"GET")
        return [(b"SET", key, value, *kept)]
    return call.verbatim()


def _set_until(call: Call, key: bytes, value: bytes, deadline_ms: int) -> Effects:
    if deadline_ms <= call.now_ms and call.dialect.past_set_is_delete:
        return call.dropped(key) if call.keys.drop(key) else NOTHING
    _store(call, key, value, deadline_ms)
    return [(b"SET", key, value, b"PXAT", b"%d" % deadline_ms)]


def _set_for(call: Call) -> Effects:
    """SETEX and PSETEX."""
    deadline_ms = call.deadline_ms()
    if deadline_ms is None or deadline_ms <= call.now_ms:
        raise Refused
    return _set_until(call, call.key, call.arg(2), deadline_ms)


def _get_set(call: Call) -> Effects:
    call.keys.find(call.key, STRING)
    _store(call, call.key, call.arg(1))
    return [(b"SET", call.key, call.arg(1))]


def _set_new(call: Call) -> Effects:
    """SETNX and MSETNX: all or nothing."""
    pairs = call.args[:2] if call.name == "SETNX" else call.args
    if any(call.keys.find(key) for key in pairs[::2]):
        return NOTHING
    return _set_many(call)


def _set_many(call: Call) -> Effects:
    if not call.args or len(call.args) % 2:
        raise Refused
    for key, value in zip(call.args[::2], call.args[1::2], strict=True):
        _store(call, key, value)
    return call.verbatim()


def _set_many_until(call: Call) -> Effects:
    count = number(call.key)
    pairs, options = call.args[1 : 1 + 2 * count], call.options(1 + 2 * count)
    there = [bool(call.keys.find(key)) for key in pairs[::2]]
    if (b"NX" in options and any(there)) or (b"XX" in options and not all(there)):
        return NOTHING
    deadline_ms = call.deadline_ms()
    for key, value in zip(pairs[::2], pairs[1::2], strict=True):
        _store(call, key, value, deadline_ms)
    if deadline_ms is None:
        return call.verbatim()
    return [(b"MSETEX", call.key, *pairs, b"PXAT", b"%d" % deadline_ms)]


def _append(call: Call) -> Effects:
    before = call.keys.find(call.key, STRING)
    text = before.text if before else b""
    value = call.keys.make(call.key, STRING)
    value.text = None if text is None else _text(text + call.arg(1))
    value.ones = None
    return call.verbatim()


def _set_range(call: Call) -> Effects:
    start, part = number(call.arg(1)), call.arg(2)
    if start < 0:
        raise Refused
    if not part:
        return NOTHING
    new = call.keys.find(call.key, STRING) is None
    value = call.keys.make(call.key, STRING)
    text = b"" if new else value.text
    value.kind, value.ones, value.text = STRING, None, None
    if text is not None and start + len(part) <= SHORT:
        value.text = text[:start].ljust(start, b"\0") + part + text[start + len(part) :]
    return call.verbatim()


def _count(call: Call) -> Effects:
    """INCR and its kind."""
    step = number(call.arg(1)) if call.name.endswith("BY") else 1
    value = call.keys.find(call.key, STRING)
    if value is not None and value.text is None:
        raise Refused
    before = number(value.text or b"") if value else 0
    total = before + (-step if call.name.startswith("DECR") else step)
    if not -(1 << 63) <= total < 1 << 63:
        raise Refused
    call.keys.make(call.key, STRING).text = b"%d" % total
    return call.verbatim()


def _count_float(call: Call) -> Effects:
    value = call.keys.find(call.key, STRING)
    if value is not None and value.text is None:
        raise Refused
    total = numbers.add_float((value.text or b"") if value else b"0", call.arg(1))
    call.keys.make(call.key, STRING).text = total
    return [(b"SET", call.key, total, b"KEEPTTL")]


def _get_until(call: Call) -> Effects:
    """GETEX."""
    value = call.keys.find(call.key, STRING)
    if value is None:
        return NOTHING
    if b"PERSIST" in call.options(1):
        had, value.deadline_ms = value.deadline_ms, None
        return [(b"PERSIST", call.key)] if had is not None else NOTHING
    deadline_ms = call.deadline_ms()
    if deadline_ms is None:
        return NOTHING
    if deadline_ms <= call.now_ms:
        call.keys.drop(call.key)
        return call.dropped(call.key)
    call.keys.expire(call.key, deadline_ms)
    return [(b"PEXPIREAT", call.key, b"%d" % deadline_ms)]


def _get_delete(call: Call) -> Effects:
    call.keys.find(call.key, STRING)
    return [(b"DEL", call.key)] if call.keys.drop(call.key) else NOTHING


def _delete_if_equal(call: Call) -> Effects:
    value = call.keys.find(call.key, STRING)
    if value is None or value.text not in (None, call.arg(1)):
        return NOTHING
    return _get_delete(call)


def _set_bit(call: Call) -> Effects:
    place, bit = number(call.arg(1)), number(call.arg(2))
    if not 0 <= place < _MOST_BITS or bit not in (0, 1):
        raise Refused
    new = call.keys.find(call.key, STRING) is None
    value = call.keys.make(call.key, STRING)
    value.kind = STRING
    if new:
        value.text = b""
    if value.text is not None and place // 8 < SHORT:
        before = value.text
        value.text = _with_bit(before, place, bit)
        return call.verbatim(when=value.text != before)
    if value.text is None and value.ones is None:
        return call.verbatim()  # what is there is not known
    return call.verbatim(when=_bitmap(value, place, bit))


def _with_bit(text: bytes, place: int, bit: int) -> bytes:
    out = bytearray(text.ljust(place // 8 + 1, b"\0"))
    mask = 128 >> place % 8
    out[place // 8] = out[place // 8] | mask if bit else out[place // 8] & ~mask
    return bytes(out)


def _bitmap(value: Value, place: int, bit: int) -> bool:
    """Set a bit of a long string; whether that changed it."""
    if value.ones is None:
        text = value.text or b""
        value.ones = {8 * at + one for at, byte in enumerate(text) for one in range(8) if byte & 128 >> one}
        value.length, value.text = len(text), None
    changed = place >= 8 * value.length or (place in value.ones) != bool(bit)
    value.length = max(value.length, place // 8 + 1)
    (value.ones.add if bit else value.ones.discard)(place)
    return changed


def _bit_field(call: Call) -> Effects:
    if not any(word in (b"SET", b"INCRBY") for word in call.options(1)):
        return NOTHING
    value = call.keys.make(call.key, STRING)
    value.text = value.ones = None
    return call.verbatim()


def _bit_operation(call: Call) -> Effects:
    target = call.arg(1)
    if not any(call.keys.find(key, STRING) for key in call.args[2:]):
        return call.verbatim(when=call.keys.drop(target))
    call.keys.put(target, Value(STRING))
    return call.verbatim()


def _sketch(call: Call, key: bytes) -> Sketch:
    value = call.keys.make(key, SKETCH)
    value.sketch = value.sketch or Sketch()
    return value.sketch


def _add_to_sketch(call: Call) -> Effects:
    new = call.keys.find(call.key, SKETCH) is None
    sketch = _sketch(call, call.key)
    risen = [sketch.add(element) for element in call.args[1:]]
    sketch.dirty = sketch.dirty or any(risen)
    return call.verbatim(when=new or any(risen))


def _count_sketch(call: Call) -> Effects:
    """PFCOUNT of one key keeps the answer in the key, which is a write once after every change."""
    value = call.keys.find(call.key, SKETCH)
    if len(call.args) != 1 or value is None or value.sketch is None or not value.sketch.dirty:
        return NOTHING
    value.sketch.dirty = False
    return call.verbatim()


def _merge_sketches(call: Call) -> Effects:
    others = [call.keys.find(key, SKETCH) for key in call.args[1:]]
    target = _sketch(call, call.key)
    for other in others:
        if other is not None and other.sketch is not None:
            target.merge(other.sketch)
    target.dirty = True
    return call.verbatim()


RULES: dict[str, Rule] = {
    "SET": _set,
    **dict.fromkeys(("SETEX", "PSETEX"), _set_for),
    "GETSET": _get_set,
    **dict.fromkeys(("SETNX", "MSETNX"), _set_new),
    "MSET": _set_many,
    "MSETEX": _set_many_until,
    "APPEND": _append,
    "SETRANGE": _set_range,
    **dict.fromkeys(("INCR", "DECR", "INCRBY", "DECRBY"), _count),
    "INCRBYFLOAT": _count_float,
    "GETEX": _get_until,
    "GETDEL": _get_delete,
    "DELIFEQ": _delete_if_equal,
    "SETBIT": _set_bit,
    "BITFIELD": _bit_field,
    "BITOP": _bit_operation,
    "PFADD": _add_to_sketch,
    "PFCOUNT": _count_sketch,
    "PFMERGE": _merge_sketches,
}
