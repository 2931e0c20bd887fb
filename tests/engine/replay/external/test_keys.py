"""Keys under a prefix: the slot stays, nothing merges, and everything can be told back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.errors import InputError
from engine.replay.external.keys import parse_prefix
from engine.slots import key_slot

PREFIX = parse_prefix("headroom:")
KEYS = st.binary(max_size=40) | st.text("{}ab:", max_size=8).map(str.encode)  # braces in every odd place


@pytest.mark.parametrize(
    ("recorded", "becomes"),
    [
        (b"cart:{42}:x", b"headroom:a:cart:{42}:x"),
        (b"{42}", b"headroom:a:{42}"),
        (b"cart:42", b"headroom:b:{cart:42}"),
        (b"half{open", b"headroom:b:{half{open}"),
    ],
)
def test_keys_move_under_the_prefix(recorded: bytes, becomes: bytes) -> None:
    assert PREFIX.key(recorded) == becomes
    assert PREFIX.original(becomes) == recorded


@given(KEYS)
def test_the_slot_stays_whatever_the_key(key: bytes) -> None:
    assert key_slot(PREFIX.key(key)) == key_slot(key)


@given(KEYS)
def test_a_key_can_be_told_back(key: bytes) -> None:
    moved = PREFIX.key(key)
    assert PREFIX.owns(moved)
    assert PREFIX.original(moved) == key


@given(KEYS, KEYS)
def test_different_keys_stay_different(one: bytes, other: bytes) -> None:
    assert (PREFIX.key(one) == PREFIX.key(other)) == (one == other)


@pytest.mark.parametrize("key", [b"cart:42", b"headroom:", b"headroom:x:1", b"other:b:{1}"])
def test_a_key_of_somebody_else_is_not_told_back(key: bytes) -> None:
    with pytest.raises(ValueError, match="not a key of this prefix"):
        PREFIX.original(key)


@pytest.mark.parametrize("text", ["", ":", "ab:", "no-colon", "{tag}:", "all*:", "a b c:", "x" * 70 + ":", "[ab]x:"])
def test_prefixes_that_would_move_slots_or_match_other_keys_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"--prefix: .*cannot be the prefix"):
        parse_prefix(text)
