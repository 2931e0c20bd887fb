"""Keys of one kind fall into one family, whatever their identifiers look like."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.traces.families import LONGEST, family


@pytest.mark.parametrize(
    ("key", "pattern"),
    [
        ("user:7:cart", "user:{id}:cart"),
        ("user:{7}:cart", "user:{id}:cart"),
        ("user:{id}:cart", "user:{id}:cart"),
        ("{user:7}:cart", "{user:{id}}:cart"),
        ("{orders}:open", "{orders}:open"),
        ("session:ad0bf47a-5821-41b6-a708-7520fe9d1051", "session:{id}"),
        ("session:AD0BF47A-5821-41B6-A708-7520FE9D1051:x", "session:{id}:x"),
        ("object:deadbeef", "object:{id}"),
        ("rate:10.0.96.135", "rate:{id}"),
        ("day:2024-01-31", "day:{id}"),
        ("a/b/7/c", "a/b/{id}/c"),
        ("a|7|b", "a|{id}|b"),
        ("stock 7", "stock {id}"),
        ("order-7.lines", "order-{id}.lines"),
        ("user:7:3", "user:{id}:{id}"),
        ("config:flags", "config:flags"),
        ("userPreferencesCache:all", "userPreferencesCache:all"),
        ("facade:list", "facade:list"),
        ("sess:kJ3f-Abq_xY9dEf-LopQ", "sess:{id}"),
        ("token:dGhpcyBpcyBhIHRlc3Q=", "token:{id}"),
        ("token:qWeRtYuIoPaSdFgHjKl", "token:{id}"),
        ("caffè:7", "caffè:{id}"),
        (":1:views.cache", ":{id}:views.cache"),
        ("7", "{id}"),
        ("", ""),
    ],
)
def test_what_varies_is_an_identifier_and_what_does_not_stays(key: str, pattern: str) -> None:
    assert family(key.encode()) == pattern


def test_bytes_that_do_not_print_are_shown_escaped() -> None:
    assert family(b"bin:\xff\xfe") == "bin:\\xff\\xfe"
    assert family(b"tab\there") == "tab\\there"


def test_of_a_very_long_key_only_the_beginning_is_looked_at() -> None:
    assert family(b"blob:" + b"z" * 10_000_000) == "blob:" + "z" * (LONGEST - 5) + "…"


@given(st.binary(max_size=80))
def test_a_family_always_prints_and_is_stable(key: bytes) -> None:
    pattern = family(key)
    assert pattern.isprintable()
    assert family(pattern.encode()) == pattern
    assert family(bytes(key)) == pattern


@given(st.integers(0), st.integers(0), st.sampled_from(["user:%d", "a:{%d}:b", "x/%d/y", "n-%d", "cart.%d.items"]))
def test_two_numbers_in_one_place_give_one_family(one: int, other: int, shape: str) -> None:
    assert family((shape % one).encode()) == family((shape % other).encode())


@given(st.uuids(), st.uuids())
def test_two_uuids_in_one_place_give_one_family(one: object, other: object) -> None:
    assert family(f"session:{one}:data".encode()) == family(f"session:{other}:data".encode()) == "session:{id}:data"
