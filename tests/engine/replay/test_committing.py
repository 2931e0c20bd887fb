"""In durable mode waiting for a commit is not the player's lateness, and the result says how much of it there was."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from engine.measurement import Validity
from engine.replay.committing import commit_notes, judged, own_late
from engine.replay.plan import PlanFacts
from engine.replay.task import Outcome

SECOND_NS = 1_000_000_000


def facts(clients: int = 3) -> PlanFacts:
    return PlanFacts(100, 100, clients, 10 * SECOND_NS, ("SET",), {}, None, None, None, 1.0, 0)


def outcome(held: int = 0, ended_s: int = 10) -> dict[str, Any]:
    return asdict(Outcome(held_late=held, ended_ns=ended_s * SECOND_NS))


def test_what_waited_for_a_commit_is_not_the_players_lateness() -> None:
    assert own_late("durable", 30, outcome(held=28)) == 2
    assert own_late("cache", 30, outcome(held=28)) == 30


def test_the_verdict_says_what_it_leaves_out() -> None:
    fine = Validity(True, "Fine.")
    assert judged(fine, "durable", outcome(held=28)).reason.startswith("Fine. Not counted: 28 that waited")
    assert judged(fine, "durable", outcome()) == judged(fine, "cache", outcome(held=28)) == fine


def test_nothing_is_noted_where_nothing_was_held_up() -> None:
    assert commit_notes("durable", facts(), outcome()) == commit_notes("cache", facts(99), outcome(28, 20)) == ()


def test_a_pace_the_connections_cannot_keep_is_noted() -> None:
    held, behind, shared = commit_notes("durable", facts(clients=99), outcome(held=28, ended_s=12))
    assert held.startswith("28 of 100 operations could not leave when they were due")
    assert behind.startswith("The last answer came 2.0 s after the recorded end")
    assert shared.startswith("99 recorded connections shared 64 to each shard")
