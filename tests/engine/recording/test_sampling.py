"""A sample is of keys: what belongs to a key comes whole or not at all, and in about the share that was asked for."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.recording.sampling import DROP, KEEP, KEEP_AFTER_MULTI, Sampler, in_share, parse_share

SIXTEENTH = Fraction(1, 16)
INSIDE = next(b"user:%d" % number for number in range(1000) if in_share(b"user:%d" % number, SIXTEENTH))
OUTSIDE = next(b"user:%d" % number for number in range(1000) if not in_share(b"user:%d" % number, SIXTEENTH))
CLIENT = b"10.0.0.1:5000"


def test_shares_are_read_as_people_write_them() -> None:
    assert (parse_share("1/16"), parse_share(" 0.05 "), parse_share("1")) == (SIXTEENTH, Fraction(1, 20), Fraction(1))


@pytest.mark.parametrize("text", ["", "0", "2", "-1/16", "1/0", "a lot"])
def test_what_is_no_share_is_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"--sample: .* is no share"):
        parse_share(text)


def test_the_share_of_keys_is_about_what_was_asked_for() -> None:
    """Of 16,000 keys 1,000 are expected with a standard deviation of 31; five of them are allowed."""
    kept = sum(in_share(b"session:%08d" % number, SIXTEENTH) for number in range(16_000))
    assert abs(kept - 1000) < 155


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=40), st.fractions(min_value=Fraction(1, 100), max_value=1))
def test_a_larger_share_keeps_what_a_smaller_one_keeps(text: bytes, share: Fraction) -> None:
    assert in_share(text, Fraction(1))
    assert not in_share(text, share / 2) or in_share(text, share)


def test_keys_of_one_hash_tag_are_kept_together() -> None:
    sampler = Sampler(SIXTEENTH)
    assert {sampler.decide(CLIENT, False, "GET", b"{%b}:%d" % (INSIDE, n)) for n in range(50)} == {KEEP}
    assert {sampler.decide(CLIENT, False, "GET", b"{%b}:%d" % (OUTSIDE, n)) for n in range(50)} == {DROP}


def test_commands_without_a_key_follow_their_connection() -> None:
    sampler = Sampler(SIXTEENTH)
    kept = {b"10.0.0.1:%d" % n for n in range(2000) if sampler.decide(b"10.0.0.1:%d" % n, False, "PING", None)}
    assert kept == {b"10.0.0.1:%d" % n for n in range(2000) if in_share(b"10.0.0.1:%d" % n, SIXTEENTH)}


def test_a_transaction_is_kept_as_far_as_its_keys_are() -> None:
    sampler = Sampler(SIXTEENTH)
    names = [("MULTI", None), ("SET", OUTSIDE), ("SET", INSIDE), ("INCR", INSIDE), ("EXEC", None), ("GET", INSIDE)]
    decisions = [sampler.decide(CLIENT, False, name, key) for name, key in names]
    assert decisions == [DROP, DROP, KEEP_AFTER_MULTI, KEEP, KEEP, KEEP]


def test_nothing_remains_of_a_transaction_on_other_keys() -> None:
    sampler = Sampler(SIXTEENTH)
    names = [("MULTI", None), ("SET", OUTSIDE), ("EXEC", None), ("GET", INSIDE)]
    assert [sampler.decide(CLIENT, False, name, key) for name, key in names] == [DROP, DROP, DROP, KEEP]


def test_what_a_script_runs_follows_its_call() -> None:
    sampler = Sampler(SIXTEENTH)
    calls = [(False, "EVAL", INSIDE), (True, "GET", OUTSIDE), (False, "EVAL", OUTSIDE), (True, "GET", INSIDE)]
    assert [sampler.decide(CLIENT, lua, name, key) for lua, name, key in calls] == [KEEP, KEEP, DROP, DROP]
