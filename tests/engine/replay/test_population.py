"""The keyspace before the recording: which keys are created, with which type and size."""

from __future__ import annotations

from pathlib import Path

from engine.replay import population
from engine.replay.population import ASSUMED_ELEMENT_BYTES, ASSUMED_ELEMENTS, ASSUMED_VALUE_BYTES
from tests.engine.replay.recordings import line, read, surveyed


def created(folder: Path, *commands: str, speed: float = 1.0, seed: int = 1) -> list[tuple[bytes, ...]]:
    survey = surveyed(read(folder, [line(at, each) for at, each in enumerate(commands)]))
    return [each.words for each in population.creations(survey, seed=seed, speed=speed)]


def test_a_key_that_is_written_first_is_not_created(tmp_path: Path) -> None:
    assert created(tmp_path, "SET a 1", "GET a", "INCR b") == []


def test_a_string_of_unknown_size_gets_the_stated_one(tmp_path: Path) -> None:
    [(verb, key, value)] = created(tmp_path, "GET a")
    assert (verb, key, len(value)) == (b"SET", b"a", ASSUMED_VALUE_BYTES)


def test_a_string_gets_the_size_it_is_later_written_with(tmp_path: Path) -> None:
    [(_, _, value)] = created(tmp_path, "GET a", "SET a 1234567")
    assert len(value) == 7


def test_a_string_gets_the_mean_size_of_its_family(tmp_path: Path) -> None:
    [(_, _, value)] = created(tmp_path, "GET user:1", "SET user:2 1234", "SET user:3 123456")
    assert len(value) == 5


def test_a_key_that_is_counted_with_is_created_as_a_number(tmp_path: Path) -> None:
    [(_, _, value)] = created(tmp_path, "GET stock:1", "DECRBY stock:1 2")
    assert int(value) > 0


def test_a_hash_gets_the_fields_that_are_read(tmp_path: Path) -> None:
    [words] = created(tmp_path, "HGET h name", "HMGET h city zip", "HSET g:1 name Ann")
    assert words[:2] == (b"HSET", b"h")
    assert set(words[2::2]) == {b"name", b"city", b"zip"}


def test_a_hash_of_unknown_fields_gets_the_stated_number(tmp_path: Path) -> None:
    [words] = created(tmp_path, "HGETALL h")
    assert len(words[2:]) == 2 * ASSUMED_ELEMENTS["hash"]
    assert {len(word) for word in words[2:]} == {ASSUMED_ELEMENT_BYTES}


def test_each_type_is_created_with_its_own_command(tmp_path: Path) -> None:
    verbs = {"LRANGE l 0 -1": b"RPUSH", "SMEMBERS s": b"SADD", "ZSCORE z m": b"ZADD", "PFCOUNT p": b"PFADD"}
    for number, (command, verb) in enumerate(verbs.items()):
        folder = tmp_path / str(number)
        folder.mkdir()
        [words] = created(folder, command)
        assert words[0] == verb


def test_a_stream_is_created_entry_by_entry(tmp_path: Path) -> None:
    words = created(tmp_path, "XRANGE s - +")
    assert len(words) == ASSUMED_ELEMENTS["stream"]
    assert {each[:3] for each in words} == {(b"XADD", b"s", b"*")}


def test_a_type_seen_only_later_is_used(tmp_path: Path) -> None:
    [words] = created(tmp_path, "EXISTS q", "RPUSH q item")
    assert words[0] == b"RPUSH"


def test_a_family_that_lives_for_a_while_does_so_here_at_the_replays_speed(tmp_path: Path) -> None:
    words = created(tmp_path, "GET s:1", "SET s:2 abc EX 100", speed=10)
    assert words[1] == (b"PEXPIRE", b"s:1", b"10000")


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(tmp_path: Path) -> None:
    folders = [tmp_path / name for name in "abc"]
    for folder in folders:
        folder.mkdir()
    first, second = created(folders[0], "GET a"), created(folders[1], "GET a")
    assert first == second
    assert created(folders[2], "GET a", seed=2) != first


def test_assumptions_say_how_many_sizes_are_not_known(tmp_path: Path) -> None:
    survey = surveyed(read(tmp_path, [line(0, "GET a"), line(1, "GET user:1"), line(2, "SET user:2 xyz")]))
    sentences = population.assumptions(survey)
    assert sentences[0].startswith("2 keys")
    assert sentences[1].startswith("For 1 of them")
