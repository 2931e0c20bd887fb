"""What a recording itself says of the keyspace it starts from: loaded, never created twice, never counted as traffic."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from engine.replay import population
from engine.replay.survey import Survey
from engine.traces.hit_rate import hit_curve
from engine.traces.items import item_load
from engine.traces.model import Flag, Operation, TraceHeader
from engine.traces.store import TraceWriter, iter_operations, read_header
from tests.engine.traces.trace_building import operation

POPULATION = ["SET a 12345", "HSET h f v", "PEXPIRE h 60000", "SET b 1 PX 4000"]
TRAFFIC = ["GET a", "HGET h f", "GET c", "SET a 123"]


def trace(folder: Path, before: list[str] = POPULATION, after: list[str] = TRAFFIC) -> Path:
    rows = [operation(line, flags=Flag.SYNTHETIC) for line in before]
    rows += [operation(line, at_s=at) for at, line in enumerate(after)]
    header = TraceHeader(
        format="aof",
        source_name="x",
        source_sha256="0" * 64,
        source_bytes=1,
        operations=len(rows),
        connections=1,
        duration_us=rows[-1].t_us,
        clock_resolution_us=1,
        first_wall_clock_us=None,
        population=len(before),
    )
    with TraceWriter(folder / "trace.parquet", header) as writer:
        for row in rows:
            writer.append(row)
    return folder / "trace.parquet"


def surveyed(path: Path) -> Survey:
    survey, header = Survey(), read_header(path)
    for place, each in enumerate(iter_operations(path)):
        if place < header.population:
            survey.populate(each)
        else:
            survey.look_at(each)
    survey.close()
    return survey


def loaded(path: Path, speed: float = 1.0) -> list[tuple[bytes, ...]]:
    found = population.recorded_creations(iter_operations(path), read_header(path), speed=speed)
    return [each.words for each in found]


def test_the_population_is_sent_as_it_stands(tmp_path: Path) -> None:
    assert loaded(trace(tmp_path)) == [tuple(line.encode().split()) for line in POPULATION]


def test_times_to_live_shrink_with_the_speed(tmp_path: Path) -> None:
    words = loaded(trace(tmp_path), speed=4)
    assert words[2] == (b"PEXPIRE", b"h", b"15000")
    assert words[3] == (b"SET", b"b", b"1", b"PX", b"1000")


def test_a_key_of_the_population_is_not_created_again(tmp_path: Path) -> None:
    survey = surveyed(trace(tmp_path))
    assert set(survey.standing) == {b"c"}
    assert survey.populated == 3
    assert survey.keys == 4


def test_the_population_is_no_traffic(tmp_path: Path) -> None:
    survey = surveyed(trace(tmp_path))
    assert survey.keyed_operations == len(TRAFFIC)
    assert sum(survey.slot_operations.values()) == len(TRAFFIC)
    assert survey.hottest_key_operations == 2


def test_its_sizes_teach_what_other_keys_of_a_family_are_like(tmp_path: Path) -> None:
    path = trace(tmp_path, ["SET user:1 1234567"], ["GET user:2"])
    rows = [_weighed(each) for each in iter_operations(path)]
    survey = Survey()
    survey.populate(rows[0])
    survey.look_at(rows[1])
    survey.close()
    [creation] = population.creations(survey, seed=1, speed=1.0)
    assert len(creation.words[2]) == 7


def _weighed(each: Operation) -> Operation:
    """As readers make them, with the length of the payload."""
    return dataclasses.replace(each, value_len=len(each.args[1]) if each.args and len(each.args) > 1 else None)


def test_what_was_loaded_is_said(tmp_path: Path) -> None:
    said = population.assumptions(surveyed(trace(tmp_path)))
    assert said[0] == "3 keys that the recording starts from were loaded before the replay."
    assert said[1].startswith("1 keys that are read before they are written were created")


def test_the_items_of_the_population_are_there_and_cost_nothing(tmp_path: Path) -> None:
    """By hand: GET a, HGET h and GET c read, SET a writes; items a, h, b, c, of which b is gone after 4 s at the end."""
    found = item_load(trace(tmp_path, after=[*TRAFFIC, "GET a"]))
    assert (found.writes, found.reads) == (1, 4)
    assert (found.write_units, found.read_units) == (1, 4)
    assert found.items == 3


def test_reading_the_population_is_a_miss_of_known_size(tmp_path: Path) -> None:
    """By hand: the footprint is key, value and 72 bytes of each of the two keys that are read; warm, both are hits."""
    path = trace(tmp_path, ["SET a " + "x" * 500, "SET b 1", "SET never 1"], ["GET a", "GET b"])
    [point] = hit_curve(path, shares=[1.0])
    assert point.hit_rate == 1.0
    assert point.cache_bytes == 500 + 1 + 1 + 1 + 2 * 72


def test_a_recording_without_traffic_has_no_hit_rate_and_no_operations(tmp_path: Path) -> None:
    path = trace(tmp_path, after=[], before=["SET a 1"])
    assert hit_curve(path) == ()
    assert item_load(path).reads == item_load(path).writes == 0
    assert item_load(path).items == 1
