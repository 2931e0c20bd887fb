"""Lines of MONITOR go in and lines of MONITOR come out: the same commands, other words, nothing of the recorder's own."""

from __future__ import annotations

import re
from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from engine.recording.lines import Entry, ShardLines, text_of
from engine.recording.merging import Merger
from engine.recording.sampling import in_share
from engine.traces.formats.monitor import words_of
from engine.traces.redaction import Redactor
from tests.engine.traces.monitor_writing import quoted

ALL = Fraction(1)
NONCE = b"headroom-1234"


def line(second: float, words: str, client: str = "10.0.0.1:5000", db: int = 0) -> bytes:
    shown = b" ".join(b'"%b"' % word.encode() for word in words.split())
    return b"+%.6f [%d %b] %b\r\n" % (second, db, client.encode(), shown)


def reader(share: Fraction = ALL, *, redact: bool = True, ours: set[bytes] | None = None) -> ShardLines:
    return ShardLines(share, Redactor(bytes(16)) if redact else None, NONCE, set() if ours is None else ours)


def written(lines: ShardLines, *given_lines: bytes) -> list[bytes]:
    return text_of(lines.entries(b"".join(given_lines))).splitlines()


@settings(max_examples=100, deadline=None)
@given(st.lists(st.lists(st.binary(max_size=30), min_size=1, max_size=6), min_size=1, max_size=10))
def test_without_redaction_every_command_comes_out_as_the_server_printed_it(commands: list[list[bytes]]) -> None:
    commands = [[b"ECHO", *words] for words in commands]
    lines = [
        b"1.%06d [3 [::1]:5000] %b" % (number, b" ".join(map(quoted, words))) for number, words in enumerate(commands)
    ]
    assert written(reader(redact=False), *(b"+" + each + b"\r\n" for each in lines)) == lines


def test_words_are_redacted_and_everything_else_stays() -> None:
    [out] = written(reader(), line(1.5, "SET user:alice:cart secret EX 60", db=2))
    match = re.fullmatch(rb'1\.500000 \[2 10\.0\.0\.1:5000\] ("SET" "user:([a-z]{5}):cart" ".*" "EX" "60")', out)
    assert match
    words = words_of(match[1])
    assert words is not None
    assert [len(word) for word in words] == [3, 15, 6, 2, 2]
    assert match[2] != b"alice"
    assert words[2] != b"secret"


def test_equal_words_stay_equal_from_one_piece_to_the_next() -> None:
    lines = reader()
    assert written(lines, line(1, "GET user:alice")) == written(lines, line(1, "GET user:alice"))


def test_passwords_are_gone_even_without_redaction() -> None:
    out = written(
        reader(redact=False), line(1, "AUTH alice hunter2"), line(2, "HELLO 3 AUTH alice hunter2 SETNAME web")
    )
    assert [each.split(b"] ")[1] for each in out] == [
        b'"AUTH" "(redacted)" "(redacted)"',
        b'"HELLO" "3" "AUTH" "(redacted)" "(redacted)" "SETNAME" "web"',
    ]


def test_the_recorders_own_connections_are_left_out() -> None:
    lines = reader(ours={b"10.0.0.9:1"})
    out = written(
        lines,
        line(1, "CLUSTER SLOTS", client="10.0.0.9:1"),
        line(2, f"PING {NONCE.decode()}", client="10.0.0.9:2"),
        line(3, "INFO replication", client="10.0.0.9:2"),
        line(4, "GET a", client="10.0.0.9:3"),
    )
    assert len(out) == lines.seen == 1
    assert out[0].startswith(b'4.000000 [0 10.0.0.9:3] "GET"')


def test_on_a_unix_socket_only_the_greeting_itself_is_left_out() -> None:
    """All clients have one name there."""
    out = written(reader(), line(1, f"PING {NONCE.decode()}", client="unix:/s"), line(2, "GET a", client="unix:/s"))
    assert len(out) == 1


def test_what_cannot_be_read_is_counted_and_never_written() -> None:
    lines = reader()
    assert written(lines, b"+OK\r\n", b'+1.000000 [0 10.0.0.1:5000] "SET" "secre\r\n', b"secret\r\n") == []
    assert lines.unreadable == 2


def test_a_sample_holds_the_sampled_keys_and_no_other() -> None:
    share = Fraction(1, 4)
    keys = [f"user:{number}" for number in range(200)]
    out = written(reader(share, redact=False), *(line(1 + n, f"GET {key}") for n, key in enumerate(keys)))
    expected = [key for key in keys if in_share(key.encode(), share)]
    assert [each.split(b'"')[3].decode() for each in out] == expected
    assert 20 < len(expected) < 80


def test_multi_and_exec_stand_around_what_is_kept() -> None:
    share = Fraction(1, 4)
    inside = next(f"k{n}" for n in range(100) if in_share(b"k%d" % n, share))
    outside = next(f"k{n}" for n in range(100) if not in_share(b"k%d" % n, share))
    commands = ["MULTI", f"SET {outside} 1", f"SET {inside} 1", "EXEC"]
    out = written(reader(share, redact=False), *(line(1 + n, words) for n, words in enumerate(commands)))
    assert [each.split(b'"')[1] for each in out] == [b"MULTI", b"SET", b"EXEC"]
    assert out[0].startswith(b"3.000000 ")


def test_scripts_stay_with_their_call_when_shards_are_merged() -> None:
    first, second, merger = reader(), reader(), Merger()
    call = line(1.0, "EVAL x 1 a"), line(1.3, "GET a", client="lua")
    other = line(1.1, "EVAL x 1 b", client="10.0.0.2:1"), line(1.2, "GET b", client="lua")
    merger.put(0, first.entries(b"".join(call), tie_scripts=True))
    merger.put(1, second.entries(b"".join(other), tie_scripts=True))
    assert [each.client for each in merger.rest()] == [b"10.0.0.1:5000", b"lua", b"10.0.0.2:1", b"lua"]


def test_a_clock_set_back_loses_nothing() -> None:
    lines = reader()
    assert len(written(lines, line(100, "GET a"), line(10, "GET b"), line(11, "GET c"))) == 3
    assert lines.unreadable == 0


def entry(t_us: int, client: bytes = b"10.0.0.1:5000") -> Entry:
    return Entry(t_us, 0, client, b' "PING"')


def test_shards_are_merged_by_time_up_to_what_all_have_said() -> None:
    merger = Merger()
    merger.put(0, [entry(1), entry(5)])
    merger.put(1, [entry(2, b"b:1"), entry(3, b"b:1")])
    assert [each.t_us for each in merger.settled([5, 3])] == [1, 2, 3]
    merger.put(1, [entry(4, b"b:1")])
    assert [each.t_us for each in merger.rest()] == [4, 5]
    assert merger.moved == 0


def test_a_silent_shard_holds_the_others_back_for_a_second_only() -> None:
    merger = Merger()
    merger.put(0, [entry(1), entry(2_000_000)])
    assert [each.t_us for each in merger.settled([2_000_000, 0])] == [1]


def test_one_that_comes_too_late_gets_the_time_of_the_last_written() -> None:
    merger = Merger()
    merger.put(0, [entry(10)])
    merger.rest()
    merger.put(0, [entry(9)])
    assert [each.t_us for each in merger.rest()] == [10]
    assert merger.moved == 1


def test_one_port_used_to_two_shards_is_two_connections() -> None:
    merger = Merger()
    merger.put(0, [entry(1)])
    merger.put(2, [entry(2), entry(3, b"lua")])
    merger.put(0, [entry(4)])
    assert [each.client for each in merger.rest()] == [
        b"10.0.0.1:5000", b"10.0.0.1:205000", b"lua", b"10.0.0.1:5000",
    ]  # fmt: skip
