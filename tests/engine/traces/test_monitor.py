"""Lines of MONITOR become operations, in every variant that servers and proxies print."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.traces import limits
from engine.traces.formats.monitor import recognised, words_of
from engine.traces.model import Flag, Operation, TraceHeader
from engine.traces.store import iter_operations
from tests.engine.traces import monitor_writing as writing
from tests.engine.traces.reading_as_is import read_recording


def read(folder: Path, lines: list[bytes], *, compressed: bool = False) -> tuple[TraceHeader, list[Operation]]:
    source = writing.write(folder / "recording", lines, compressed=compressed)
    header = read_recording(source, folder / "trace.parquet")
    return header, list(iter_operations(folder / "trace.parquet"))


@pytest.mark.parametrize(
    "line",
    [
        b'1700000000.000001 [0 127.0.0.1:5000] "SET" "k" "v"',
        b'+1700000000.000001 [0 127.0.0.1:5000] "SET" "k" "v"',
        b'1700000000.000001 [0 127.0.0.1:5000] "SET" "k" "v"\r',
        b'1700000000.000001 [0 [::1]:49436] "SET" "k" "v"',
        b'1700000000.000001 [0 [fe80::1%eth0]:49436] "SET" "k" "v"',
        b'1700000000.000001 [0 unix:/run/redis/r.sock] "SET" "k" "v"',
        b'1700000000.000001 [0 unix:/odd path/[1]] "SET" "k" "v"',
        b'[ proxy49 ] 1700000000.000001 [0 10.0.0.1:5000] "SET" "k" "v"',
        b'+[ proxy49 ] 1700000000.000001 [0 10.0.0.1:5000] "SET" "k" "v"',
        b'1700000000.000001 (db 0) "SET" "k" "v"',
        b'1700000000.000001 [0 127.0.0.1:5000] "set" "\\x6b" "\\x76"',
    ],
)
def test_every_variant_of_a_line_is_the_same_operation(tmp_path: Path, line: bytes) -> None:
    header, operations = read(tmp_path, [b"OK", line])
    assert operations == [Operation(0, 0, 0, "SET", b"k", (b"k", b"v"), 1, 1, None, None, Flag.WRITE)]
    assert header.first_wall_clock_us == 1_700_000_000_000_001
    assert header.skipped == {"OK line": 1}
    assert recognised(b"OK\n" + line + b"\n")


def test_times_and_connections_count_from_the_first_operation(tmp_path: Path) -> None:
    lines = [
        writing.line(5_000_000, [b"GET", b"a"], b"10.0.0.1:1"),
        writing.line(5_000_250, [b"GET", b"b"], b"10.0.0.2:1", db=3),
        writing.line(6_500_000, [b"GET", b"c"], b"10.0.0.1:1"),
    ]
    header, operations = read(tmp_path, lines)
    assert [(one.t_us, one.conn, one.db) for one in operations] == [(0, 0, 0), (250, 1, 3), (1_500_000, 0, 0)]
    assert (header.connections, header.duration_us, header.operations) == (2, 1_500_000, 3)


def test_lua_lines_belong_to_the_connection_of_the_script_before_them(tmp_path: Path) -> None:
    lines = [
        writing.line(1, [b"GET", b"a"], b"10.0.0.1:1"),
        writing.line(2, [b"EVALSHA", b"abc", b"1", b"k", b"arg"], b"10.0.0.2:1"),
        writing.line(3, [b"incr", b"k"], b"lua"),
        writing.line(4, [b"GET", b"a"], b"10.0.0.1:1"),
    ]
    _, operations = read(tmp_path, lines)
    assert [(one.conn, one.flags) for one in operations] == [
        (0, Flag(0)),
        (1, Flag(0)),
        (1, Flag.WRITE | Flag.LUA),
        (0, Flag(0)),
    ]
    assert operations[1].value_len == 3


def test_a_recording_that_begins_inside_a_script_gives_its_lines_a_connection_of_their_own(tmp_path: Path) -> None:
    lines = [writing.line(1, [b"incr", b"k"], b"lua"), writing.line(2, [b"GET", b"a"])]
    assert [one.conn for one in read(tmp_path, lines)[1]] == [0, 1]


def test_a_transaction_is_everything_of_one_connection_from_multi_to_exec(tmp_path: Path) -> None:
    def one(time: int, client: bytes, text: str) -> bytes:
        return writing.line(time, text.encode().split(), client)

    lines = [
        one(1, b"a", "MULTI"),
        one(2, b"b", "GET x"),
        one(3, b"a", "INCR x"),
        one(4, b"a", "EXEC"),
        one(5, b"a", "GET x"),
        one(6, b"a", "MULTI"),
        one(7, b"a", "DISCARD"),
        one(8, b"a", "GET x"),
        one(9, b"a", "MULTI"),
        one(10, b"a", "RESET"),
        one(11, b"a", "GET x"),
    ]
    _, operations = read(tmp_path, lines)
    inside = "".join("x" if operation.flags & Flag.TRANSACTION else "." for operation in operations)
    assert inside == "x.xx.xx.xx."


def test_a_stream_read_blocks_only_when_it_says_so(tmp_path: Path) -> None:
    texts = ("BLPOP l 0", "XREAD STREAMS s 0", "XREAD BLOCK 0 STREAMS s $", "GET k")
    _, operations = read(tmp_path, writing.commands(*texts))
    assert [operation.flags & Flag.BLOCKING != 0 for operation in operations] == [True, False, True, False]


def test_the_time_to_live_of_an_absolute_expiry_counts_from_its_line(tmp_path: Path) -> None:
    lines = writing.commands("SET k v", "EXPIREAT k 1700000010", step_us=4_000_000)
    assert [one.ttl_ms for one in read(tmp_path, lines)[1]] == [None, 6_000]


def test_passwords_are_not_kept(tmp_path: Path) -> None:
    texts = ("AUTH name secret", "HELLO 3 AUTH name secret SETNAME me", "GET k")
    _, operations = read(tmp_path, writing.commands(*texts))
    assert operations[0].args == (b"(redacted)", b"(redacted)")
    assert operations[1].args == (b"3", b"AUTH", b"(redacted)", b"(redacted)", b"SETNAME", b"me")
    assert b"secret" not in (tmp_path / "trace.parquet").read_bytes()


@pytest.mark.parametrize(
    ("quoted", "words"),
    [
        (b'"GET" "k"', [b"GET", b"k"]),
        (b'"SET" "" ""', [b"SET", b"", b""]),
        (b'"a b" "\\" \\""', [b"a b", b'" "']),
        (b'"\\\\" "\\\\\\""', [b"\\", b'\\"']),
        (b'"\\n\\r\\t\\a\\b"', [b"\n\r\t\a\b"]),
        (b'"\\x00\\xff\\xFF"', [b"\x00\xff\xff"]),
        (b'"\\\\x41\\x41"', [b"\\x41A"]),
        (b'"Malm\xc3\xb6 \\n"', ["Malmö \n".encode()]),
        (b'"', None),
        (b'"a', None),
        (b'"a" "', None),
        (b'"a""b"', None),
        (b'"a"  "b"', None),
        (b'"a\\"', None),
        (b'"a\\q"', None),
        (b'"a\\x4"', None),
        (b'"a\\u0041"', None),
        (b'"a\\\x00"', None),
    ],
)
def test_words_are_unquoted_as_the_server_quotes_them(quoted: bytes, words: list[bytes] | None) -> None:
    assert words_of(quoted) == words


@given(st.lists(st.binary(max_size=40), min_size=1, max_size=8))
def test_whatever_a_server_quotes_reads_back(argv: list[bytes]) -> None:
    assert words_of(b" ".join(map(writing.quoted, argv))) == argv


_TRICKY = st.text(alphabet='"\\ \nxn0aé', max_size=12).map(str.encode)


@given(st.lists(_TRICKY, min_size=1, max_size=6))
def test_quotes_blanks_and_backslashes_read_back(argv: list[bytes]) -> None:
    assert words_of(b" ".join(map(writing.quoted, argv))) == argv


@given(st.binary(max_size=60).filter(lambda text: b"\n" not in text))
def test_any_bytes_between_quotes_are_words_or_nothing(text: bytes) -> None:
    words = words_of(b'"' + text + b'"')
    assert words is None or len(words) >= 1


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    st.lists(
        st.tuples(
            st.integers(0, 10**7),
            st.sampled_from([b"127.0.0.1:1", b"[::1]:2", b"unix:/tmp/s"]),
            st.integers(0, 15),
            st.lists(st.binary(max_size=20), max_size=4),
        ),
        min_size=1,
        max_size=30,
    ),
    st.booleans(),
)
def test_a_printed_recording_reads_back_operation_by_operation(
    tmp_path: Path, rows: list[tuple[int, bytes, int, list[bytes]]], compressed: bool
) -> None:
    rows = sorted(rows, key=lambda row: row[0])
    lines = [writing.line(t_us, [b"SADD", b"key", *args], client, db) for t_us, client, db, args in rows]
    header, operations = read(tmp_path, lines, compressed=compressed)
    assert [(one.t_us, one.db, one.args) for one in operations] == [
        (t_us - rows[0][0], db, (b"key", *args)) for t_us, _, db, args in rows
    ]
    assert header.operations == len(rows)
    assert header.connections == len({row[1] for row in rows})


def test_more_clients_than_are_told_apart_share_numbers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CLIENTS", 10)
    lines = [writing.line(n, [b"GET", b"k"], b"10.0.0.%d:1" % (n % 40)) for n in range(120)]
    header, operations = read(tmp_path, lines)
    assert header.connections == 10
    assert {one.conn for one in operations} <= set(range(10))
    assert [one.conn for one in operations[:40]] == [one.conn for one in operations[40:80]]


def test_what_the_recorder_knows_of_a_recording_is_taken_over(tmp_path: Path) -> None:
    facts = b'# headroom {"sampling": 0.0625, "engine_version": "valkey 9.1.2", "notes": ["A gap of 3 s at shard 1."]}'
    header, operations = read(tmp_path, [*writing.commands("GET k"), facts])
    assert (header.key_sampling, header.engine_version) == (0.0625, "valkey 9.1.2")
    assert header.notes == ("A gap of 3 s at shard 1.",)
    assert header.skipped == {}
    assert len(operations) == 1


@pytest.mark.parametrize(
    "facts", [b"", b"[]", b"{", b'{"sampling": 7}', b'{"sampling": "x"}', b'{"notes": 5}', b"null"]
)
def test_facts_that_are_none_are_an_unreadable_line(tmp_path: Path, facts: bytes) -> None:
    header, _ = read(tmp_path, [*writing.commands("GET k"), b"# headroom " + facts, *writing.commands("GET k")])
    assert header.skipped == {"unreadable line": 1}
    assert header.key_sampling == 1.0
