"""What a measurement says of memory survives being written, and one written before it said so is still read."""

from __future__ import annotations

from dataclasses import replace

from engine import measurement
from engine.measurement import EncodingMemory, MemoryFit, MemoryLines, Plateau, ShardTables
from tests.planner.sizing.factories import make_measurement, make_memory

NEW = ("tables", "key_bytes_deviation", "encodings", "lines", "fit", "plateau")


def test_everything_known_of_memory_is_read_back() -> None:
    memory = make_memory(
        tables=(ShardTables(0, 16_384, 10, 5, 1_760, 1.2),),
        key_bytes_deviation=12.5,
        encodings=(EncodingMemory("hash", "listpack", 10, 1_000, 10),),
        lines=MemoryLines(1, 2, 3, 4, -5, 0.9, None),
        fit=MemoryFit(104.5, 0.5, 60, 10, 1_000),
        plateau=Plateau("growing", 10, 20, 10, 30, 60.0, 30.0),
    )
    found = replace(make_measurement(memory=memory), snapshot=replace(make_measurement().snapshot, cow_bytes=4_096))
    assert measurement.from_json(measurement.to_json(found)) == found


def test_a_measurement_that_says_less_is_read_as_not_known() -> None:
    plain = measurement.to_json(make_measurement())
    for name in NEW:
        del plain["memory"][name]
    del plain["snapshot"]["cow_bytes"]
    assert measurement.from_json(plain) == make_measurement()
