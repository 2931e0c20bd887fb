"""Append-only files of real servers and made ones: every command, its database and time; nothing wrong goes unseen."""

from __future__ import annotations

import contextlib
import gzip
import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from engine.errors import InputError
from engine.traces.block import Block
from engine.traces.formats.aof import CUT_OFF, FORMAT, SELECTS, UNFINISHED
from engine.traces.formats.reader import About, Options
from tests.engine.traces.resp_writing import command, commands, encoded
from tests.engine.traces.wrapping_making import Files, tar, unwrapped, zipped

DATA = Path(__file__).parents[3] / "data" / "aof"
MIB = 1 << 20


def blocks_of(folder: Path, *files: bytes, options: Options | None = None) -> tuple[list[Block], About]:
    with unwrapped(folder, *files) as opened:
        reader = FORMAT.open(opened.members, options or Options(duration_s=10))
        assert isinstance(reader.about, About)
        return [block for block in reader.blocks() if isinstance(block, Block)], reader.about


def words_in(blocks: Sequence[Block], *, population: bool = False) -> list[list[bytes]]:
    return [words for block in blocks if block.population == population for words in block.words()]


def times_in(blocks: Sequence[Block]) -> list[int]:
    return [t_us for block in blocks if not block.population for t_us in block.t_us.tolist()]


def read(folder: Path, content: bytes) -> list[list[bytes]]:
    return words_in(blocks_of(folder, content)[0])


def refused(folder: Path, *files: bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        blocks_of(folder, *files)
    assert str(caught.value).isprintable()
    return caught.value


@pytest.mark.parametrize(
    ("name", "operations", "selects", "most_common"),
    [
        ("appendonly-with-ts.aof", 62, 3, None),
        ("appendonly5.aof", 70, 1, None),
        ("appendonly6.aof", 71, 1, None),
        ("appendonly7.aof", 3, 1, Counter({b"SET": 1, b"SADD": 1, b"HMSET": 1})),
    ],
)
def test_files_of_real_servers_are_read_to_the_last_command(
    tmp_path: Path, name: str, operations: int, selects: int, most_common: Counter[bytes] | None
) -> None:
    content = (DATA / name).read_bytes()
    blocks, about = blocks_of(tmp_path, content)
    words = words_in(blocks)
    assert FORMAT.recognised(content)
    assert (len(words), dict(about.skipped)) == (operations, {SELECTS: selects})
    assert about.writes_only
    again = encoded([row for row in words if row])
    assert len(content) - len(again) == len(_left_out(content))
    if most_common is not None:
        assert Counter(row[0] for row in words) == most_common


def _left_out(content: bytes) -> bytes:
    """The SELECTs and annotations of a file, found another way."""
    selects = b"".join(
        command(name, db) * content.count(command(name, db)) for name in ("SELECT", "select") for db in ("0", "1", "2")
    )
    notes = b"".join(line + b"\n" for line in content.split(b"\n") if line.startswith(b"#TS:"))
    return selects + notes


def test_a_module_command_is_kept_like_any_other(tmp_path: Path) -> None:
    words = read(tmp_path, (DATA / "appendonly6.aof").read_bytes())
    assert words[-1] == [b"hellotype.insert", b"key", b"12123123112"]


def test_annotated_times_are_kept_to_the_second_and_in_order(tmp_path: Path) -> None:
    blocks, about = blocks_of(tmp_path, (DATA / "appendonly-with-ts.aof").read_bytes())
    times = times_in(blocks)
    assert times == sorted(times)
    assert (times[0] // 1_000_000, times[-1] // 1_000_000) == (1_643_689_035, 1_643_691_449)
    assert (about.has_clock, about.clock_resolution_us) == (True, 1_000_000)
    assert any("8 commands before the first time" in note for note in about.notes)


def test_without_times_commands_are_spaced_over_the_time_given(tmp_path: Path) -> None:
    blocks, about = blocks_of(tmp_path, commands(*["INCR a"] * 4), options=Options(duration_s=2))
    assert times_in(blocks) == [0, 500_000, 1_000_000, 1_500_000]
    assert not about.has_clock
    assert any("evenly over 2 s" in note for note in about.notes)


def test_without_times_or_a_duration_a_rate_is_assumed_and_said(tmp_path: Path) -> None:
    blocks, about = blocks_of(tmp_path, commands(*["INCR a"] * 5000), options=Options())
    assert times_in(blocks)[-1] == 4_999_000
    assert any("1,000 a second, which is an assumption" in note for note in about.notes)


def test_the_page_is_told_what_writes_only_means(tmp_path: Path) -> None:
    _, about = blocks_of(tmp_path, commands("SET a 1"))
    assert about.writes_only
    assert about.notes[0].startswith("An append-only file holds writes only")


def test_each_command_has_the_database_it_ran_in_and_transactions_stay(tmp_path: Path) -> None:
    content = commands("SELECT 0", "SET a 1", "MULTI", "SELECT 4", "SET b 2", "EXEC", "SET c 3")
    (block,), about = blocks_of(tmp_path, content)
    assert [words[0] for words in block.words()] == [b"SET", b"MULTI", b"SET", b"EXEC", b"SET"]
    assert block.db.tolist() == [0, 0, 4, 4, 4]
    assert set(block.conn.tolist()) == {0}
    assert about.skipped[SELECTS] == 2


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(st.binary(max_size=40), min_size=3, max_size=6), min_size=1, max_size=20))
def test_any_commands_come_back_as_they_were(tmp_path: Path, rows: list[list[bytes]]) -> None:
    assert read(tmp_path, encoded(rows)) == rows


HEADS = [b"", b"*1\r\n$4\r\nPING\r\n", b"REDIS0011\xfa\x08aof-base\xc0\x01", b"file a seq 1 type i\n", b"#TS:1\r\n"]


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from(HEADS), st.binary(max_size=120) | st.text("*$0123\r\n#TS:", max_size=40).map(str.encode))
def test_arbitrary_bytes_end_in_nothing_but_an_input_error(tmp_path: Path, head: bytes, rest: bytes) -> None:
    with contextlib.suppress(InputError):
        FORMAT.recognised(head + rest)
        blocks_of(tmp_path, head + rest)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(1, 3894))
def test_a_real_file_cut_off_anywhere_gives_the_commands_before(tmp_path: Path, cut: int) -> None:
    content = (DATA / "appendonly5.aof").read_bytes()
    whole = read(tmp_path, content)
    with contextlib.suppress(InputError):
        found = read(tmp_path, content[:cut])
        assert found == whole[: len(found)]
        assert len(encoded(found)) <= cut < len(encoded(whole[: len(found) + 1])) + 23 + len(command("SELECT", "0"))


def test_a_tail_that_is_cut_off_is_left_out_and_counted(tmp_path: Path) -> None:
    blocks, about = blocks_of(tmp_path, commands("SET a 1", "SET b 2")[:-3])
    assert words_in(blocks) == [[b"SET", b"a", b"1"]]
    assert about.skipped == {CUT_OFF: 1}
    assert any("last 24 bytes" in note for note in about.notes)


def test_a_transaction_that_is_cut_off_is_left_out_as_a_whole(tmp_path: Path) -> None:
    content = commands("SET a 1", "MULTI", "SET b 2", "SET c 3") + command("SET", "d", "4")[:9]
    blocks, about = blocks_of(tmp_path, content)
    assert words_in(blocks) == [[b"SET", b"a", b"1"]]
    assert about.skipped == {CUT_OFF: 1, UNFINISHED: 3}


@pytest.mark.parametrize("junk", [b"junk", b"\0" * 64, b"*3\r\n$-1\r\n", b"*1\r\n$99999999999\r\nx", b"SET a 1\r\n"])
def test_corruption_is_refused_with_the_byte(tmp_path: Path, junk: bytes) -> None:
    before = commands(*["SET a 1"] * 50_000)
    error = refused(tmp_path, before + junk + commands("SET b 2"))
    assert error.offset is not None
    assert 0 <= error.offset - len(before) < 16
    assert "check-aof" in str(error)


def test_a_file_without_commands_is_refused(tmp_path: Path) -> None:
    assert "no command" in str(refused(tmp_path, commands("SELECT 0")))
    assert "no command" in str(refused(tmp_path, b"#TS:1\r\n"))


def test_large_values_and_many_commands_are_read_in_constant_memory(tmp_path: Path) -> None:
    path = tmp_path / "input.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for number in range(12):
            file.write(command("SET", f"big:{number}", bytes((number,)) * (5 * MIB)))
            file.write(commands(*[f"INCR n:{n}" for n in range(20_000)]))
    content = path.read_bytes()
    tracemalloc.start()
    with unwrapped(tmp_path, content) as opened:
        operations = sum(len(block) for block in FORMAT.open(opened.members, Options()).blocks())
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert operations == 12 * 20_001
    assert peak < 40 * MIB  # of 67


MANIFEST = (
    b"# a comment\n"
    b"file appendonly.aof.2.base.aof seq 2 type b\n"
    b"file appendonly.aof.1.incr.aof seq 1 type h\n"
    b'file "appendonly.aof.3.incr.aof" seq 3 type i startoffset 12 endoffset 99\n'
    b"file appendonly.aof.4.incr.aof seq 4 type i\n"
)
FILES = {
    "appendonly.aof.manifest": MANIFEST,
    "appendonly.aof.1.incr.aof": commands("SET old 1"),
    "appendonly.aof.2.base.aof": commands("SELECT 1", "SET a 1", "SET b 2"),
    "appendonly.aof.3.incr.aof": b"#TS:100\r\n" + commands("SELECT 0", "INCR a"),
    "appendonly.aof.4.incr.aof": b"#TS:200\r\n" + commands("SELECT 2", "INCR b", "INCR c"),
}


def folder_of(**changes: bytes | None) -> list[tuple[str, bytes]]:
    """The folder's files, with changes to one of them: `incr4=…`, None for missing."""
    places = {"manifest": "appendonly.aof.manifest", "base": "appendonly.aof.2.base.aof"}
    places |= {f"incr{number}": f"appendonly.aof.{number}.incr.aof" for number in (1, 3, 4)}
    files: dict[str, bytes | None] = {**FILES, **{places[place]: content for place, content in changes.items()}}
    return [(f"appendonlydir/{name}", content) for name, content in files.items() if content is not None]


@pytest.mark.parametrize("pack", [zipped, tar])
def test_a_folder_is_read_as_its_manifest_says(tmp_path: Path, pack: Callable[[Files], bytes]) -> None:
    blocks, about = blocks_of(tmp_path, pack(folder_of()))
    assert words_in(blocks, population=True) == [[b"SET", b"a", b"1"], [b"SET", b"b", b"2"]]
    assert words_in(blocks) == [[b"INCR", b"a"], [b"INCR", b"b"], [b"INCR", b"c"]]
    assert [block.db.tolist() for block in blocks] == [[1, 1], [0], [2, 2]]
    assert [block.population for block in blocks] == [True, False, False]
    assert [t_us // 1_000_000 for t_us in times_in(blocks)] == [100, 200, 200]
    assert dict(about.skipped) == {SELECTS: 3}
    assert any("left out: mine: appendonlydir/appendonly.aof.1.incr.aof" in note for note in about.notes)


def test_the_files_of_a_folder_may_come_one_by_one(tmp_path: Path) -> None:
    manifest = b"file mine2 seq 1 type i\nfile mine3 seq 2 type i\n"
    blocks, _ = blocks_of(tmp_path, manifest, commands("SET a 1"), commands("SET b 2"))
    assert words_in(blocks) == [[b"SET", b"a", b"1"], [b"SET", b"b", b"2"]]


def test_an_incremental_file_may_be_empty(tmp_path: Path) -> None:
    blocks, _ = blocks_of(tmp_path, zipped(folder_of(incr4=b"")))
    assert words_in(blocks) == [[b"INCR", b"a"]]


def test_a_missing_part_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path, zipped(folder_of(incr3=None)))
    assert "appendonly.aof.3.incr.aof it lists is missing" in str(error)
    assert error.source == "mine: appendonlydir/appendonly.aof.manifest"


def test_only_the_last_part_may_be_cut_off(tmp_path: Path) -> None:
    blocks, about = blocks_of(tmp_path, zipped(folder_of(incr4=commands("INCR b", "INCR c")[:-1])))
    assert (len(words_in(blocks)), about.skipped[CUT_OFF]) == (2, 1)
    error = refused(tmp_path, zipped(folder_of(incr3=commands("INCR b", "INCR c")[:-1])))
    assert "another one follows" in str(error)
    assert (error.source, error.offset) == ("mine: appendonlydir/appendonly.aof.3.incr.aof", len(commands("INCR b")))


@pytest.mark.parametrize(
    ("manifest", "line", "problem"),
    [
        (b"file a seq 1 type i\n\nfile b seq 2 type i\n", 2, "empty"),
        (b"file a seq 1 type i\nfile b seq 2 type x\n", 2, "cannot be read"),
        (b"file a seq 1 type i\nfile b seq x type i\n", 2, "cannot be read"),
        (b"file a seq 1 type i\nfile ../b seq 2 type i\n", 2, "another folder"),
        (b"file a seq 2 type i\nfile a seq 1 type i\n", None, "not in order"),
        (b"file a seq 1 type b\nfile a seq 2 type b\n", None, "two base files"),
        (b"file a seq 1 type h\n", None, "no file that is in use"),
    ],
)
def test_a_manifest_that_is_wrong_is_refused_with_the_line(
    tmp_path: Path, manifest: bytes, line: int | None, problem: str
) -> None:
    error = refused(tmp_path, zipped([("a", commands("SET a 1")), ("m", manifest)]))
    assert problem in str(error)
    assert (error.source, error.line) == ("mine: m", line)


def test_several_files_without_a_manifest_are_refused(tmp_path: Path) -> None:
    assert "no manifest" in str(refused(tmp_path, commands("SET a 1"), commands("SET b 2")))


@pytest.mark.parametrize(
    ("head", "is_aof"),
    [
        (b"*1\r\n$4\r\nPING\r\n", True),
        (b"#TS:1643689035\r\n*2\r\n$6\r\nSELECT\r\n", True),
        (b"REDIS0011\xfa\x09redis-ver\x057.0.0\xfa\x08aof-base\xc0\x01\xfe\x00", True),
        (b"REDIS0010\xfa\x0caof-preamble\xc0\x01", True),
        (b"REDIS0011\xfa\x09redis-ver\x057.0.0\xfa\x08aof-base\xc0\x00\xfe\x00", False),
        (b"file a seq 1 type i\n", True),
        (b"#TS:1\r\nSET a 1\n", False),
        (b"*", False),
        (b"SET a 1\n", False),
        (b'1700000000.000001 [0 127.0.0.1:5] "GET" "a"\n', False),
        (b"", False),
    ],
)
def test_an_append_only_file_is_recognised_by_how_it_begins(head: bytes, is_aof: bool) -> None:
    assert FORMAT.recognised(head) is is_aof
