"""The keyspace as a recording shows it: plays operations over what is known of each key and tells what each touched.

Memory grows with distinct keys and, for hashes, sets and sorted sets, with their named parts; lists and streams keep a
count and a sum. Expiry is followed on the trace's clock. Nothing is assumed of a key before the recording shows it.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from engine import commands
from engine.traces import element_touches as elements
from engine.traces import item_touches as items
from engine.traces.entry import Entry, Handler, Touch, one
from engine.traces.model import Flag, Operation

Key = tuple[int, bytes]
"""Database number and key."""


class Effect(NamedTuple):
    """`entry` as it stands after the operation. `was_gone`: the key was known not to exist before it."""

    key: Key
    entry: Entry
    touch: Touch
    was_gone: bool


class Keyspace:
    """Feed it operations in order; the answers are effects on single keys, in the order of the command's keys."""

    def __init__(self) -> None:
        self.entries: dict[Key, Entry] = {}

    def apply(self, operation: Operation) -> list[Effect]:
        """What the operation did. Empty for commands without keys, unknown ones and scripts: their commands follow."""
        if operation.key is None or is_script(operation.cmd):
            return []
        if operation.args is None:
            return [self._sized(operation, operation.key)]
        return self._spoken(operation, operation.args)

    def live(self, key: Key, now_us: int) -> Entry:
        """The entry of a key, gone if its time has come; made when it is new."""
        entry = self.entries.get(key)
        if entry is None:
            entry = self.entries[key] = Entry()
        elif entry.deadline_us is not None and entry.deadline_us <= now_us:
            entry.clear()
        return entry

    def _spoken(self, operation: Operation, args: tuple[bytes, ...]) -> list[Effect]:
        effects = []
        command = operation.cmd
        for turn, place in enumerate(commands.key_indexes(command, args)):
            key = (operation.db, args[place])
            entry = self.live(key, operation.t_us)
            was_gone = entry.gone
            touch = _handler(command, turn)(entry, len(key[1]), args[place + 1 :])
            if not touch.refused:
                _follow_ttl(entry, operation)
            effects.append(Effect(key, entry, touch, was_gone))
        if command in _RENAMES and len(effects) == 2:
            return self._renamed(operation, effects)
        return effects

    def _renamed(self, operation: Operation, effects: list[Effect]) -> list[Effect]:
        """The content moves: every item is deleted under one key and written under the other."""
        source, target = effects
        if source.key == target.key:
            return effects
        moved, gone = source.entry, Entry()
        items_written = items.read_whole(moved, len(target.key[1]), ()).read
        if moved.many:
            items_written = ((len(target.key[1]) + moved.mean(), max(1, moved.count)),)
        gone.clear()
        self.entries[source.key], self.entries[target.key] = gone, moved
        moved.gone = False
        deleted = Touch(items_written)
        return [
            Effect(source.key, gone, deleted, source.was_gone),
            Effect(target.key, moved, Touch(items_written), target.was_gone),
        ]

    def _sized(self, operation: Operation, name: bytes) -> Effect:
        """An operation of which only lengths are recorded."""
        key = (operation.db, name)
        entry = self.live(key, operation.t_us)
        was_gone = entry.gone
        key_len = operation.key_len if operation.key_len is not None else len(name)
        touch = _sized_touch(entry, operation, key_len)
        _follow_ttl(entry, operation)
        return Effect(key, entry, touch, was_gone)


def is_script(command: str) -> bool:
    """EVAL, FCALL and their like: what they did stands in the operations flagged LUA that follow."""
    return command in _SCRIPTS


def is_write(operation: Operation) -> bool:
    """Whether the operation may change a key, by its flag or by the engines' own table."""
    command = commands.find(operation.cmd)
    return bool(operation.flags & Flag.WRITE) or (command is not None and command.write)


def _follow_ttl(entry: Entry, operation: Operation) -> None:
    if entry.gone:
        return
    if operation.cmd == "PERSIST":
        entry.deadline_us = None
    elif operation.ttl_ms is not None and operation.cmd not in _FIELD_TTL:
        entry.deadline_us = operation.t_us + operation.ttl_ms * 1000


def _sized_touch(entry: Entry, operation: Operation, key_len: int) -> Touch:
    size, group = operation.value_len, _group(operation.cmd)
    if operation.cmd in _DELETES:
        return items.delete(entry, key_len, ())
    if not is_write(operation):
        return _sized_read(entry, operation, key_len)
    if group in _ELEMENT_GROUPS:
        if size is not None:
            entry.gone = False
            entry.push(size)
        return Touch(one(key_len + (size or 0)))
    if size is None:
        return items.write_item(entry, key_len, ())
    if operation.cmd == "APPEND":
        return items.grow(entry, key_len, entry.size + size)
    return items.grow(entry, key_len, size) if group == "hash" else items.store(entry, key_len, size)


def _sized_read(entry: Entry, operation: Operation, key_len: int) -> Touch:
    size = operation.reply_len if operation.reply_len is not None else operation.value_len or None
    if size is None:
        return items.read_whole(entry, key_len, ())
    if not entry.known and _group(operation.cmd) not in _ELEMENT_GROUPS:
        entry.size, entry.known = size, True
    return Touch(read=one(key_len + size), wanted=True)


def _group(name: str) -> str:
    command = commands.find(name)
    return command.group if command else ""


@cache
def _handler(command: str, turn: int) -> Handler:
    """The rule for the key that stands `turn`th (from 0) in the command."""
    if command in _BY_PLACE:
        return _BY_PLACE[command][min(turn, 1)]
    if command in _RULES:
        return _RULES[command]
    if command.endswith("STORE") or command in ("BITOP", "PFMERGE"):
        return items.read_whole if turn else items.write_unseen
    return _by_group(command)


def _by_group(name: str) -> Handler:
    command = commands.find(name)
    if command is None:
        return elements.nothing
    if command.write:
        return items.write_item if command.group == "generic" and name != "RESTORE" else items.write_unseen
    if command.group in ("generic", "transactions"):
        return items.read_about if command.group == "generic" else elements.nothing
    return items.read_whole


def _rules(handler: Handler, names: str) -> Iterator[tuple[str, Handler]]:
    return ((name, handler) for name in names.split())


_RENAMES = frozenset(("RENAME", "RENAMENX"))
_DELETES = frozenset(("DEL", "UNLINK", "GETDEL", "DELIFEQ"))
_FIELD_TTL = frozenset(("HEXPIRE", "HPEXPIRE", "HEXPIREAT", "HPEXPIREAT", "HSETEX", "HGETEX"))
_SCRIPTS = frozenset(("EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO", "FCALL", "FCALL_RO"))
_ELEMENT_GROUPS = frozenset(("list", "set", "sorted-set", "stream", "geo"))
_BY_PLACE: dict[str, tuple[Handler, Handler]] = {
    **dict.fromkeys(("LMOVE", "RPOPLPUSH", "BLMOVE", "BRPOPLPUSH"), (elements.pop_one, elements.push_unseen)),
    **dict.fromkeys(("BLPOP", "BRPOP", "BZPOPMIN", "BZPOPMAX"), (elements.pop_one, elements.nothing)),
    **dict.fromkeys(("LMPOP", "BLMPOP", "ZMPOP", "BZMPOP"), (elements.pop_one, elements.nothing)),
    "SMOVE": (elements.move_out, elements.set_add),
    "COPY": (items.read_whole, items.write_unseen),
    "SORT": (items.read_whole, items.write_unseen),
    "GEORADIUS": (items.read_whole, items.write_unseen),
    "GEORADIUSBYMEMBER": (items.read_whole, items.write_unseen),
}
_RULES: dict[str, Handler] = dict(
    [
        *_rules(items.put_if, "SET"),
        *_rules(items.put_at(0), "GETSET MSET"),
        *_rules(items.put_at(1), "SETEX PSETEX"),
        *_rules(items.put_new, "SETNX MSETNX"),
        *_rules(items.append, "APPEND"),
        *_rules(items.set_range, "SETRANGE"),
        *_rules(items.set_bit, "SETBIT"),
        *_rules(items.count_up, "INCR DECR INCRBY DECRBY INCRBYFLOAT"),
        *_rules(items.delete, "DEL UNLINK DELIFEQ"),
        *_rules(items.get_delete, "GETDEL"),
        *_rules(items.get_touch, "GETEX"),
        *_rules(items.hash_set, "HSET HMSET HSETNX"),
        *_rules(items.hash_count, "HINCRBY HINCRBYFLOAT"),
        *_rules(items.hash_delete, "HDEL"),
        *_rules(elements.set_add, "SADD"),
        *_rules(elements.sorted_add, "ZADD"),
        *_rules(elements.sorted_count, "ZINCRBY"),
        *_rules(elements.geo_add, "GEOADD"),
        *_rules(elements.remove_members, "SREM ZREM"),
        *_rules(elements.push, "LPUSH RPUSH LPUSHX RPUSHX"),
        *_rules(elements.pop, "LPOP RPOP SPOP ZPOPMIN ZPOPMAX"),
        *_rules(elements.list_trim, "LTRIM"),
        *_rules(elements.rank_remove, "ZREMRANGEBYRANK"),
        *_rules(elements.write_one_element, "LSET LINSERT LREM"),
        *_rules(elements.stream_add, "XADD"),
        *_rules(elements.stream_trim, "XTRIM"),
        *_rules(elements.read_span, "LRANGE ZRANGE ZREVRANGE"),
        *_rules(elements.read_limited, "ZRANGEBYSCORE ZREVRANGEBYSCORE ZRANGEBYLEX ZREVRANGEBYLEX XRANGE XREVRANGE"),
        *_rules(elements.read_members, "SISMEMBER SMISMEMBER ZSCORE ZMSCORE GEOPOS GEOHASH"),
        *_rules(elements.read_element, "LINDEX LPOS SRANDMEMBER ZRANDMEMBER XREAD"),
        *_rules(elements.read_page, "SSCAN ZSCAN"),
        *_rules(items.read_about, "LLEN SCARD ZCARD XLEN"),
        *_rules(elements.nothing, "WATCH"),
    ]
)
