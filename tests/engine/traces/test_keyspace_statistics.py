"""A keyspace in figures: every key counted once in each grouping."""

from __future__ import annotations

from typing import Any

import pytest

from engine.traces.formats.reader import Options
from engine.traces.snapshots import statistics as keyspace_statistics
from engine.traces.snapshots.keys import KeyFacts
from engine.traces.snapshots.statistics import OTHER, KeyspaceStatistics, Patterns

NOW_MS = 1_700_000_000_000
PLAIN = Patterns(Options(redact=False))
KEYS = [
    KeyFacts(0, b"user:1", "hash", "listpack", 100, 2, None),
    KeyFacts(0, b"user:2", "hash", "hashtable", 900, 40, NOW_MS + 30_000),
    KeyFacts(0, b"page:1", "string", "embstr", 64, 9, NOW_MS + 7_200_000),
    KeyFacts(3, b"user:3", "hash", "listpack", 128, 2, NOW_MS + 10**12),
]


def figures(keys: list[KeyFacts], patterns: Patterns = PLAIN) -> dict[str, Any]:
    statistics = KeyspaceStatistics(patterns, NOW_MS)
    statistics.add(keys)
    return statistics.to_json()


def test_keys_and_bytes_add_up_in_every_grouping() -> None:
    found = figures(KEYS)
    assert (found["keys"], found["bytes"], found["elements"], found["with_ttl"]) == (4, 1_192, 53, 3)
    for grouping in ("databases", "types", "sizes", "families"):
        assert sum(group["keys"] for group in found[grouping]) == 4
        assert sum(group["bytes"] for group in found[grouping]) == 1_192


def test_groups_stand_by_size() -> None:
    found = figures(KEYS)
    assert [(kind["type"], kind["keys"], kind["bytes"]) for kind in found["types"]] == [
        ("hash", 3, 1_128),
        ("string", 1, 64),
    ]
    assert [(each["encoding"], each["bytes"]) for each in found["types"][0]["encodings"]] == [
        ("hashtable", 900),
        ("listpack", 228),
    ]
    assert [(each["pattern"], each["type"], each["keys"]) for each in found["families"]] == [
        ("user:{id}", "hash", 3),
        ("page:{id}", "string", 1),
    ]
    assert [(each["db"], each["keys"]) for each in found["databases"]] == [(0, 3), (3, 1)]


def test_a_size_stands_in_the_smallest_power_of_two_that_holds_it() -> None:
    assert [(each["up_to_bytes"], each["keys"]) for each in figures(KEYS)["sizes"]] == [(64, 1), (128, 2), (1_024, 1)]


def test_times_to_live_stand_in_steps() -> None:
    found = figures(KEYS)["ttls"]
    assert [(each["up_to_s"], each["keys"]) for each in found] == [(60, 1), (21_600, 1), (None, 1)]


def test_the_largest_keys_are_told_without_their_names() -> None:
    many = [KeyFacts(0, b"k:%d" % n, "string", "raw", n, n, None) for n in range(1, 101)]
    largest = figures(many)["largest"]
    assert [each["bytes"] for each in largest] == list(range(100, 80, -1))
    assert {each["pattern"] for each in largest} == {"k:{id}"}


def test_families_beyond_the_limit_are_added_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyspace_statistics, "MAX_SNAPSHOT_FAMILIES", 2)
    names = [b"apple", b"pear", b"plum", b"cherry"]
    found = figures([KeyFacts(0, name, "string", "raw", 10, 1, None) for name in names])
    assert {each["pattern"]: each["keys"] for each in found["families"]} == {"apple": 1, "pear": 1, OTHER: 2}


def test_redacted_families_keep_who_belongs_together() -> None:
    names = [b"acme:1", b"acme:2", b"globex:1"]
    keys = [KeyFacts(0, name, "string", "raw", 10, 1, None) for name in names]
    found = figures(keys, Patterns(Options(redaction_key=bytes(range(16)))))
    assert sorted(each["keys"] for each in found["families"]) == [1, 2]
    assert "acme" not in str(found)
    assert "globex" not in str(found)


def test_an_empty_keyspace_has_figures_too() -> None:
    found = figures([])
    assert (found["keys"], found["types"], found["largest"]) == (0, [], [])
