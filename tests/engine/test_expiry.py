"""Times to live are found in commands, and moved to another clock and speed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.commands import split
from engine.expiry import relative_ttl_ms, rescaled

NOW_MS = 1_700_000_000_000


def words(line: str) -> tuple[str, tuple[bytes, ...]]:
    return split([word.encode() for word in line.split()])


@pytest.mark.parametrize(
    ("line", "ttl_ms"),
    [
        ("SET k v", None),
        ("SET k v EX 10", 10_000),
        ("SET k v nx px 250 GET", 250),
        ("SET k v EXAT 1700000060", 60_000),
        ("SET k v PXAT 1700000000500", 500),
        ("SET k v PXAT 1600000000000", 0),
        ("SET k EX EX 7", 7_000),
        ("SET k v IFEQ EX EX 7", 7_000),
        ("SET k v KEEPTTL", None),
        ("SET k v EX", None),
        ("SET k v EX soon", None),
        ("SET k v EX 99999999999999999999", None),
        ("SETEX k 30 v", 30_000),
        ("PSETEX k 30 v", 30),
        ("GETEX k", None),
        ("GETEX k PERSIST", None),
        ("GETEX k EX 20", 20_000),
        ("EXPIRE k 60 NX", 60_000),
        ("EXPIRE k -1", 0),
        ("PEXPIRE k 60", 60),
        ("EXPIREAT k 1700000001", 1_000),
        ("PEXPIREAT k 1700000000001", 1),
        ("HEXPIRE h 60 FIELDS 1 f", 60_000),
        ("HPEXPIREAT h 1700000000009 FIELDS 1 f", 9),
        ("HSETEX h EX 5 FIELDS 1 f v", 5_000),
        ("HSETEX h FIELDS 2 f EX PX 9", None),
        ("HGETEX h PX 5 FIELDS 1 f", 5),
        ("MSETEX 1 k EX EX 5", 5_000),
        ("RESTORE k 0 payload", None),
        ("RESTORE k 500 payload REPLACE", 500),
        ("RESTORE k 1700000000500 payload ABSTTL", 500),
        ("GET k", None),
        ("EXPIRE k", None),
    ],
)
def test_the_time_to_live_a_command_sets_is_found(line: str, ttl_ms: int | None) -> None:
    assert relative_ttl_ms(*words(line), NOW_MS) == ttl_ms


@pytest.mark.parametrize(
    ("line", "speed", "expected"),
    [
        ("SET k v EX 1800", 60, "SET k v EX 30"),
        ("SET k v ex 5", 10, "SET k v PX 500"),
        ("SET k v PX 5", 100, "SET k v PX 1"),
        ("SETEX k 10 v", 100, "SETEX k 1 v"),
        ("SETEX k 25 v", 10, "SETEX k 2 v"),
        ("EXPIRE k -1", 10, "EXPIRE k -1"),
        ("EXPIRE k 0", 10, "EXPIRE k 0"),
        ("PEXPIRE k 1000 GT", 4, "PEXPIRE k 250 GT"),
        ("PEXPIREAT k 1700000060000", 10, "PEXPIREAT k 1800000006000"),
        ("SET k v EXAT 1700000060", 10, "SET k v EXAT 1800000006"),
        ("SET k v EXAT 1700000001", 10, "SET k v PXAT 1800000000100"),
        ("EXPIREAT k 1700000001", 10, "EXPIREAT k 1800000000"),
        ("RESTORE k 500 p", 5, "RESTORE k 100 p"),
        ("RESTORE k 1700000000500 p ABSTTL", 5, "RESTORE k 1800000000100 p ABSTTL"),
        ("HEXPIRE h 60 FIELDS 1 f", 6, "HEXPIRE h 10 FIELDS 1 f"),
        ("SET k v", 10, "SET k v"),
        ("GET k", 10, "GET k"),
    ],
)
def test_a_time_to_live_moves_to_the_clock_and_speed_of_the_replay(line: str, speed: float, expected: str) -> None:
    cmd, args = words(line)
    moved = rescaled(cmd, args, speed=speed, recorded_start_ms=NOW_MS, replay_start_ms=NOW_MS + 100_000_000_000)
    assert moved == words(expected)[1]


def test_at_recorded_speed_on_the_recorded_clock_nothing_changes() -> None:
    for line in ("SET k v EX 7", "SET k v PXAT 1700000000500", "EXPIREAT k 1700000001", "SETEX k 3 v"):
        cmd, args = words(line)
        assert rescaled(cmd, args, speed=1.0, recorded_start_ms=NOW_MS, replay_start_ms=NOW_MS) == args


@given(
    st.sampled_from(["EX", "PX", "EXAT", "PXAT"]),
    st.integers(1, 10**7),
    st.floats(0.01, 10_000, allow_nan=False),
)
def test_a_scaled_option_is_the_recorded_one_divided_by_the_speed_to_the_millisecond(
    option: str, ttl_s: int, speed: float
) -> None:
    unit = 1000 if option.startswith("EX") else 1
    base_ms = NOW_MS if option.endswith("AT") else 0
    args = (b"k", b"v", option.encode(), b"%d" % ((base_ms + ttl_s * 1000) // unit))
    replay_start_ms = NOW_MS + 5_000
    moved = rescaled("SET", args, speed=speed, recorded_start_ms=NOW_MS, replay_start_ms=replay_start_ms)
    found_ms = relative_ttl_ms("SET", moved, replay_start_ms)
    assert found_ms is not None
    assert abs(found_ms - max(1, ttl_s * 1000 / speed)) <= 1


@given(st.sampled_from(["SET", "RESTORE", "HSETEX", "MSETEX", "EXPIREAT"]), st.lists(st.binary(max_size=6), max_size=7))
def test_arguments_that_make_no_sense_are_handed_back(cmd: str, args: list[bytes]) -> None:
    moved = rescaled(cmd, tuple(args), speed=3.0, recorded_start_ms=0, replay_start_ms=10)
    assert len(moved) == len(args)
    relative_ttl_ms(cmd, args, NOW_MS)
