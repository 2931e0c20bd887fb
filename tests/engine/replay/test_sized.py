"""Sized operations in words: lengths as recorded, contents that do not compress, counters that can count."""

from __future__ import annotations

import zlib

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.expiry import relative_ttl_ms
from engine.replay import sized
from engine.replay.population import creations
from engine.replay.survey import Survey
from engine.traces.model import Flag, Operation
from engine.traces.payload import value_len

WRITES = frozenset(("SET", "SETEX", "APPEND", "INCRBY", "DECRBY", "HSET", "LPUSH", "DEL"))


def operation(cmd: str, key: bytes = b"k", *, key_len: int | None = None, value: int = 0, **more: int) -> Operation:
    """A sized operation."""
    return Operation(
        t_us=more.get("t_us", 0),
        conn=0,
        db=0,
        cmd=cmd,
        key=key,
        args=None,
        key_len=len(key) if key_len is None else key_len,
        value_len=value,
        reply_len=more.get("reply"),
        ttl_ms=more.get("ttl"),
        flags=Flag.WRITE if cmd in WRITES else Flag(0),
    )


def surveyed(*operations: Operation) -> Survey:
    survey = Survey()
    for each in operations:
        survey.look_at(each)
    return survey


def created(survey: Survey) -> dict[bytes, tuple[bytes, ...]]:
    return {creation.key: creation.words for creation in creations(survey, seed=1, speed=1.0)}


@given(st.binary(min_size=1, max_size=60), st.integers(1, 300), st.integers(0, 5000), st.integers(1, 1 << 40))
@settings(max_examples=60)
def test_a_set_has_the_recorded_sizes(key: bytes, key_len: int, value: int, ttl: int) -> None:
    found = sized.spoken(operation("SET", key, key_len=key_len, value=value, ttl=ttl))
    assert found.args is not None
    assert found.key == found.args[0]
    assert len(found.args[0]) == found.key_len == key_len
    assert value_len("SET", found.args) == value
    assert relative_ttl_ms("SET", found.args, 0) == ttl
    assert sized.spoken(operation("SET", key, key_len=key_len, value=value, ttl=ttl)) == found


def test_values_do_not_compress_however_long_they_are() -> None:
    for size in (1_000, 100_000):
        value = sized.content(12345, size)
        assert len(value) == size
        assert len(zlib.compress(value, 9)) > 0.99 * size
    assert len(sized.content(7, 3 << 20)) == 3 << 20


def test_a_shorter_key_is_padded_and_longer_ones_stay_different() -> None:
    assert sized.sized_key(b"user:7", 10) == b"user:7~~~~"
    assert sized.sized_key(b"user:7", None) == b"user:7"
    long = [sized.sized_key(b"prefix:%040d" % number, 20) for number in range(2_000)]
    assert {len(key) for key in long} == {20}
    assert len(set(long)) == 2_000
    assert all(key.startswith(b"prefix:") for key in long)


def test_each_command_gets_what_it_needs() -> None:
    by_hand = {
        "GET": (b"k",),
        "DEL": (b"k",),
        "INCRBY": (b"k", b"1"),
        "APPEND": (b"k", sized.content(zlib.crc32(b"k", 0), 3)),
        "HGET": (b"k", b"field"),
        "HSET": (b"k", b"field", sized.content(zlib.crc32(b"k", 0), 3)),
        "LRANGE": (b"k", b"0", b"-1"),
    }
    for cmd, args in by_hand.items():
        assert sized.spoken(operation(cmd, value=3)).args == args
    assert sized.spoken(operation("SETEX", value=0, ttl=90_000)).args == (b"k", b"90", b"")


def test_what_cannot_be_put_into_words_stays_as_it_is() -> None:
    for cmd in ("EVAL", "SETEX", "SORT"):
        assert sized.spoken(operation(cmd)).args is None


def test_a_key_read_first_is_created_with_the_size_the_read_was_answered() -> None:
    survey = surveyed(operation("GET", b"a:1", reply=77), operation("SET", b"a:1", value=30))
    assert len(created(survey)[b"a:1"][2]) == 77


def test_a_read_that_was_answered_nothing_creates_no_key() -> None:
    survey = surveyed(operation("GET", b"a:1", reply=0), operation("SET", b"a:1", value=30))
    assert created(survey) == {}
    later = surveyed(operation("GET", b"a:1", reply=0), operation("GET", b"a:1", reply=9))
    assert len(created(later)[b"a:1"][2]) == 9


def test_a_counted_key_holds_a_number_of_the_recorded_size() -> None:
    """Set to three bytes and counted: three digits; counted first with five bytes: it stands there with five."""
    survey = surveyed(operation("SET", b"n", value=3), operation("INCRBY", b"n"), operation("DECRBY", b"m", value=5))
    assert survey.counted == {b"n", b"m"}
    assert sized.spoken(operation("SET", b"n", value=3), survey.counted).args == (b"n", b"111")
    assert created(survey) == {b"m": (b"SET", b"m", b"11111")}
    assert sized.digits(200) == b"1" * 18
    assert sized.digits(0) == b"1"
