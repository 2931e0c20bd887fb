"""What commands on streams replicate: ids instead of `*`, lengths instead of `~`, claims instead of reads."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from dataclasses import dataclass

from engine.replication.call import NOTHING, Call, Effects, Rule, after, number
from engine.replication.values import STREAM, Group, Refused, Stream, StreamId

_BLOCK_ENTRIES, _BLOCK_BYTES = 100, 4096  # both engines' defaults
_CLAIMED_AT_ONCE = 100


def parsed(word: bytes, sequence: int = 0) -> StreamId:
    """An id; without its second part, `sequence` stands for it."""
    first, _, second = word.partition(b"-")
    return number(first), number(second) if second else sequence


def _shown(ident: StreamId) -> bytes:
    return b"%d-%d" % ident


@dataclass(frozen=True, slots=True)
class _Trim:
    """How a stream is to be cut: by length or by id; where the words stand in the arguments."""

    by_length: bool
    approximate: bool
    threshold: bytes
    sign_at: int | None
    threshold_at: int


def _trim_of(call: Call, start: int) -> tuple[_Trim | None, int]:
    """The trim options from `start` on, and where the arguments go on after them."""
    at, found = start, None
    while at < len(call.args):
        word = call.args[at].upper()
        if word == b"NOMKSTREAM":
            at += 1
        elif word in (b"MAXLEN", b"MINID"):
            sign = call.arg(at + 1) in (b"=", b"~")
            place = at + 1 + sign
            approximate = sign and call.arg(at + 1) == b"~"
            found = _Trim(word == b"MAXLEN", approximate, call.arg(place), at + 1 if sign else None, place)
            at = place + 1
        elif word == b"LIMIT":
            at += 2
        else:
            break
    return found, at


def _cut(stream: Stream, trim: _Trim) -> int:
    """How many entries leave, oldest first."""
    wanted = (
        len(stream.ids) - number(trim.threshold) if trim.by_length else bisect_left(stream.ids, parsed(trim.threshold))
    )
    if trim.approximate:
        whole = 0
        while stream.blocks and whole + stream.blocks[0] <= wanted:
            whole += stream.blocks.pop(0)
        wanted = whole
    elif wanted > 0:
        _shrink(stream, wanted)
    if wanted > 0:
        del stream.ids[:wanted]
    return max(wanted, 0)


def _shrink(stream: Stream, count: int) -> None:
    while count and stream.blocks:
        taken = min(count, stream.blocks[0])
        stream.blocks[0] -= taken
        count -= taken
        if not stream.blocks[0]:
            stream.blocks.pop(0)


def _next_id(word: bytes, stream: Stream, now_ms: int) -> StreamId:
    if word == b"*":
        return (now_ms, 0) if now_ms > stream.last[0] else (stream.last[0], stream.last[1] + 1)
    if word.endswith(b"-*"):
        first = number(word[:-2])
        ident = (first, stream.last[1] + 1 if first == stream.last[0] else 0)
    else:
        ident = parsed(word)
    if ident <= stream.last:
        raise Refused
    return ident


def _add(call: Call) -> Effects:
    trim, at = _trim_of(call, 1)
    value = call.keys.find(call.key, STREAM)
    if value is None and b"NOMKSTREAM" in [word.upper() for word in call.args[1:at]]:
        return NOTHING
    ident = _next_id(call.arg(at), value.stream if value else Stream(), call.now_ms)
    stream = call.keys.make(call.key, STREAM).stream
    size = sum(map(len, call.args[at + 1 :]))
    if not stream.blocks or stream.filled + size >= _BLOCK_BYTES or stream.blocks[-1] >= _BLOCK_ENTRIES:
        stream.blocks.append(0)
        stream.filled = 0
    stream.blocks[-1] += 1
    stream.filled += size + 4 * (len(call.args) - at)
    stream.ids.append(ident)
    stream.last, stream.added = ident, stream.added + 1
    words = list(call.args)
    words[at] = _shown(ident)
    if trim is not None:
        _cut(stream, trim)
        _told(words, trim, stream)
    return [(b"XADD", *words)]


def _told(words: list[bytes], trim: _Trim, stream: Stream) -> None:
    """An approximate trim is replicated as the exact one that it was."""
    if trim.approximate and trim.sign_at is not None:
        words[trim.sign_at] = b"="
        first = stream.ids[0] if stream.ids else (0, 0)
        words[trim.threshold_at] = b"%d" % len(stream.ids) if trim.by_length else _shown(first)


def _trim(call: Call) -> Effects:
    value = call.keys.find(call.key, STREAM)
    trim, _ = _trim_of(call, 1)
    if value is None or trim is None or not _cut(value.stream, trim):
        return NOTHING
    words = list(call.args)
    _told(words, trim, value.stream)
    return [(b"XTRIM", *words)]


def _delete(call: Call) -> Effects:
    value = call.keys.find(call.key, STREAM)
    gone = {parsed(word) for word in call.args[1:]} & set(value.stream.ids) if value else set()
    if value is not None and gone:
        value.stream.ids = [ident for ident in value.stream.ids if ident not in gone]
        _shrink(value.stream, len(gone))
    return call.verbatim(when=gone)


def _group(call: Call, key: bytes, name: bytes) -> tuple[Stream, Group]:
    value = call.keys.find(key, STREAM)
    if value is None or name not in value.stream.groups:
        raise Refused
    return value.stream, value.stream.groups[name]


def _create_group(call: Call) -> Effects:
    value = call.keys.find(call.key, STREAM)
    if value is None and b"MKSTREAM" not in call.options(3):
        raise Refused
    stream = call.keys.make(call.key, STREAM).stream
    if call.arg(1) in stream.groups:
        raise Refused
    stream.groups[call.arg(1)] = Group(stream.last if call.arg(2) == b"$" else parsed(call.arg(2)))
    return call.verbatim()


def _place_group(call: Call) -> Effects:
    stream, group = _group(call, call.key, call.arg(1))
    group.last = stream.last if call.arg(2) == b"$" else parsed(call.arg(2))
    return call.verbatim()


def _destroy_group(call: Call) -> Effects:
    value = call.keys.find(call.key, STREAM)
    return call.verbatim(when=value is not None and value.stream.groups.pop(call.arg(1), None))


def _create_consumer(call: Call) -> Effects:
    _, group = _group(call, call.key, call.arg(1))
    if call.arg(2) in group.consumers:
        return NOTHING
    group.consumers.add(call.arg(2))
    return call.verbatim()


def _read_group(call: Call) -> Effects:
    options = call.options(0)
    at = options.index(b"STREAMS") + 1 if b"STREAMS" in options else len(options)
    count_word = after(options[3:at], b"COUNT")
    count = number(count_word) if count_word else None
    half = (len(options) - at) // 2
    effects: Effects = []
    for key, since in zip(call.args[at : at + half], call.args[at + half :], strict=True):
        if since == b">":
            effects += _handed_out(call, key, count, acknowledged=b"NOACK" in options[3:at])
    return effects


def _handed_out(call: Call, key: bytes, count: int | None, *, acknowledged: bool) -> Effects:
    name, consumer = call.arg(1), call.arg(2)
    stream, group = _group(call, key, name)
    first = bisect_right(stream.ids, group.last)
    found = stream.ids[first : first + count if count else None]
    effects: Effects = []
    if consumer not in group.consumers:
        group.consumers.add(consumer)
        if acknowledged:
            effects.append((b"XGROUP", b"CREATECONSUMER", key, name, consumer))
    for ident in found:
        group.last = ident
        if not acknowledged:
            group.pending[ident] = (1, call.now_ms)
            effects.append(_claim(call, key, group, (name, consumer), ident))
    if found and (acknowledged or call.dialect.read_position_told):
        read = stream.added - (len(stream.ids) - first - len(found))
        effects.append((b"XGROUP", b"SETID", key, name, _shown(group.last), b"ENTRIESREAD", b"%d" % read))
    return effects


def _claim(call: Call, key: bytes, group: Group, who: tuple[bytes, bytes], ident: StreamId) -> tuple[bytes, ...]:
    deliveries, when_ms = group.pending[ident]
    words = (b"XCLAIM", key, *who, b"0", _shown(ident), b"TIME", b"%d" % when_ms, b"RETRYCOUNT", b"%d" % deliveries)
    return (*words, b"FORCE", b"JUSTID", b"LASTID", _shown(group.last))


def _acknowledge(call: Call) -> Effects:
    value = call.keys.find(call.key, STREAM)
    group = value.stream.groups.get(call.arg(1)) if value else None
    if group is None:
        return NOTHING
    return call.verbatim(when=[word for word in call.args[2:] if group.pending.pop(parsed(word), None)])


def _claim_named(call: Call) -> Effects:
    """XCLAIM key group consumer min-idle id …"""
    _, group = _group(call, call.key, call.arg(1))
    named = []
    for word in call.args[4:]:
        if not word[:1].isdigit():
            break
        named.append(parsed(word))
    return _claimed(call, group, named)


def _claim_idle(call: Call) -> Effects:
    """XAUTOCLAIM key group consumer min-idle start."""
    _, group = _group(call, call.key, call.arg(1))
    word = after(call.options(5), b"COUNT")
    start = parsed(call.arg(4)) if call.arg(4) != b"-" else (0, 0)
    return _claimed(call, group, sorted(one for one in group.pending if one >= start), number(word) if word else None)


def _claimed(call: Call, group: Group, idents: list[StreamId], most: int | None = None) -> Effects:
    idle, counts = number(call.arg(3)), b"JUSTID" not in call.options(4)
    effects: Effects = []
    for ident in idents:
        if ident not in group.pending or call.now_ms - group.pending[ident][1] < idle:
            continue
        if len(effects) >= (most or _CLAIMED_AT_ONCE):
            break
        group.pending[ident] = (group.pending[ident][0] + counts, call.now_ms)
        effects.append(_claim(call, call.key, group, (call.arg(1), call.arg(2)), ident))
    return effects


RULES: dict[str, Rule] = {
    "XADD": _add,
    "XTRIM": _trim,
    "XDEL": _delete,
    "XGROUP CREATE": _create_group,
    "XGROUP SETID": _place_group,
    "XGROUP DESTROY": _destroy_group,
    "XGROUP CREATECONSUMER": _create_consumer,
    "XREADGROUP": _read_group,
    "XACK": _acknowledge,
    "XCLAIM": _claim_named,
    "XAUTOCLAIM": _claim_idle,
}
