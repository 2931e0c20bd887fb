"""Columns of annotated commands say the same as reading each command word by word."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.traces.annotating import annotation
from engine.traces.annotating.annotation import Annotated, Annotator
from engine.traces.annotating.grammar import vocabulary
from engine.traces.block import UNKNOWN, block_of
from engine.traces.model import Flag
from engine.traces.roles import KEEP, KEY, NAME, SECRET, VALUE
from tests.engine.traces.annotation_oracle import Meaning, Oracle

START_US = 1_700_000_000_000_000
LINES = (
    "SET k v EX 10 NX",
    "set k v",
    "SET GET EX",
    "SET k v exat 1700000100",
    "ZADD k NX CH 1 a 2 b",
    "XADD s MAXLEN ~ 1000 * f v g w",
    "EVAL script 2 a b x y",
    "EVAL script 0 x y",
    "EVAL script 9 x y",
    "XREADGROUP GROUP g c COUNT 1 BLOCK 1 STREAMS a b > >",
    "ZUNIONSTORE d 2 a b WEIGHTS 1 2 AGGREGATE SUM",
    "JSON.SET a 5 -7 {}",
    "MULTI",
    "EXEC",
    "RESET",
    "RESTORE k 0 abc",
    "RESTORE k 5 abc",
    "EXPIRE k abc",
    "EXPIRE k -5",
    "EXPIRE k 99999999999999999999",
    "PEXPIREAT k 1700000000500",
    "XGROUP CREATE s g $",
    "XGROUP",
    "xgroup Nonsense x",
    "CONFIG GET x",
    "PING",
    "MSETEX 2 a 1 b 2 EX 4",
    "HSETEX k EX 3 FIELDS 1 f v",
    "GEOADD k 1.5 2.5 m",
    "SORT k BY w_* LIMIT 0 1 STORE d",
    "MIGRATE h 1 k 0 9",
    "BLPOP a b 0",
)


def annotated(*commands: list[bytes], step_us: int = 7) -> Annotated:
    rows = ((START_US + place * step_us, place % 3, 0, False, words) for place, words in enumerate(commands))
    return Annotator().annotate(block_of(rows))


def words(text: str) -> list[bytes]:
    return text.encode().split()


def meanings(found: Annotated) -> list[Meaning]:
    block = found.block
    keys = [block.data[block.offsets[at] : block.offsets[at + 1]].tobytes() if at >= 0 else None for at in found.key]
    columns = zip(found.cmd, keys, found.value_len, found.ttl_ms, found.flags, strict=True)
    return [
        Meaning(found.names[cmd], key, int(size), None if ttl == UNKNOWN else int(ttl), Flag(int(flags)))
        for cmd, key, size, ttl, flags in columns
    ]


def expected(commands: list[list[bytes]], step_us: int = 7) -> list[Meaning]:
    oracle = Oracle()
    return [oracle.meaning(place % 3, argv, START_US + place * step_us) for place, argv in enumerate(commands)]


@pytest.mark.parametrize("line", LINES)
def test_a_command_means_in_columns_what_it_means_alone(line: str) -> None:
    assert meanings(annotated(words(line))) == expected([words(line)])


def test_commands_of_many_shapes_side_by_side_keep_their_meanings() -> None:
    commands = [words(line) for line in LINES] * 3
    assert meanings(annotated(*commands)) == expected(commands)


_WORDS = st.one_of(
    st.sampled_from(sorted(vocabulary())),
    st.sampled_from([b"0", b"1", b"2", b"-1", b"1700000100", b"99999999999999999999", b"", b"k", b"a b", b"\xff\x00"]),
    st.binary(max_size=6),
)
_NAMES = st.sampled_from([line.split()[0].encode() for line in LINES] + [b"NoSuch", b"\xe9"])


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(_NAMES, st.lists(_WORDS, max_size=7)), min_size=1, max_size=12))
def test_any_words_mean_in_columns_what_they_mean_alone(calls: list[tuple[bytes, list[bytes]]]) -> None:
    commands = [[name, *args] for name, args in calls]
    assert meanings(annotated(*commands)) == expected(commands)


def test_a_transaction_goes_on_in_the_next_block() -> None:
    annotator = Annotator()
    annotator.annotate(block_of([(START_US, 5, 0, False, [b"MULTI"])]))
    found = annotator.annotate(block_of([(START_US, 5, 0, False, [b"GET", b"k"])]))
    assert found.flags.tolist() == [Flag.TRANSACTION]


def test_passwords_are_replaced_and_everything_after_them_stays_where_it_is() -> None:
    found = annotated(words("AUTH name secret"), words("HELLO 3 AUTH me pass SETNAME x"), words("GET k"))
    assert list(found.block.words()) == [
        [b"AUTH", b"(redacted)", b"(redacted)"],
        [b"HELLO", b"3", b"AUTH", b"(redacted)", b"(redacted)", b"SETNAME", b"x"],
        [b"GET", b"k"],
    ]
    assert meanings(found)[2].key == b"k"


def test_more_names_than_are_told_apart_share_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annotation, "MOST_NAMES", 2)
    found = annotated([b"ONE"], [b"TWO"], [b"THREE"], [b"FOUR"])
    assert [found.names[cmd] for cmd in found.cmd] == ["ONE", "TWO", "(OTHER)", "(OTHER)"]


def test_a_flood_of_shapes_starts_the_table_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(annotation, "MOST_LAYOUTS", 10)
    annotator, oracle = Annotator(), Oracle()
    for start in range(0, 200, 20):
        rows = [(START_US, 0, 0, False, [b"SADD", *[b"m"] * (start + at)]) for at in range(1, 20)]
        assert meanings(annotator.annotate(block_of(rows))) == [oracle.meaning(0, row[4], START_US) for row in rows]


ROLES = {".": KEEP, "K": KEY, "V": VALUE, "N": NAME, "S": SECRET}


@pytest.mark.parametrize(
    ("line", "roles"),
    [
        ("SET user:1 Anna EX 10", ".KV.."),
        ("SET user:1 42", ".KV"),
        ("EXPIRE user:1 10", ".K."),
        ("EXPIRE user:1 Anna", ".KV"),
        ("ZADD board NX 1e5 Anna -inf Bo", ".K..V.V"),
        ("ZRANGEBYSCORE board (5 +inf", ".K.."),
        ("ZRANGE board [a (b BYLEX", ".KKK."),
        ("XADD s MAXLEN ~ 1000 1-1 name Anna", ".K....NV"),
        ("XREADGROUP GROUP g c COUNT 1 STREAMS a b > 5-0", "..NN...KK.."),
        ("EVAL return(1) 1 k Anna", "...KV"),
        ("HSET h name Anna", ".KNV"),
        ("SADD s Anna 7", ".KVV"),
        ("SCAN 0 MATCH user:* COUNT 10", "...K.."),
        ("PUBLISH news hello", ".KV"),
        ("LRANGE l 0 -1", ".K.."),
        ("MIGRATE host 1 k 0 9 AUTH pw", "...K...S"),
        ("GET k surplus", ".KV"),
        ("FT.SEARCH idx Anna 5", ".KVV"),
        ("CONFIG SET requirepass hunter2", "...S"),
        ("CLIENT SETNAME checkout", "..."),
    ],
)
def test_every_word_has_its_role(line: str, roles: str) -> None:
    assert annotated(words(line)).roles.tolist() == [ROLES[role] for role in roles]
