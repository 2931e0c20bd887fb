"""What commands do to whole keys, strings and hashes: one item each (the vocabulary is `entry.py`'s).

Every rule takes the key's entry, the bytes of the key and the arguments after it, changes the entry, and says which
items were written and read.
"""

from __future__ import annotations

from collections.abc import Iterable

from engine.traces.entry import MOST_ITEM_BYTES, NUMBER_BYTES, Entry, Handler, Rest, Touch, argument, number, one

# Whole keys


def write_item(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """A write whose effect on the size is not modelled: the item as it stands, or one item of a collection."""
    return Touch(one(key_len + (0 if entry.many else entry.size)))


def write_unseen(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """A write that makes the key if need be, of a value whose size the command does not show."""
    if entry.gone:
        entry.gone = entry.known = False
    return write_item(entry, key_len, rest)


def read_whole(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """One item, or one query over all known elements."""
    return Touch(read=one(key_len * max(1, entry.count) + entry.size), wanted=True)


def read_about(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """Existence, time to live, type, length: the item itself, or the one item that describes a collection."""
    return Touch(read=one(key_len + (0 if entry.many else entry.size)), wanted=True)


def delete(entry: Entry, key_len: int, rest: Rest) -> Touch:
    items = ((key_len + entry.mean(), entry.count),) if entry.count else one(key_len + entry.size)
    entry.clear()
    return Touch(items)


def get_delete(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return delete(entry, key_len, rest)._replace(wanted=True)


def get_touch(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """GETEX: a read, and with an option a write that returns the value without being billed for reading it."""
    touch = write_item(entry, key_len, rest) if rest else read_about(entry, key_len, rest)
    return touch._replace(wanted=True)


# Strings


def store(entry: Entry, key_len: int, size: int) -> Touch:
    """The whole value is replaced."""
    touch = Touch(one(key_len + max(entry.size, size)))
    entry.clear()
    entry.size, entry.gone = size, False
    return touch


def put_at(place: int) -> Handler:
    """The value stands at `place` after the key."""
    return lambda entry, key_len, rest: store(entry, key_len, len(argument(rest, place)))


def put_if(entry: Entry, key_len: int, rest: Rest) -> Touch:
    """SET with its options: NX on a key that is there, or XX on one that is not, fails and is billed all the same."""
    options = {option.upper() for option in rest[1:]}
    there = entry.known and not entry.gone
    if (b"NX" in options and there) or (b"XX" in options and entry.gone):
        return write_item(entry, key_len, rest)._replace(refused=True)
    deadline_us = entry.deadline_us if b"KEEPTTL" in options else None
    touch = store(entry, key_len, len(argument(rest, 0)))
    entry.deadline_us = deadline_us
    return touch


def put_new(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return put_if(entry, key_len, (argument(rest, 0), b"NX"))


def grow(entry: Entry, key_len: int, size: int) -> Touch:
    """The value is changed in place and now measures `size` bytes."""
    entry.size, entry.known, entry.gone = max(entry.size, size), True, False
    return Touch(one(key_len + entry.size))


def append(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return grow(entry, key_len, entry.size + len(argument(rest, 0)))


def set_range(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return grow(entry, key_len, number(argument(rest, 0)) + len(argument(rest, 1)))


def set_bit(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return grow(entry, key_len, number(argument(rest, 0)) // 8 + 1)


def count_up(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return grow(entry, key_len, NUMBER_BYTES)


# Hashes: one item


def put_fields(entry: Entry, key_len: int, pairs: Iterable[tuple[bytes, int]]) -> Touch:
    before, entry.gone, carried = entry.size, False, 0
    for name, size in pairs:
        entry.put(name, len(name) + size)
        carried += len(name) + size
    return part(key_len, max(before, entry.size), carried)


def part(key_len: int, size: int, carried: int = 0) -> Touch:
    """A change of a part of a hash is a write of the item; of one that had to be split, of the item the part is in."""
    return Touch(one(min(key_len + size, max(MOST_ITEM_BYTES, key_len + carried))))


def hash_set(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return put_fields(entry, key_len, ((n, len(v)) for n, v in zip(rest[::2], rest[1::2], strict=False)))


def hash_count(entry: Entry, key_len: int, rest: Rest) -> Touch:
    return put_fields(entry, key_len, ((name, NUMBER_BYTES) for name in rest[:1]))


def hash_delete(entry: Entry, key_len: int, rest: Rest) -> Touch:
    before = entry.size
    for name in rest:
        entry.drop(name)
    return part(key_len, before)
