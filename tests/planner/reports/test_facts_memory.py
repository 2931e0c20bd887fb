"""What is said of memory: each line apart, bytes per key with their error, steady state or growth, all keys from some."""

from __future__ import annotations

from dataclasses import replace

from engine.measurement import EncodingMemory, Measurement, MemoryFit, MemoryLines, Plateau, ShardTables
from planner.reports.facts_memory import encodings_facts, findings, lines, memory_view
from tests.planner.reports.factories import make_measurement


def measured(**more: object) -> Measurement:
    plain = make_measurement()
    return replace(plain, memory=replace(plain.memory, **more))  # type: ignore[arg-type]  # fields of Memory


LINES = MemoryLines(1_024, 2_097_152, 0, 4_096, 3_145_728, 1.19, 16_777_216)
TABLES = tuple(ShardTables(shard, 5461, 3_800, 0, 100_000) for shard in range(3))


def test_types_and_encodings_stand_heaviest_first_with_bytes_a_key() -> None:
    found = encodings_facts(
        measured(
            encodings=(EncodingMemory("hash", "listpack", 10, 2_000, 5), EncodingMemory("string", "raw", 20, 6_000, 20))
        )
    )
    assert found.rows == (
        ("string, raw", "20", "5.86 KiB", "75 %", "300 B", "20"),
        ("hash, listpack", "10", "1.95 KiB", "25 %", "200 B", "5"),
    )
    assert encodings_facts(make_measurement()).summary == "Not measured in this run."


def test_hash_tables_are_taken_off_the_keys_and_marked_as_derived() -> None:
    keyspace = 3 * 3_120_000 + 70_000 * 3
    keys, tables = lines(measured(tables=TABLES, keyspace_bytes=keyspace))[:2]
    assert (keys.name, keys.value, keys.tag) == ("Keys with their values", "8.84 MiB", "measured")  # 9,270,000 bytes
    assert (tables.value, tables.tag) == ("293 KiB", "derived")


def test_buffers_replicas_and_fragmentation_are_lines_of_their_own() -> None:
    found = {each.name: each.value for each in lines(measured(lines=LINES))}
    assert found["Client buffers"] == "1 KiB"
    assert found["Replication backlog"] == "2 MiB"
    assert found["Fragmentation"] == "3 MiB"
    assert found["Replicas"] == "16 MiB"
    assert found["Copied by one under load"] == "–"


def test_bytes_per_key_carry_their_standard_error() -> None:
    fit = findings(measured(fit=MemoryFit(630.4, 9.6, 12, 1_000, 2_000)))[0]
    assert (fit.value, fit.tag) == ("630 ± 10 B", "measured")
    assert findings(make_measurement())[0].value == "not fitted"


def test_a_plateau_is_settled_or_growing_with_its_range() -> None:
    settled = findings(measured(plateau=Plateau("reached", 500, 500, 500, 500, 20.0, 60.0)))[1]
    assert (settled.value, settled.tag) == ("settled at 500", "recorded")
    growing = findings(measured(plateau=Plateau("growing", 500, 4_000, 500, 6_000, 600.0, 60.0)))[1]
    assert (growing.value, growing.tag) == ("still growing, to about 4,000", "derived")
    assert "between 500 and 6,000" in growing.words
    assert findings(make_measurement())[1].value == "none"


def test_all_keys_are_measured_or_extrapolated_and_it_says_which() -> None:
    assert memory_view(make_measurement()).findings[2].tag == "measured"
    whole = findings(measured(tables=TABLES, key_bytes_deviation=200.0), 0.1)[2]
    assert whole.tag == "derived"
    assert whole.value.endswith("for 114,030 keys")  # ten times 11,403
    assert "10 %" in whole.words
    assert "Divided" in findings(make_measurement(), 0.1)[2].words
