"""Slots to shards, and redirections followed."""

from __future__ import annotations

import pytest

from engine.replay.router import Redirect, Router, parse_redirect
from engine.slots import SLOTS, hash_tag, key_slot, slot_ranges


def router() -> Router:
    return Router(slot_ranges(3), [7001, 7002, 7003])


def test_every_slot_has_exactly_one_shard() -> None:
    for shards in range(1, 20):
        covered = [slot for first, last in slot_ranges(shards) for slot in range(first, last + 1)]
        assert covered == list(range(SLOTS))


@pytest.mark.parametrize(
    ("key", "slot"),
    # 12739 is the specification's own check value; tests/live/test_cluster.py asks a server about many more.
    [(b"123456789", 12739), (b"foo", 12182), (b"{foo}bar", 12182), (b"", 0)],
)
def test_slots_are_those_of_the_cluster_specification(key: bytes, slot: int) -> None:
    assert key_slot(key) == slot


def test_only_the_first_non_empty_tag_counts() -> None:
    assert hash_tag(b"a{b}{c}") == b"b"
    assert hash_tag(b"a{{b}c") == b"{b"
    assert hash_tag(b"a{}{c}") == b"a{}{c}"


def test_moved_is_remembered() -> None:
    here = router()
    redirect = parse_redirect("MOVED 12182 127.0.0.1:7001")
    assert redirect == Redirect(asking=False, slot=12182, port=7001, host="127.0.0.1")
    assert here.shard(12182, 0) == 2
    assert here.follow(redirect) == 0
    assert here.shard(12182, 0) == 0


def test_ask_holds_for_one_command() -> None:
    here = router()
    redirect = parse_redirect("ASK 12182 127.0.0.1:7001")
    assert redirect is not None
    assert here.follow(redirect) == 0
    assert here.shard(12182, 0) == 2


def test_a_redirection_to_a_stranger_is_not_followed() -> None:
    assert router().follow(Redirect(asking=False, slot=1, port=9999)) is None


def test_other_errors_are_no_redirection() -> None:
    assert parse_redirect("ERR MOVED is not for you") is None


def test_commands_without_a_key_go_round() -> None:
    assert [router().shard(-1, unit) for unit in range(4)] == [0, 1, 2, 0]
