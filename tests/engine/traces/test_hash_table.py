"""Tables from hashes to numbers, shared by compiled loops and Python."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from engine.traces.hash_table import ABSENT, HashTable, hash_of

KEYS = st.dictionaries(st.integers(1, (1 << 64) - 1), st.integers(0, 1 << 30), max_size=300)


@given(KEYS)
def test_every_number_is_found_under_its_key(wanted: dict[int, int]) -> None:
    table = HashTable(places=4)
    for key, value in wanted.items():
        table.add(key, value)
    assert {key: table.get(key) for key in wanted} == wanted


@given(KEYS, st.integers(1, (1 << 64) - 1))
def test_a_key_that_was_not_added_is_absent(known: dict[int, int], other: int) -> None:
    table = HashTable(places=4)
    for key, value in known.items():
        table.add(key, value)
    assert table.get(other) == known.get(other, ABSENT)


def test_a_hash_of_nothing_is_a_key_like_others() -> None:
    table = HashTable()
    table.add(0, 7)
    assert table.get(0) == 7


def test_hashes_are_fnv_1a() -> None:
    assert hash_of(b"") == 0xCBF29CE484222325
    assert hash_of(b"a") == 0xAF63DC4C8601EC8C
    assert hash_of(b"foobar") == 0x85944171F73967E8
    assert hash_of(b"gEt", upper=True) == hash_of(b"GET")
