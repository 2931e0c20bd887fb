"""Snapshots in real engines: what is read from them, what is made again from it, and what is said of those that fail."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from engine.cluster.binaries import Engine, find_engines
from engine.cluster.folders import private_folder
from engine.errors import Cancelled, InputError
from engine.traces import limits
from engine.traces.formats.reader import About, Options
from engine.traces.snapshots.population import population_blocks
from tests.live.conftest import Children
from tests.live.snapshots import DATA, PLAIN, Words, content, population, saved, standing_engine

pytestmark = pytest.mark.live
MODULE_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def by(engine: Engine) -> Options:
    return Options(redact=False, engine=str(engine.path))


def keyspace(about: About) -> dict[str, Any]:
    assert about.keyspace is not None
    return dict(about.keyspace)


def types(about: About) -> dict[str, int]:
    return {kind["type"]: kind["keys"] for kind in keyspace(about)["types"]}


def encodings(about: About) -> dict[tuple[str, str], int]:
    kinds = keyspace(about)["types"]
    return {(kind["type"], each["encoding"]): each["keys"] for kind in kinds for each in kind["encodings"]}


def refused(path: Path, options: Options = PLAIN) -> str:
    with pytest.raises(InputError) as caught:
        list(population_blocks(path, path.name, options, About("rdb")))
    return str(caught.value)


def made_again(engine: Engine, folder: Path, commands: list[tuple[int, Words]]) -> dict[Any, Any]:
    """What the commands make in an engine that was empty. Raises when it refuses one."""
    folder.mkdir()
    with standing_engine(engine, folder) as client:
        client.response_callbacks.clear()
        for db, words in commands:
            client.execute_command("SELECT", db)
            client.execute_command(*words)
        client.save()
    return loaded_by(engine, folder)


def loaded_by(engine: Engine, folder: Path) -> dict[Any, Any]:
    with standing_engine(engine, folder) as client:
        return content(client)


def original(engine: Engine, folder: Path, snapshot: Path) -> dict[Any, Any]:
    folder.mkdir()
    shutil.copy(snapshot, folder / "dump.rdb")
    return loaded_by(engine, folder)


# What is read


def test_one_key_of_each_encoding_is_told_apart(engine: Engine) -> None:
    _, about = population(DATA / "redis_encodings.rdb", by(engine))
    valkey = engine.name == "valkey"
    lists = {("list", "quicklist"): 1, ("list", "listpack"): 1} if valkey else {("list", "quicklist"): 2}
    assert encodings(about) == {
        ("string", "raw"): 1,
        ("string", "embstr"): 1,
        ("string", "int"): 1,
        ("hash", "listpack"): 2,
        ("zset", "listpack"): 2,
        ("set", "intset"): 3,
        ("set", "listpack" if valkey else "hashtable"): 1,
        **lists,
    }
    assert keyspace(about)["engine"] == engine.title
    assert sum(kind["bytes"] for kind in keyspace(about)["types"]) == keyspace(about)["bytes"]


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("redis_encodings", {"string": 3, "hash": 2, "list": 2, "set": 4, "zset": 2}),
        ("rep_dumpV6", {"string": 17, "hash": 101, "list": 2, "set": 7, "zset": 5}),
        ("rrt_redis_50_with_streams", {"string": 3, "hash": 2, "list": 2, "set": 4, "zset": 2, "stream": 1}),
        ("rrt_dictionary", {"hash": 1}),
        ("lib_100_lists", {"list": 100}),
        ("hdt_valkey_hash2_with_hfe", {"hash": 1}),
    ],
)
def test_all_keys_of_real_files_are_counted_by_type(name: str, found: dict[str, int]) -> None:
    _, about = population(DATA / f"{name}.rdb")
    assert types(about) == found
    assert keyspace(about)["keys"] == sum(found.values())


def test_databases_stay_apart() -> None:
    commands, about = population(DATA / "rep_dumpV6.rdb")
    assert [(each["db"], each["keys"]) for each in keyspace(about)["databases"]] == [(0, 123), (1, 9)]
    assert Counter(db for db, _ in commands) == {0: 123, 1: 9}


def test_a_snapshot_says_who_made_it_and_when() -> None:
    _, about = population(DATA / "hdt_valkey_hash2_with_hfe.rdb")
    assert about.engine_version == "Valkey 9.0.1"
    assert keyspace(about)["snapshot_version"] == "VALKEY080"
    assert keyspace(about)["taken_unix_s"] == 1_769_706_047


def test_the_same_file_gives_the_same_commands() -> None:
    assert population(DATA / "rrt_dictionary.rdb")[0] == population(DATA / "rrt_dictionary.rdb")[0]


def test_families_show_nothing_that_redaction_takes_away() -> None:
    _, plain = population(DATA / "redis_encodings.rdb", PLAIN)
    _, redacted = population(DATA / "redis_encodings.rdb", Options(redaction_key=bytes(16)))
    shown = str(keyspace(redacted)["families"]) + str(keyspace(redacted)["largest"])
    assert "number" in str(keyspace(plain)["families"])
    assert "number" not in shown.replace("'number", "")
    assert len(keyspace(redacted)["families"]) == len(keyspace(plain)["families"])


# What is made again


@pytest.mark.parametrize("name", ["redis_encodings", "rrt_redis_50_with_streams", "rep_dumpV6", "rrt_dictionary"])
def test_the_population_makes_the_same_keyspace(name: str, tmp_path: Path, embedded_engine: Engine) -> None:
    source = DATA / f"{name}.rdb"
    commands, _ = population(source)
    expected = original(embedded_engine, tmp_path / "original", source)
    assert expected
    assert made_again(embedded_engine, tmp_path / "again", commands) == expected


def test_large_keys_are_made_in_pieces(tmp_path: Path, engine: Engine) -> None:
    long = bytes(range(256)) * 14_000  # 3.4 MiB
    commands = [
        ("SET", "long", long),
        ("HSET", "h", *(word for n in range(5_000) for word in (f"field:{n}", f"value {n}"))),
        ("SADD", "s", *(f"member:{n}" for n in range(5_000))),
        ("RPUSH", "l", *(b"%d" % n * 1_000 for n in range(600))),
        ("ZADD", "z", *(word for n in range(5_000) for word in (n / 3, f"member:{n}"))),
        ("SADD", "ints", *range(400)),
    ]
    path = saved(engine, tmp_path, commands)
    made, _ = population(path, by(engine))
    for _, words in made:
        assert sum(map(len, words)) <= limits.SNAPSHOT_CHUNK_BYTES + 1_024
        assert len(words) <= 2 + 2 * limits.SNAPSHOT_CHUNK_ELEMENTS
    assert Counter(words[0] for _, words in made)[b"SETRANGE"] == 4
    assert made_again(engine, tmp_path / "again", made) == loaded_by(engine, tmp_path)


def test_streams_come_back_with_groups_and_what_waits_in_them(tmp_path: Path, engine: Engine) -> None:
    path = saved(
        engine,
        tmp_path,
        [
            *(("XADD", "s", f"{n}-1", "field", f"value {n}") for n in range(1, 2_501)),
            ("XDEL", "s", "7-1"),
            ("XGROUP", "CREATE", "s", "g", "0"),
            ("XREADGROUP", "GROUP", "g", "alice", "COUNT", "1200", "STREAMS", "s", ">"),
            ("XREADGROUP", "GROUP", "g", "bob", "COUNT", "3", "STREAMS", "s", ">"),
            ("XACK", "s", "g", "5-1"),
            ("XGROUP", "CREATE", "empty", "g", "$", "MKSTREAM"),
            ("XGROUP", "CREATECONSUMER", "empty", "g", "idle"),
            ("XADD", "trimmed", "MAXLEN", "0", "9-9", "a", "b"),
        ],
    )
    made, _ = population(path, by(engine))
    again, expected = made_again(engine, tmp_path / "again", made), loaded_by(engine, tmp_path)
    assert again == expected
    assert expected[0, b"s"][1][0]["length"] == 2_499
    assert [row for row in again[0, b"s"][1][2][0][1] if row[1] == b"bob"] != []


def test_times_to_live_are_counted_from_the_snapshot(tmp_path: Path, engine: Engine) -> None:
    before_ms = time.time() * 1000
    path = saved(engine, tmp_path, [("SET", "a", "1", "EX", "1000"), ("RPUSH", "l", "x"), ("PEXPIRE", "l", "500000")])
    spent_ms = time.time() * 1000 - before_ms + 1_000  # the snapshot's time is in whole seconds
    commands, about = population(path, by(engine))
    made = {words[1]: words for _, words in commands if words[0] in (b"SET", b"PEXPIRE")}
    assert made[b"a"][:4] == (b"SET", b"a", b"1", b"PX")
    assert 1_000_000 - spent_ms <= int(made[b"a"][4]) <= 1_001_000
    assert 500_000 - spent_ms <= int(made[b"l"][2]) <= 501_000
    assert keyspace(about)["with_ttl"] == 2
    assert [(each["up_to_s"], each["keys"]) for each in keyspace(about)["ttls"]] == [(600, 1), (3_600, 1)]


def over_since(engine: Engine, folder: Path) -> Path:
    """A snapshot of two keys, one of them with a time to live that is over by now."""
    path = saved(engine, folder, [("SET", "a", "1", "PX", "1200"), ("SET", "b", "1")])
    gone_at = time.time() + 1.2
    while time.time() <= gone_at:
        time.sleep(0.05)
    return path


def test_keys_whose_time_is_over_by_now_are_kept_where_the_engine_can(tmp_path: Path, embedded_engine: Engine) -> None:
    commands, about = population(over_since(embedded_engine, tmp_path), by(embedded_engine))
    assert sorted(words[1] for _, words in commands) == [b"a", b"b"]
    assert about.skipped == {}


def test_keys_the_engine_dropped_are_counted(tmp_path: Path, debian_engine: Engine) -> None:
    commands, about = population(over_since(debian_engine, tmp_path), by(debian_engine))
    assert [words[1] for _, words in commands] == [b"b"]
    assert about.skipped == {"keys whose time was over when the engine loaded the snapshot": 1}
    assert any("1 keys of the snapshot are missing" in note for note in about.notes)


def test_hash_fields_keep_their_times_to_live() -> None:
    commands, _ = population(DATA / "hdt_valkey_hash2_with_hfe.rdb")
    assert [words[0] for _, words in commands] == [b"HSET", b"HPEXPIRE", b"HPEXPIRE"]
    assert {words[-1]: int(words[2]) for _, words in commands[1:]} == {b"F1": 946_079_593_000, b"F2": 630_719_593_000}


# What cannot be read


def test_a_version_no_engine_here_reads_is_refused_with_both_versions() -> None:
    said = refused(DATA / "lib_future_v19.rdb")
    assert "the snapshot is of version REDIS0099, newer than" in said
    for engine in find_engines():
        assert f"{engine.title}, which writes version" in said


def test_another_engine_is_tried_and_named(debian_engine: Engine, embedded_engine: Engine) -> None:
    commands, about = population(DATA / "lib_100_lists.rdb", by(debian_engine))
    assert len(commands) == 100
    assert keyspace(about)["engine"] == embedded_engine.title
    [note] = [each for each in about.notes if "newer than" in each]
    assert note.startswith("The snapshot is of version REDIS0011, newer than Redis 7")
    assert note.endswith(f"{embedded_engine.title} loaded the snapshot.")


def test_data_of_a_module_is_refused_by_the_name_of_the_module() -> None:
    assert "data of the module 'test__rdb', which is not part of" in refused(DATA / "lib_misc_with_stream.rdb")


def test_a_key_of_a_module_type_is_refused_by_the_name_of_the_type(tmp_path: Path) -> None:
    ident = 0
    for letter in "ReJSON-RL":
        ident = ident << 6 | MODULE_LETTERS.index(letter)
    key = b"\x07\x03doc\x81" + (ident << 10 | 3).to_bytes(8, "big") + b"\x00"
    path = tmp_path / "json.rdb"
    path.write_bytes(b"REDIS0009\xfe\x00" + key + b"\xff" + bytes(8))
    assert "data of the module 'ReJSON-RL'" in refused(path)


def test_a_wrong_checksum_is_refused_as_such() -> None:
    assert "its checksum does not fit its content" in refused(DATA / "lib_invalid_chksum_v8.rdb")


def test_a_file_that_aborts_the_engine_is_survived_and_said() -> None:
    said = refused(DATA / "rct_all.rdb")
    assert "the engine aborted while loading" in said
    assert "(Duplicated key found in RDB file)" in said


@pytest.mark.parametrize("share", [0.2, 0.6, 0.99])
def test_a_file_that_is_cut_off_is_refused_as_such(share: float, tmp_path: Path) -> None:
    whole = (DATA / "rep_dumpV6.rdb").read_bytes()
    path = tmp_path / "half.rdb"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert "it is cut off" in refused(path)


def test_a_file_that_is_no_snapshot_is_refused_before_any_engine_starts(tmp_path: Path) -> None:
    path = tmp_path / "dump.rdb"
    path.write_bytes(b"SET a 1\r\n")
    assert "dump.rdb, byte 0: not an RDB snapshot. Expected: an RDB file, which begins with REDIS" in refused(path)


def test_commands_behind_the_end_are_not_run(tmp_path: Path, engine: Engine) -> None:
    path = tmp_path / "tail.rdb"
    path.write_bytes((DATA / "redis_encodings.rdb").read_bytes() + b"*1\r\n$8\r\nFLUSHALL\r\n")
    assert len(population(path, by(engine), ends_exactly=False)[0]) == 13


def test_a_value_that_claims_to_be_larger_than_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "claims.rdb"
    path.write_bytes(b"REDIS0009\xfe\x00\x00\x01k\x81" + (1 << 45).to_bytes(8, "big") + b"xx")
    assert "it needs more memory than" in refused(path)


def test_more_data_than_the_engine_may_hold_is_refused(
    tmp_path: Path, embedded_engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compressed it is a file of some kilobytes."""
    path = saved(embedded_engine, tmp_path, [("SET", f"k{n}", b"x" * 30_000_000) for n in range(6)])
    monkeypatch.setattr("engine.cluster.snapshot_server._OVERHEAD_BYTES", 100 << 20)
    monkeypatch.setattr(limits, "MAX_SNAPSHOT_MEMORY_BYTES", 1 << 20)
    assert "it needs more memory than" in refused(path, by(embedded_engine))


def test_loading_that_takes_too_long_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "RDB_SECONDS", 0)
    assert "had not loaded it after 0 s" in refused(DATA / "rep_dumpV6.rdb")


def test_cancelling_leaves_no_process_and_no_folder(children: Children) -> None:
    before = folders()
    with pytest.raises(Cancelled):
        list(population_blocks(DATA / "rep_dumpV6.rdb", "x", PLAIN, About("rdb"), should_stop=lambda: True))
    assert not children() and folders() == before


def test_stopping_in_the_middle_leaves_no_process_and_no_folder(children: Children) -> None:
    before = folders()
    blocks = population_blocks(DATA / "rep_dumpV6.rdb", "x", PLAIN, About("rdb"))
    next(blocks)
    assert children() and folders() > before
    blocks.close()  # type: ignore[attr-defined]  # it is a generator
    assert not children() and folders() == before


def folders() -> set[Path]:
    """The private folders of this process."""
    mine = private_folder()
    mine.rmdir()
    owner = mine.name.rpartition("-")[0]
    return {each for each in mine.parent.iterdir() if each.name.startswith(owner)}
