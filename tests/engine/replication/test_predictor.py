"""What is predicted of the replication stream, against bytes worked out by hand: 3 + digits for the array, 5 + digits +
length for each word."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.replay import resp
from engine.replication.dialect import REDIS_7, VALKEY_9, Dialect, dialect_of
from engine.replication.effects import RULES
from engine.replication.numbers import add_float
from engine.replication.prediction import predict
from engine.replication.predictor import Predictor
from engine.traces.model import Flag
from tests.engine.replay.recordings import line, read
from tests.engine.traces.trace_building import operation

SET_A = 4 + 9 + 7 + 7  # SET a 1
MULTI, EXEC = 15, 14
DEL_A = 4 + 9 + 7


def fed(lines: list[tuple[float, str]], *, dialect: Dialect = REDIS_7, end_s: float = 100.0) -> Predictor:
    """One client says these lines at these seconds."""
    predictor = Predictor(dialect, start_us=1_790_000_000_000_000)
    for at_s, text in lines:
        predictor.feed(operation(text, at_s=at_s))
    predictor.close(round(end_s * 1e6))
    return predictor


def counted(*lines: str, dialect: Dialect = REDIS_7) -> dict[str, int]:
    """Bytes by command of lines said at once, a second before the end."""
    return dict(fed([(0.0, each) for each in lines], dialect=dialect, end_s=1.0).tally.by_command)


def test_a_write_costs_its_words_and_a_read_nothing() -> None:
    assert counted("SET a 1", "GET a") == {"SET": SET_A}


def test_a_transaction_of_one_write_has_no_frame_and_one_of_two_has() -> None:
    assert counted("MULTI", "SET a 1", "GET a", "EXEC") == {"SET": SET_A}
    assert counted("MULTI", "SET a 1", "SET a 2", "EXEC") == {"MULTI": MULTI, "SET": 2 * SET_A, "EXEC": EXEC}


def test_a_transaction_that_is_discarded_costs_nothing() -> None:
    assert counted("MULTI", "SET a 1", "DISCARD") == {}


def test_a_script_costs_what_it_wrote() -> None:
    predictor = Predictor(REDIS_7, 0)
    predictor.feed(operation("EVAL script 1 a"))
    predictor.feed(operation("SET a 1", flags=Flag.LUA))
    predictor.feed(operation("GET a", flags=Flag.LUA))
    predictor.feed(operation("EVAL script 1 a"))
    predictor.close(0)
    assert predictor.tally.by_command == {"SET": SET_A}
    assert predictor.silent_scripts == 1


def test_a_script_in_a_transaction_is_part_of_its_frame() -> None:
    predictor = Predictor(REDIS_7, 0)
    for text, flags in [("MULTI", 0), ("SET a 1", 0), ("EVAL script 1 a", 0), ("SET a 2", Flag.LUA), ("EXEC", 0)]:
        predictor.feed(operation(text, flags=Flag(flags)))
    predictor.close(0)
    assert predictor.tally.by_command == {"MULTI": MULTI, "SET": 2 * SET_A, "EXEC": EXEC}


def test_an_expiry_costs_a_deletion_in_the_word_of_the_engine() -> None:
    until = 4 + 9 + 7 + 7 + 10 + 20  # SET a 1 PXAT <13 digits>
    lines = [(0.0, "SET a 1 EX 5")]
    assert fed(lines).tally.by_command == {"SET": until, "DEL": DEL_A}
    assert fed(lines, dialect=VALKEY_9).tally.by_command == {"SET": until, "UNLINK": DEL_A + 3}
    assert fed(lines, end_s=4.0).tally.by_command == {"SET": until}


def test_a_key_that_is_written_again_does_not_expire() -> None:
    assert "DEL" not in fed([(0.0, "SET a 1 EX 5"), (1.0, "SET a 1")]).tally.by_command
    assert "DEL" not in fed([(0.0, "SET a 1 EX 5"), (1.0, "PERSIST a")]).tally.by_command
    assert fed([(0.0, "SET a 1 EX 5"), (1.0, "EXPIRE a 50")]).tally.by_command["DEL"] == DEL_A


def test_what_changes_nothing_costs_nothing() -> None:
    assert counted("DEL a", "SREM a b", "SET a 1 XX", "EXPIRE a 5", "LPOP a", "ZADD a XX 1 b") == {}


def test_a_command_the_engine_refuses_costs_nothing() -> None:
    assert counted("SADD a b", "INCR a", "LPUSH a x", "HSET a f")["SADD"] == 4 + 10 + 7 + 7
    assert set(counted("SADD a b", "INCR a", "LPUSH a x", "HSET a f")) == {"SADD"}


def test_keys_in_different_slots_are_refused_and_counted() -> None:
    predictor = fed([(0.0, "MSET a 1 b 2"), (0.0, "MSET {t}a 1 {t}b 2")])
    assert (predictor.refused, predictor.tally.commands) == (1, 1)


def test_a_client_that_waits_is_served_by_the_next_push() -> None:
    predictor = Predictor(REDIS_7, 0)
    waiting, pushing = operation("BLPOP q 0"), replace(operation("RPUSH q job", at_s=1), conn=1)
    for each in (waiting, pushing):
        predictor.feed(each)
    predictor.close(2_000_000)
    assert predictor.tally.by_command == {"RPUSH": 4 + 11 + 7 + 9, "LPOP": 4 + 10 + 7}


def test_a_client_that_goes_on_waits_no_longer() -> None:
    assert "LPOP" not in fed([(0.0, "BLPOP q 1"), (2.0, "GET a"), (3.0, "RPUSH q job")]).tally.by_command


def test_bytes_stand_in_their_second_and_in_bursts_of_ten_milliseconds() -> None:
    tally = fed([(0.0, "SET a 1"), (0.009, "SET a 1"), (0.010, "SET a 1"), (2.5, "SET a 1")]).tally
    assert tally.per_second == {0: 3 * SET_A, 2: SET_A}
    assert tally.burst_bytes == 2 * SET_A


def test_a_faster_clock_moves_the_curve_and_not_the_bytes() -> None:
    predictor = Predictor(REDIS_7, 0, speed=10.0)
    for at_s in (0.0, 9.0):
        predictor.feed(operation("SET a 1", at_s=at_s))
    predictor.close(10_000_000)
    assert predictor.tally.per_second == {0: 2 * SET_A}


@pytest.mark.parametrize(
    ("engine", "version", "ident"),
    [
        ("redis", "7.0.15", "redis-7.0"),
        ("redis", "8.0.0", "redis-7.0"),
        ("valkey", "7.2.6", "redis-7.0"),
        ("valkey", "9.1.2", "valkey-9"),
    ],
)
def test_an_engine_speaks_the_dialect_of_its_line(engine: str, version: str, ident: str) -> None:
    assert dialect_of(engine, version).ident == ident


@pytest.mark.parametrize(
    ("before", "step", "total"),
    [(b"10.5", b"0.1", b"10.6"), (b"0", b"3", b"3"), (b"5.0e3", b"2.0e2", b"5200"), (b"1", b"-1", b"0")],
)
def test_floats_are_added_as_the_engines_add_them(before: bytes, step: bytes, total: bytes) -> None:
    assert add_float(before, step) == total


NAMES = st.sampled_from(["a", "b", "c"])
LINES = st.one_of(
    st.builds("SET {} {}".format, NAMES, st.integers(0, 99)),
    st.builds("SADD {} {} {}".format, NAMES, NAMES, NAMES),
    st.builds("SPOP {} {}".format, NAMES, st.integers(0, 3)),
    st.builds("LPUSH {} x".format, NAMES),
    st.builds("BLPOP {} 0".format, NAMES),
    st.builds("ZADD {} GT {} m".format, NAMES, st.integers(0, 9)),
    st.builds("XADD {} * f v".format, NAMES),
    st.builds("EXPIRE {} {}".format, NAMES, st.integers(-1, 5)),
    st.builds("DEL {}".format, NAMES),
    st.builds("SET".format),
)


@given(st.lists(LINES, max_size=40), st.sampled_from([REDIS_7, VALKEY_9]))
def test_every_sum_is_the_same_however_it_is_taken(lines: list[str], dialect: Dialect) -> None:
    tally = fed([(float(number), text) for number, text in enumerate(lines)], dialect=dialect).tally
    assert tally.total == sum(tally.by_command.values()) == sum(tally.by_family.values())
    assert tally.total == sum(tally.per_second.values())
    assert 0 <= tally.burst_bytes <= max(tally.per_second.values(), default=0)


@given(st.lists(LINES, max_size=40))
def test_keys_deleted_at_the_end_leave_nothing_to_delete(lines: list[str]) -> None:
    predictor = fed([*((0.0, text) for text in lines), (0.0, "DEL a"), (0.0, "DEL b"), (0.0, "DEL c")], end_s=0.0)
    before = predictor.tally.total
    predictor.close(10**9)
    predictor.feed(operation("DEL a", at_s=1000.0))
    assert predictor.tally.total == before


def test_a_stored_trace_is_predicted_with_the_keys_a_replay_would_create(tmp_path: Path) -> None:
    trace = read(tmp_path, [line(0, "GET seen"), line(1, "DEL seen"), line(2, "DEL unseen"), line(3, "SET a 1")])
    found = predict(trace)
    assert found.by_command == {"SET": SET_A, "DEL": resp.length([b"DEL", b"seen"])}
    assert found.per_second == (0, resp.length([b"DEL", b"seen"]), 0, SET_A)
    assert (found.peak_bytes_per_s, found.peak_10ms_bytes) == (SET_A, SET_A)
    assert found.to_json()["engine"] == "redis-7.0"


WORDS = st.one_of(
    st.sampled_from(
        [
            b"a",
            b"b",
            b"1",
            b"-1",
            b"0",
            b"2",
            b"*",
            b">",
            b"$",
            b"~",
            b"=",
            b"GROUP",
            b"STREAMS",
            b"COUNT",
            b"STORE",
            b"EX",
        ]
    ),
    st.sampled_from(
        [b"PXAT", b"FIELDS", b"MAXLEN", b"MINID", b"nan", b"1e4000", b"99999999999999999999", b"5-1", b"5-*"]
    ),
    st.binary(max_size=4),
)


@given(st.lists(st.tuples(st.sampled_from(sorted(RULES)), st.lists(WORDS, max_size=9)), max_size=12))
def test_no_words_whatever_stop_the_prediction(lines: list[tuple[str, list[bytes]]]) -> None:
    predictor = Predictor(VALKEY_9, start_us=1_790_000_000_000_000)
    for number, (name, args) in enumerate(lines):
        predictor.feed(operation((*name.encode().split(b" "), *args), at_s=float(number)))
    predictor.close(10**9)
    assert predictor.tally.total == sum(predictor.tally.by_command.values())
