"""DynamoDB's unit rules on commands worked out by hand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import Cancelled, InputError
from engine.traces.items import CommandMoved, ItemStatistics, count_items, item_load, units
from engine.traces.model import Flag, Operation
from tests.engine.traces.trace_building import operation, sized, stored

K = "x" * 1000  # with a key of 24 bytes exactly 1 KiB
KEY = "k" * 24


def load(*lines: str) -> ItemStatistics:
    return count_items((operation(line, at_s=turn) for turn, line in enumerate(lines)), 100_000_000)


def load_of(operations: Sequence[Operation]) -> ItemStatistics:
    return count_items(operations, 100_000_000)


@pytest.mark.parametrize(
    ("lines", "write_units", "read_units"),
    [
        # strings: one item of key + value
        ([f"SET {KEY} {K}"], 1, 0),
        ([f"SET {KEY} {K}x"], 2, 0),
        ([f"SET {KEY} {K}{K}{K}", f"SET {KEY} x"], 3 + 3, 0),  # the larger of before and after
        ([f"SET {KEY} {K}{K}{K}", f"SET {KEY} x", f"SET {KEY} x"], 3 + 3 + 1, 0),
        ([f"SETEX {KEY} 60 {K}x"], 2, 0),
        ([f"SET {KEY} {K}{K}", f"APPEND {KEY} {K}{K}"], 2 + 4, 0),
        ([f"SETRANGE {KEY} 4000 abcdef"], 4, 0),  # 24 + 4006
        ([f"MSET a {K}{K} b x"], 2 + 1, 0),
        (["INCR hits", "DECRBY hits 3"], 2, 0),
        ([f"SET {KEY} {K}{K}", f"EXPIRE {KEY} 60"], 2 + 2, 0),  # the time to live is part of the item
        ([f"SET {KEY} {K}{K}", f"DEL {KEY}"], 2 + 2, 0),
        (["DEL nobody"], 1, 0),
        ([f"SET lock {K}{K} NX", "SET lock x NX", "SET lock x NX"], 2 + 2 + 2, 0),  # a failed condition is billed
        (["GET nobody"], 0, 1),
        ([f"SET {KEY} {K}{K}{K}{K}", f"GET {KEY}"], 4, 1),  # 4024 bytes
        ([f"SET {KEY} {K}{K}{K}{K}{'x' * 73}", f"GET {KEY}"], 5, 2),  # 4097 bytes
        ([f"SET {KEY} {K}{K}{K}{K}{K}", f"GETRANGE {KEY} 0 3"], 5, 2),  # a part costs the whole
        ([f"SET a {K}", f"SET b {K}", "MGET a b c"], 2, 3),
        ([f"SET {KEY} {K}{K}", f"GETEX {KEY} EX 60"], 2 + 2, 0),
        ([f"SET {KEY} {K}{K}", f"GETEX {KEY}"], 2, 1),
        ([f"SET {KEY} {K}{K}", f"GETDEL {KEY}", f"GET {KEY}"], 2 + 2, 1),
        # hashes: one item, fields add up
        ([f"HSET {KEY} f {K}", f"HSET {KEY} g {K}"], 2 + 2, 0),  # 1025 bytes, then 2026
        ([f"HSET {KEY} f {K} g {K}", f"HDEL {KEY} f", f"HDEL {KEY} g"], 2 + 2 + 2, 0),  # 2026, 2026 before, 1025 before
        ([f"HSET {KEY} f {K}{K}{K}{K} g {K}", f"HGETALL {KEY}", f"HGET {KEY} g"], 5, 2 + 2),
        ([f"HINCRBY {KEY} f 1"], 1, 0),
        ([f"HSET {KEY} f {K * 500}", f"HINCRBY {KEY} g 1", f"HDEL {KEY} f"], 489 + 400 + 400, 0),  # split at 400 KiB
        # collections: an item per element
        ([f"LPUSH {KEY} {K} {K} {K}x"], 1 + 1 + 2, 0),
        ([f"RPUSH {KEY} a b c d e", f"LTRIM {KEY} 0 1"], 5 + 3, 0),
        ([f"RPUSH {KEY} a b", f"LTRIM {KEY} 0 9"], 2 + 1, 0),
        ([f"RPUSH {KEY} a b c", f"LPOP {KEY} 2", f"DEL {KEY}"], 3 + 2 + 1, 0),
        ([f"SADD {KEY} a b c", f"SREM {KEY} a", f"DEL {KEY}"], 3 + 1 + 2, 0),
        ([f"SADD {KEY} a b c", f"SISMEMBER {KEY} a", f"SMEMBERS {KEY}", f"SCARD {KEY}"], 3, 1 + 1 + 1),
        ([f"ZADD {KEY} GT CH 1 a 2 b", f"ZINCRBY {KEY} 5 a", f"ZREM {KEY} a b"], 2 + 1 + 2, 0),
        ([f"RPUSH {KEY} {K} {K} {K} {K} {K}", f"LRANGE {KEY} 0 -1"], 5, 2),  # 5 x 1024 summed, rounded up once
        ([f"RPUSH {KEY} {K} {K} {K} {K} {K}", f"LRANGE {KEY} 0 3"], 5, 1),  # exactly 4096
        ([f"ZADD {KEY} 1 a{K} 2 b{K} 3 c{K} 4 d{K} 5 e{K}", f"ZRANGEBYSCORE {KEY} 0 9 LIMIT 0 2"], 10, 1),
        ([f"ZADD {KEY} 1 a{K} 2 b{K} 3 c{K} 4 d{K} 5 e{K}", f"ZRANGEBYSCORE {KEY} 0 9"], 10, 2),
        ([f"XADD {KEY} MAXLEN ~ 1 * f {K}", f"XADD {KEY} MAXLEN ~ 1 * f {K}"], 2 + 2 + 2, 0),  # and a deletion
        (["SADD a m", "SMOVE a b m"], 1 + 2, 0),
        (["RPUSH a m", "RPOPLPUSH a b"], 1 + 2, 0),
        ([f"SET {KEY} {K}{K}", f"RENAME {KEY} other", "GET other"], 2 + 2 + 2, 1),
        # nothing
        (["PING", "MULTI", "EXEC", "PUBLISH c x", "NOSUCH a b", "EVAL s 1 k"], 0, 0),
    ],
    ids=lambda value: " | ".join(line[:40] for line in value) if isinstance(value, list) else str(value),
)
def test_units_of_commands(lines: list[str], write_units: int, read_units: int) -> None:
    found = load(*lines)
    assert (found.write_units, found.read_units) == (write_units, read_units)


def test_what_stands_in_a_transaction_costs_twice() -> None:
    inside = Flag.TRANSACTION
    names = ["MULTI", f"SET {KEY} {K}x", f"GET {KEY}", "EXEC"]
    found = load_of([operation(name, flags=inside) for name in names])
    assert (found.writes, found.reads, found.write_units, found.read_units) == (1, 1, 4, 2)


def test_a_script_costs_what_its_commands_cost() -> None:
    found = load_of([operation("EVAL s 1 k"), operation("INCR k", flags=Flag.LUA), operation("GET k", flags=Flag.LUA)])
    assert (found.writes, found.reads, found.write_units, found.read_units) == (1, 1, 1, 1)


def test_a_command_on_many_keys_is_one_command() -> None:
    assert load("MSET a 1 b 2", "MGET a b c").writes == 1
    assert load("MSET a 1 b 2", "MGET a b c").reads == 1


def test_items_are_what_stands_at_the_end_and_what_was_only_read() -> None:
    found = load("SET a 12345", "SET b 1", "DEL b", "GET c", "SADD set x y", "HSET h f v")
    assert found.items == 5  # a, c, two members, h
    # a: 1 + 5; h: 1 + 2; members: 3 + 1 each; c: 1 + the mean payload of strings and hashes, (5 + 2) // 2
    assert found.item_bytes == round((6 + 3 + 4 + 4 + 1 + 3) / 5)


def test_a_key_that_was_only_read_is_as_large_as_its_family() -> None:
    found = load(f"SET page:1 {K}", "SET stock:1 7", "GET page:2")
    assert found.items == 3
    assert found.item_bytes == round((6 + 1000 + 7 + 1 + 6 + 1000) / 3)


def test_an_expired_item_is_gone_and_costs_nothing() -> None:
    found = load_of([operation(f"SET {KEY} {K}{K}{K} EX 5"), operation(f"SET {KEY} x", at_s=9)])
    assert found.write_units == 3 + 1
    assert load_of([operation(f"SET {KEY} x EX 5"), operation(f"SET other {K}", at_s=1)]).items == 1


def test_a_kept_or_removed_time_to_live_is_followed() -> None:
    kept = [operation("SET k x EX 5"), operation("SET k y KEEPTTL", at_s=1)]
    assert load_of(kept).items == 0
    assert load_of([*kept, operation("PERSIST k", at_s=2)]).items == 1
    assert load_of([operation("SET k x EX 5"), operation("SET k y", at_s=1)]).items == 1


def test_databases_are_kept_apart() -> None:
    assert load_of([operation("SET k x", db=0), operation("SET k x", db=1)]).items == 2


def test_a_trace_of_sizes_is_counted_by_its_lengths() -> None:
    key = b"k" * 24
    found = load_of(
        [
            sized("SET", key, value_len=1001, write=True),
            sized("GET", key),
            sized("GET", b"other", value_len=5000),
            sized("GET", b"unseen"),
            sized("DEL", key, write=True),
        ]
    )
    assert (found.writes, found.reads) == (2, 3)
    assert (found.write_units, found.read_units) == (2 + 2, 1 + 2 + 1)
    assert found.items == 2


def test_the_stored_trace_gives_the_same_as_the_operations(tmp_path: Path) -> None:
    operations = [operation(f"SET {KEY} {K}x"), operation(f"GET {KEY}", at_s=1)]
    found = item_load(stored(tmp_path / "trace.parquet", operations, duration_s=3))
    moved = (CommandMoved("GET", 1, 1025, 1025 / 1024), CommandMoved("SET", 1, 1025, 1025 / 1024))
    assert found == ItemStatistics(1, 1, 2, 1, items=1, item_bytes=1025, duration_us=3_000_000, moved=moved)


def test_what_a_command_moves_is_counted_in_started_kilobytes() -> None:
    found = load_of([operation("SET key 12345"), operation("GET key"), operation("GET gone")])
    assert [(one.command, one.calls, one.bytes, one.started_kb) for one in found.moved] == [
        ("GET", 2, 3 + 5 + 4, 2.0),
        ("SET", 1, 8, 1.0),
    ]


def test_counting_stops_when_asked(tmp_path: Path) -> None:
    path = stored(tmp_path / "trace.parquet", [operation("GET k")])
    with pytest.raises(Cancelled):
        item_load(path, should_stop=lambda: True)


def test_a_file_that_is_no_trace_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "trace.parquet"
    path.write_bytes(b"not a trace")
    with pytest.raises(InputError):
        item_load(path)


def test_units_round_each_item_up_and_never_below_one() -> None:
    assert units(((0, 1), (1024, 1), (1025, 3)), 1024) == 1 + 1 + 6


WORDS = st.sampled_from(
    [b"", b"a", b"bb", b"-1", b"0", b"7", b"NX", b"LIMIT", b"COUNT", b"MAXLEN", b"~", b"*", b"\xff"]
)
NAMES = st.sampled_from(
    b"SET SETEX APPEND SETRANGE SETBIT INCR DEL GETEX GETDEL HSET HDEL HINCRBY SADD ZADD ZINCRBY GEOADD SREM SPOP "
    b"LPUSH LPOP LTRIM LSET XADD XTRIM LRANGE ZRANGE ZRANGEBYSCORE SISMEMBER SMOVE RENAME LMOVE SINTERSTORE SORT COPY "
    b"EXPIRE MGET BLPOP ZREMRANGEBYRANK SSCAN XRANGE BITOP RESTORE PFADD HGETALL".split()
)


@given(st.lists(st.tuples(NAMES, st.lists(WORDS, max_size=6)), max_size=30))
def test_no_command_however_broken_upsets_the_count(lines: list[tuple[bytes, list[bytes]]]) -> None:
    found = load_of([operation((name, *rest)) for name, rest in lines])
    assert found.write_units >= found.writes
    assert found.read_units >= found.reads
    assert found.items >= 0
    assert found.item_bytes >= 0
