"""Redaction keeps what a measurement needs (lengths, equality, slots, numbers) and nothing that says anything of anybody."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.slots import hash_tag, key_slot
from engine.traces import roles as role
from engine.traces.redacting.siphash import keyed_hash
from engine.traces.redaction import KEY_BYTES, Redactor, key_from_content, schema_words

KEY = bytes(range(16))
ONE = Redactor(KEY, frozenset([b"acme", b"pin-code"]))
OTHER = Redactor(b"\xff" * 16)
BOUNDED = settings(max_examples=100, deadline=None)

words = st.binary(max_size=80)
names = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=12).map(str.encode)
segments = st.one_of(
    names,
    st.integers(0, 10**12).map(lambda number: b"%d" % number),
    st.uuids().map(lambda ident: str(ident).encode()),
    st.sampled_from([b"user", b"cart", b"*", b"acme", b"\xd0\xb6"]),
)
keys = st.lists(segments, min_size=1, max_size=5).map(b":".join)
integers = st.integers(-(2**63), 2**63 - 1)


def redacted(words: list[bytes], kinds: int | list[int], redactor: Redactor = ONE) -> list[bytes]:
    """The words after redaction, through one block as the pipeline does it."""
    data = np.frombuffer(b"".join(words), np.uint8).copy()
    offsets = np.cumsum([0, *map(len, words)], dtype=np.int64)
    roles = np.array(kinds if isinstance(kinds, list) else [kinds] * len(words), np.uint8)
    redactor.redact(data, offsets, roles)
    return [data[start:stop].tobytes() for start, stop in pairwise(offsets)]


def one(word: bytes, kind: int = role.KEY, redactor: Redactor = ONE) -> bytes:
    return redacted([word], kind, redactor)[0]


def test_the_hash_is_siphash_2_4() -> None:
    """The test vector of the paper's appendix: key 00…0f, message 00…0e."""
    message = np.arange(15, dtype=np.uint8)
    key0, key1, first = (np.uint64(each) for each in np.frombuffer(bytes(range(16)) + bytes(range(8)), "<u8"))
    assert keyed_hash(key0, key1, first, message, 8, 15) == 0xA129CA6149BE45E5


@BOUNDED
@given(st.lists(st.tuples(words, st.integers(0, 5)), max_size=20))
def test_the_same_twice_gives_the_same_and_what_is_kept_is_untouched(pairs: list[tuple[bytes, int]]) -> None:
    given_words, kinds = [word for word, _ in pairs], [kind for _, kind in pairs]
    first = redacted(given_words, kinds)
    assert first == redacted(given_words, kinds)
    for before, after, kind in zip(given_words, first, kinds, strict=True):
        if kind in (role.KEEP, role.SECRET):
            assert after == before


@BOUNDED
@given(st.lists(words, max_size=10), st.sampled_from([role.KEY, role.VALUE, role.NAME, role.COORDINATE]))
def test_equal_words_stay_equal_and_different_ones_different(some: list[bytes], kind: int) -> None:
    given_words = some + some[:3]
    after = redacted(given_words, kind)
    pairs = set(zip(given_words, after, strict=True))
    assert len(pairs) == len(set(given_words)) == len(set(after))


@pytest.mark.parametrize("kind", [role.KEY, role.VALUE])
@pytest.mark.parametrize(
    "shape", ["%d", "%03d", "a%d", "%x", "%X", "-%d", "0.%d", "%de5", "k:%d:x", "%d%%", "\\x%02d"], ids=str
)
def test_replacement_is_a_permutation_of_each_whole_small_domain(shape: str, kind: int) -> None:
    domain = {(shape % number).encode() for number in range(1000)}
    after = redacted(sorted(domain), kind)
    assert len(set(after)) == len(domain)
    assert [len(word) for word in after] == [len(word) for word in sorted(domain)]


def test_all_one_and_two_byte_values_are_permuted() -> None:
    every = [bytes([first]) for first in range(256)] + [
        bytes([first, second]) for first in range(256) for second in range(256)
    ]
    for kind in (role.KEY, role.VALUE):
        assert len(set(redacted(every, kind))) == len(every)


@BOUNDED
@given(words)
def test_delimiters_and_glob_signs_stay_where_they_are(key: bytes) -> None:
    signs = re.compile(rb"[!-/:-@\[-`{-~ ]")
    after = one(key)
    assert [(m.start(), m[0]) for m in signs.finditer(key)] == [(m.start(), m[0]) for m in signs.finditer(after)]


@BOUNDED
@given(keys, st.lists(keys, min_size=2, max_size=5))
def test_keys_of_one_hash_tag_stay_in_one_slot(tag: bytes, rest: list[bytes]) -> None:
    tagged = [b"{%b}:%b" % (tag, each) for each in rest] + [b"x:{%b}" % tag]
    after = redacted(tagged, role.KEY)
    assert len({key_slot(key) for key in after}) == 1
    assert {hash_tag(key) for key in after} == {one(tag)}


@BOUNDED
@given(integers)
def test_a_whole_number_keeps_its_digits_its_sign_and_its_integer_type(number: int) -> None:
    after = one(b"%d" % number, role.VALUE)
    assert after == b"%d" % int(after)
    assert len(after) == len(b"%d" % number)
    assert (int(after) < 0) == (number < 0)
    for limit in (2**15, 2**31, 2**63):
        assert (-limit <= int(after) < limit) == (-limit <= number < limit)


@BOUNDED
@given(st.decimals(-1000, 1000, places=6), st.sampled_from(["", "e3", "E-2"]))
def test_a_decimal_keeps_its_sign_its_point_its_exponent_and_its_zeros_at_the_end(
    number: object, exponent: str
) -> None:
    before = f"{number:f}{exponent}"
    after = one(before.encode(), role.VALUE).decode()
    shape = re.compile(r"(-?)(\d+)\.(\d*?)(0*)([eE]-?\d+)?")
    was, is_ = shape.fullmatch(before), shape.fullmatch(after)
    assert was is not None
    assert is_ is not None
    assert [len(part or "") for part in was.groups()] == [len(part or "") for part in is_.groups()]
    assert (was[1], was[4], was[5]) == (is_[1], is_[4], is_[5])
    assert (float(after) == 0) == (float(before) == 0)


def test_yes_no_and_minus_one_stay() -> None:
    assert redacted([b"0", b"1", b"-1"], role.VALUE) == [b"0", b"1", b"-1"]


@BOUNDED
@given(words)
def test_what_is_no_number_becomes_none(value: bytes) -> None:
    number = re.compile(rb"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?")
    if len(value) <= 64:
        assert bool(number.fullmatch(value)) == bool(number.fullmatch(one(value, role.VALUE)))


def test_numbers_in_keys_get_no_zero_in_front_and_lose_none() -> None:
    after = redacted([b"user:%d" % number for number in range(1, 2000)], role.KEY)
    assert not [key for key in after if re.search(rb":0", key)]
    assert re.fullmatch(rb"key:0{9}[1-9]\d\d", one(b"key:000000000203"))


def test_hexadecimal_stays_hexadecimal_and_a_uuid_stays_a_uuid() -> None:
    after = one(b"550e8400-e29b-41d4-a716-446655440000")
    assert re.fullmatch(rb"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-\d{12}", after)
    assert re.fullmatch(rb"[0-9A-F]{8}", one(b"DEADBEE5"))
    assert re.fullmatch(rb"[A-Z][a-z]{4}", one(b"Alice"))


@BOUNDED
@given(st.text(max_size=40))
def test_text_stays_text(text: str) -> None:
    assert len(one(text.encode()).decode()) == len(text)


@BOUNDED
@given(st.lists(keys, min_size=1, max_size=5))
def test_no_word_outside_the_lists_survives_and_every_listed_one_does(some: list[bytes]) -> None:
    kept = schema_words() | {b"acme", b"pin", b"code"}
    for before, after in zip(some, redacted(some, role.KEY), strict=True):
        for was, is_ in zip(before.split(b":"), after.split(b":"), strict=True):
            if was in kept:
                assert is_ == was
            elif re.fullmatch(rb"[a-z]{4,}", was):
                assert is_ != was


def test_words_to_keep_are_compared_without_case_and_by_their_parts() -> None:
    assert one(b"ACME:Session:pin:code") == b"ACME:Session:pin:code"
    assert one(b"acme", redactor=OTHER) != b"acme"


def test_nothing_else_becomes_a_word_to_keep() -> None:
    """All words of two letters: those of the list stay themselves, so no other may become one."""
    letters = b"abcdefghijklmnopqrstuvwxyz"
    every = [bytes([first, second]) for first in letters for second in letters]
    kept = [word for word in every if word in schema_words()]
    assert {b"id", b"db", b"ip"} <= set(kept)
    after = dict(zip(every, redacted(every, role.KEY), strict=True))
    assert [word for word in every if after[word] in schema_words()] == kept


def test_two_keys_have_nothing_in_common() -> None:
    ids = [b"user:%08d" % (number + 10_000_000) for number in range(2000)]
    values = [b"value number %d of somebody" % number for number in range(2000)]
    for some, kind in ((ids, role.KEY), (values, role.VALUE)):
        first, second = redacted(some, kind), redacted(some, kind, OTHER)
        assert not [pair for pair in zip(first, second, strict=True) if pair[0] == pair[1]]
        assert len(set(first) & set(second)) < 5


def test_a_long_value_becomes_printable_noise_that_depends_on_all_of_it() -> None:
    first, second = redacted([b"x" * 5000 + b"a", b"x" * 5000 + b"b"], role.VALUE)
    assert all(33 <= byte <= 126 for byte in first)
    assert sum(a == b for a, b in zip(first, second, strict=True)) < 200
    assert one(b"x" * 5000 + b"a", role.VALUE) == first


def test_a_long_segment_keeps_its_shape() -> None:
    before = (b"Name%d" % 12345678) * 40
    after = one(before + b":user")
    assert re.fullmatch(rb"([A-Z][a-z]{3}\d{8}){40}:user", after)
    assert after != before + b":user"


def test_a_coordinate_keeps_sign_and_degrees() -> None:
    after = redacted([b"13.361389", b"-38.115556", b"85.05", b"180.0", b"7", b"north"], role.COORDINATE)
    assert re.fullmatch(rb"13\.\d{6}", after[0])
    assert re.fullmatch(rb"-38\.\d{6}", after[1])
    assert after[0] != b"13.361389"
    assert 85 < float(after[2]) <= 85.05112878
    assert after[3:] == [b"180.0", b"7", b"north"]


def test_keys_alone_are_redacted_like_keys_among_words() -> None:
    some = [b"user:1", b"", b"cart:{7}"]
    data = np.frombuffer(b"".join(some), np.uint8).copy()
    ONE.redact_keys(data, np.cumsum([0, *map(len, some)], dtype=np.int64))
    assert data.tobytes() == b"".join(redacted(some, role.KEY))


def test_a_key_from_content_is_the_same_for_the_same_files(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"recording")
    second.write_bytes(b"recording")
    assert key_from_content([first]) == key_from_content([second])
    assert len(key_from_content([first])) == KEY_BYTES
    second.write_bytes(b"recording 2")
    assert len({key_from_content(each) for each in ([first], [second], [first, second], [second, first])}) == 4
    with pytest.raises(InputError, match="missing: cannot be read"):
        key_from_content([tmp_path / "missing"])


def test_a_key_of_a_wrong_length_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="has 16 bytes"):
        Redactor(b"short")


def test_a_hyperloglog_stays_one_and_a_text_that_only_begins_like_it_does_not() -> None:
    redactor = Redactor(bytes(16))
    sketch = b"HYLL\x01\x00\x00\x00" + bytes(range(30))
    assert redactor.redacted(sketch, role.VALUE) == sketch
    assert redactor.redacted(b"HYLL" + b"a" * 30, role.VALUE) != b"HYLL" + b"a" * 30
