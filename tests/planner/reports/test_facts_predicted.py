"""Data written before any run: the bytes, their commands, and what the words leave out."""

from __future__ import annotations

from typing import Any

from planner.reports.facts_predicted import KEY, predicted_facts

FOUND = {
    "engine": "redis-7",
    "bytes": 4000,
    "by_command": {"SET": 3000, "DEL": 1000},
    "peak_bytes_per_s": 1024,
    "silent_scripts": 0,
}


def profile(**found: Any) -> dict[str, Any]:
    return {"operations": 10, "duration_s": 2.0, KEY: FOUND | found}


def test_commands_stand_in_the_order_of_their_bytes_with_their_share() -> None:
    facts = predicted_facts(profile())
    assert facts is not None
    assert facts.rows == (("SET", "2.93 KiB", "75 %"), ("DEL", "1,000 B", "25 %"))
    assert facts.summary.startswith("4,000 bytes")
    assert "1.95 KiB a second on average" in facts.summary and "1 KiB in the busiest second" in facts.summary
    assert "Missing" not in facts.summary


def test_what_is_beyond_a_dozen_is_one_row() -> None:
    facts = predicted_facts(profile(by_command={f"C{number:02}": 100 for number in range(14)}))
    assert facts is not None
    assert len(facts.rows) == 13
    assert facts.rows[-1][:2] == ("other commands", "200 B")


def test_scripts_of_which_nothing_is_known_are_said_to_be_missing() -> None:
    facts = predicted_facts(profile(silent_scripts=3))
    assert facts is not None and "Missing: what 3 script calls wrote" in facts.summary


def test_without_a_prediction_there_is_the_reason_or_nothing() -> None:
    long = predicted_facts({"operations": 10, "duration_s": 2.0, KEY: None})
    assert long is not None and not long.rows and "Not predicted" in long.summary
    assert predicted_facts({"operations": 10, "duration_s": 2.0}) is None
    assert predicted_facts({"operations": 0, "duration_s": 0.0, KEY: None}) is None
