"""What commands do to lists, sets, sorted sets and streams: an item per element (the vocabulary is `entry.py`'s).

What a recording shows of a collection is a lower bound: elements that stood there before it began are not known.
"""

from __future__ import annotations

from collections.abc import Sequence

from engine.traces.entry import NUMBER_BYTES, Entry, Rest, Touch, after, argument, number, one
from engine.traces.item_touches import read_whole

_STREAM_OPTIONS = {b"NOMKSTREAM": 1, b"MAXLEN": 2, b"MINID": 2, b"LIMIT": 2, b"KEEPREF": 1, b"DELREF": 1, b"ACKED": 1}


def put_members(entry: Entry, key_len: int, members: Sequence[bytes], extra: int = 0) -> Touch:
    entry.many, entry.gone = True, False
    for member in members:
        entry.put(member, len(member) + extra)
    return Touch(tuple((key_len + len(member) + extra, 1) for member in members))


def set_add(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return put_members(entry, key_len, rest)


def sorted_add(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """ZADD: options, then scores and members in turn."""
    start = 0
    while argument(rest, start).upper() in (b"NX", b"XX", b"GT", b"LT", b"CH", b"INCR"):
        start += 1
    return put_members(entry, key_len, rest[start + 1 :: 2], NUMBER_BYTES)


def sorted_count(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return put_members(entry, key_len, rest[1:2], NUMBER_BYTES)


def geo_add(entry: Entry, key_len: int, rest: Rest) -> Touch:
    start = 0
    while argument(rest, start).upper() in (b"NX", b"XX", b"CH"):
        start += 1
    return put_members(entry, key_len, rest[start + 2 :: 3], NUMBER_BYTES)


def remove_members(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return Touch(tuple((key_len + (entry.drop(member) or len(member)), 1) for member in rest))


def move_out(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """SMOVE seen from its source; the destination stands first in `rest`."""
    return remove_members(entry, key_len, rest[1:2])


def push(entry: Entry, key_len: int, rest: Rest) -> Touch:
    entry.gone = False
    for element in rest:
        entry.push(len(element))
    return Touch(tuple((key_len + len(element), 1) for element in rest))


def push_unseen(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """The destination of LMOVE: an element whose bytes the command does not carry, taken as this list's mean."""
    size = entry.mean()
    entry.gone = False
    entry.push(size)
    return Touch(one(key_len + size))


def stream_add(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """XADD: options, an entry ID, then fields and values; MAXLEN deletes what is beyond it."""
    start = _after_trim_options(rest)
    touch = push(entry, key_len, (b"".join(rest[start + 1 :]),))
    return Touch(touch.written + trim(entry, key_len, rest[:start]).written)


def _after_trim_options(rest: Rest) -> int:
    place = 0
    while (word := argument(rest, place).upper()) in _STREAM_OPTIONS:
        approximate = argument(rest, place + 1) in (b"=", b"~")
        place += _STREAM_OPTIONS[word] + approximate
    return place


def trim(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """MAXLEN [=|~] count: an item deleted for each entry beyond it."""
    word = after(rest, b"MAXLEN")
    limit = after(rest, word) if word in (b"=", b"~") else word
    return drop_elements(entry, key_len, entry.count - number(limit, entry.count)) if limit else Touch()


def stream_trim(entry: Entry, key_len: int, rest: Rest) -> Touch:
    touch = trim(entry, key_len, rest)
    return touch if touch.written else Touch(one(key_len))


def drop_elements(entry: Entry, key_len: int, count: int) -> Touch:
    mean = entry.mean()
    taken = entry.take(count)
    return Touch(((key_len + mean, taken),) if taken else ())


def pop(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """LPOP, SPOP, ZPOPMIN with an optional count; an element not seen to enter is one item of the key's bytes."""
    touch = drop_elements(entry, key_len, number(argument(rest, 0), 1) if rest else 1)
    return touch if touch.written else Touch(one(key_len))


def pop_one(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return pop(entry, key_len, ())


def list_trim(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """LTRIM: each element cut off is deleted; when none is known to be, the attempt is one write."""
    kept = span(rest, entry.count)
    return pop(entry, key_len, (b"%d" % (entry.count - kept),)) if kept < entry.count else Touch(one(key_len))


def rank_remove(entry: Entry, key_len: int, rest: Rest) -> Touch:
    gone = span(rest, entry.count)
    return pop(entry, key_len, (b"%d" % gone,)) if gone else Touch(one(key_len))


def write_one_element(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """LSET, LINSERT, LREM: one element; its bytes are the last argument."""
    return Touch(one(key_len + len(rest[-1] if rest else b"")))


# Reads of collections


def span(rest: Rest, count: int) -> int:
    """How many of `count` elements stand between two inclusive indexes, negative ones counted from the end."""
    start, stop = number(argument(rest, 0)), number(argument(rest, 1), -1)
    first = max(0, start + count if start < 0 else start)
    last = min(count - 1, stop + count if stop < 0 else stop)
    return max(0, last - first + 1)


def query(entry: Entry, key_len: int, count: int) -> Touch:
    """One query over `count` of the known elements: their bytes are summed and rounded up once."""
    count = min(count, entry.count) if entry.count else 1
    return Touch(read=one(key_len * max(1, count) + entry.mean() * count), wanted=True)


def read_span(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """LRANGE, ZRANGE and ZREVRANGE by index; by score or name only LIMIT bounds the query."""
    if {b"BYSCORE", b"BYLEX"} & {word.upper() for word in rest[2:]}:
        return read_limited(entry, key_len, rest)
    return query(entry, key_len, span(rest, entry.count))


def read_limited(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """Ranges by score, name or ID: LIMIT or COUNT where given, else all known elements (an upper bound)."""
    words = [word.upper() for word in rest]
    limit = argument(rest, words.index(b"LIMIT") + 2) if b"LIMIT" in words else after(rest, b"COUNT")
    count = number(limit, -1)
    return query(entry, key_len, count) if count >= 0 else read_whole(entry, key_len, rest)


def read_page(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """SSCAN, ZSCAN: one page, ten elements unless COUNT says otherwise."""
    return query(entry, key_len, number(after(rest, b"COUNT"), 10) or 10)


def read_members(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """SISMEMBER, ZSCORE, SMISMEMBER …: one item for each member named."""
    sizes = (entry.names.get(member, 0) if entry.names else 0 for member in rest)
    return Touch(read=tuple((key_len + size, 1) for size in sizes) or one(key_len), wanted=True)


def read_element(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return query(entry, key_len, 1)


def nothing(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return Touch()
