"""What commands on sorted sets and on places replicate."""

from __future__ import annotations

import heapq
from collections.abc import Iterable

from engine.replication import geohash
from engine.replication.call import NOTHING, Call, Effects, Rule, number, span
from engine.replication.numbers import score
from engine.replication.sets import members
from engine.replication.values import SET, ZSET, Refused, Value

_FLAGS = frozenset((b"NX", b"XX", b"GT", b"LT", b"CH", b"INCR"))


def _options(args: Iterable[bytes]) -> list[bytes]:
    found = []
    for word in args:
        if word.upper() not in _FLAGS:
            break
        found.append(word.upper())
    return found


def _add(call: Call) -> Effects:
    options = _options(call.args[1:])
    pairs = call.args[1 + len(options) :]
    if not pairs or len(pairs) % 2:
        raise Refused
    scored = [(score(a), member) for a, member in zip(pairs[::2], pairs[1::2], strict=True)]
    return call.verbatim(when=_put(call, scored, options))


def _put(call: Call, scored: Iterable[tuple[float, bytes]], options: list[bytes]) -> bool:
    """Whether anything changed."""
    value = call.keys.find(call.key, ZSET)
    if value is None:
        if b"XX" in options:
            return False
        value = call.keys.make(call.key, ZSET)
    changed = False
    for new, member in scored:
        before = value.scores.get(member)
        if b"INCR" in options and before is not None:
            new += before
        if _may(options, before, new):
            value.scores[member] = new
            changed = True
    call.keys.tidy(call.key)
    return changed


def _may(options: list[bytes], before: float | None, new: float) -> bool:
    if before is None:
        return b"XX" not in options
    if b"NX" in options or new == before:
        return False
    return not ((b"GT" in options and new < before) or (b"LT" in options and new > before))


def _count(call: Call) -> Effects:
    """ZINCRBY."""
    return call.verbatim(when=_put(call, [(score(call.arg(1)), call.arg(2))], [b"INCR"]))


def _remove(call: Call) -> Effects:
    return call.verbatim(when=_drop(call, call.key, call.args[1:]))


def _drop(call: Call, key: bytes, named: Iterable[bytes]) -> int:
    """How many of the members were there."""
    value = call.keys.find(key, ZSET)
    if value is None:
        return 0
    before = len(value.scores)
    for member in named:
        value.scores.pop(member, None)
    gone = before - len(value.scores)
    call.keys.tidy(key)
    return gone


def _take(call: Call, key: bytes, count: int, *, lowest: bool) -> int:
    """Remove the lowest or highest; answers how many left."""
    value = call.keys.find(key, ZSET)
    if value is None:
        return 0
    chosen = (heapq.nsmallest if lowest else heapq.nlargest)(count, ((at, name) for name, at in value.scores.items()))
    return _drop(call, key, [member for _, member in chosen])


def _pop(call: Call) -> Effects:
    count = number(call.arg(1)) if len(call.args) > 1 else 1
    return call.verbatim(when=_take(call, call.key, count, lowest=call.name == "ZPOPMIN"))


def _pop_waiting(call: Call) -> Effects:
    """BZPOPMIN and BZPOPMAX."""
    for key in call.args[:-1]:
        if _take(call, key, 1, lowest=call.name == "BZPOPMIN"):
            return [(call.name[1:].encode(), key)]
    return NOTHING


def _pop_several(call: Call) -> Effects:
    """ZMPOP and BZMPOP."""
    words = call.args[1:] if call.name == "BZMPOP" else call.args
    count = number(words[0])
    keys, side = words[1 : 1 + count], words[1 + count].upper()
    wanted = number(words[3 + count]) if len(words) > 3 + count else 1
    for key in keys:
        if taken := _take(call, key, wanted, lowest=side == b"MIN"):
            return [(b"ZPOP" + side, key, b"%d" % taken)]
    return NOTHING


def _remove_ranks(call: Call) -> Effects:
    value = call.keys.find(call.key, ZSET)
    if value is None:
        return NOTHING
    start, stop, count = number(call.arg(1)), number(call.arg(2)), len(value.scores)
    covered = span(start, stop, count)
    if not covered:
        return NOTHING
    first = max(start + count if start < 0 else start, 0)
    if not first:
        _take(call, call.key, covered, lowest=True)
    else:
        ordered = sorted(value.scores, key=lambda member: (value.scores[member], member))
        _drop(call, call.key, ordered[first : first + covered])
    return call.verbatim()


def _remove_scores(call: Call) -> Effects:
    value = call.keys.find(call.key, ZSET)
    if value is None:
        return NOTHING
    low, high = call.arg(1), call.arg(2)
    least, most = score(low.lstrip(b"(")), score(high.lstrip(b"("))
    chosen = [
        member
        for member, at in value.scores.items()
        if (at > least or (at == least and low[:1] != b"(")) and (at < most or (at == most and high[:1] != b"("))
    ]
    return call.verbatim(when=_drop(call, call.key, chosen))


def _remove_words(call: Call) -> Effects:
    """ZREMRANGEBYLEX."""
    value = call.keys.find(call.key, ZSET)
    if value is None:
        return NOTHING
    low, high = call.arg(1), call.arg(2)
    chosen = [member for member in value.scores if _above(member, low) and _below(member, high)]
    return call.verbatim(when=_drop(call, call.key, chosen))


def _above(member: bytes, edge: bytes) -> bool:
    return edge == b"-" or member > edge[1:] or (edge[:1] == b"[" and member == edge[1:])


def _below(member: bytes, edge: bytes) -> bool:
    return edge == b"+" or member < edge[1:] or (edge[:1] == b"[" and member == edge[1:])


def _store(call: Call) -> Effects:
    """Commands that store what they find among other keys. Which members a range or a search finds is not worked out: all
    of them stand for it, and their scores."""
    if call.name in ("ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE"):
        sources, kinds = call.args[2 : 2 + number(call.arg(1))], (SET, ZSET)
    else:
        sources, kinds = (call.arg(1),), (ZSET, ZSET)
    values = [call.keys.find(key) for key in sources]
    if not values or any(value is not None and value.kind not in kinds for value in values):
        raise Refused
    names = [members(value) for value in values]
    found = set.intersection(*names) if call.name == "ZINTERSTORE" else set().union(*names)
    if not found:
        return call.verbatim(when=call.keys.drop(call.key))
    scores = {member: at for value in values if value is not None for member, at in value.scores.items()}
    call.keys.put(call.key, Value(ZSET, scores={member: scores.get(member, 1.0) for member in found}))
    return call.verbatim()


def _add_places(call: Call) -> Effects:
    """GEOADD is a ZADD of 52-bit scores to both engines."""
    options = _options(call.args[1:])
    triples = call.args[1 + len(options) :]
    if not triples or len(triples) % 3:
        raise Refused
    scored = [
        (float(geohash.score(score(x), score(y))), member)
        for x, y, member in zip(triples[::3], triples[1::3], triples[2::3], strict=True)
    ]
    if not _put(call, scored, options):
        return NOTHING
    words = [word for at, member in scored for word in (b"%d" % int(at), member)]
    return [(b"ZADD", call.key, *call.args[1 : 1 + len(options)], *words)]


def _search_places(call: Call) -> Effects:
    """GEORADIUS with STORE; without, it only reads."""
    options = call.options(0)
    for word in (b"STORE", b"STOREDIST"):
        if word in options[1:]:
            target, source = call.arg(options.index(word, 1) + 1), call.keys.find(call.key, ZSET)
            if source is None:
                return call.verbatim(when=call.keys.drop(target))
            call.keys.put(target, Value(ZSET, scores=dict(source.scores)))
            return call.verbatim()
    return NOTHING


RULES: dict[str, Rule] = {
    "ZADD": _add,
    "ZINCRBY": _count,
    "ZREM": _remove,
    **dict.fromkeys(("ZPOPMIN", "ZPOPMAX"), _pop),
    **dict.fromkeys(("BZPOPMIN", "BZPOPMAX"), _pop_waiting),
    **dict.fromkeys(("ZMPOP", "BZMPOP"), _pop_several),
    "ZREMRANGEBYRANK": _remove_ranks,
    "ZREMRANGEBYSCORE": _remove_scores,
    "ZREMRANGEBYLEX": _remove_words,
    **dict.fromkeys(("ZUNIONSTORE", "ZINTERSTORE", "ZDIFFSTORE", "ZRANGESTORE", "GEOSEARCHSTORE"), _store),
    "GEOADD": _add_places,
    **dict.fromkeys(("GEORADIUS", "GEORADIUSBYMEMBER"), _search_places),
}
