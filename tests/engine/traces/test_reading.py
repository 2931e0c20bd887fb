"""Bad recordings end with a sentence that says what is wrong and where, and leave nothing behind."""

from __future__ import annotations

import gzip
import os
import tracemalloc
from pathlib import Path

import pytest

from engine.errors import Cancelled, InputError
from engine.progress import Progress
from engine.traces.limits import MAX_COMMAND_BYTES
from engine.traces.model import TraceHeader
from engine.traces.store import iter_operations
from tests.engine.traces import monitor_writing as writing
from tests.engine.traces.reading_as_is import read_recording

MIB = 1 << 20


def read(folder: Path, content: bytes) -> TraceHeader:
    (folder / "recording").write_bytes(content)
    return read_recording(folder / "recording", folder / "trace.parquet", source_name="mine.txt")


def refused(folder: Path, content: bytes) -> InputError:
    """Read it, see it refused, and see that no trace and no part of one is left."""
    with pytest.raises(InputError) as caught:
        read(folder, content)
    assert left_behind(folder) == []
    assert "mine.txt" in str(caught.value)
    return caught.value


def left_behind(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if "trace" in path.name]


def text_of(*texts: str) -> bytes:
    return b"".join(line + b"\n" for line in writing.commands(*texts))


@pytest.mark.parametrize("content", [b"", gzip.compress(b"")], ids=["plain", "gzip"])
def test_an_empty_file_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "empty" in str(refused(tmp_path, content)) or "no command" in str(refused(tmp_path, content))


@pytest.mark.parametrize("content", [b"OK\n", b"OK", b"\n\n\r\nOK\r\n\n"])
def test_a_recording_of_nothing_is_refused(tmp_path: Path, content: bytes) -> None:
    assert "there is no command" in str(refused(tmp_path, content))


@pytest.mark.parametrize(
    "content",
    [
        b"just some text\nand more\n",
        b"1700000000,1,0,SET\n",
        b'{"a": 1}\n' * 1000,
    ],
)
def test_what_is_no_recording_is_refused_with_what_was_expected(tmp_path: Path, content: bytes) -> None:
    error = refused(tmp_path, content)
    assert "not a recording that is known; it begins with" in str(error)
    assert "lines such as 1718000000.123456" in str(error)
    assert error.line == 1
    assert str(error).isprintable()


def test_a_recording_saved_as_utf_16_is_refused_with_the_remedy(tmp_path: Path) -> None:
    content = text_of("SET k v").decode().encode("utf-16")
    assert "save it as UTF-8" in str(refused(tmp_path, content))


def test_binary_junk_is_refused(tmp_path: Path) -> None:
    junk = os.urandom(3 * MIB)
    error = refused(tmp_path, b"\x00" + junk)
    assert "not a recording that is known" in str(error)
    assert str(error).isprintable()


def test_a_folder_or_a_missing_file_is_refused(tmp_path: Path) -> None:
    for source in (tmp_path, tmp_path / "nowhere"):
        with pytest.raises(InputError, match="cannot be read"):
            read_recording(source, tmp_path / "trace.parquet")
    assert left_behind(tmp_path) == []


def test_corrupt_gzip_is_refused_with_the_byte(tmp_path: Path) -> None:
    content = bytearray(gzip.compress(text_of(*(f"SET key:{n} {n * 7919}" for n in range(3000)))))
    content[len(content) // 2 : len(content) // 2 + 40] = b"\xff" * 40
    error = refused(tmp_path, bytes(content))
    assert "gzip data is corrupt" in str(error)
    assert error.offset is not None


@pytest.mark.parametrize("kept", [0.5, 0.999])
def test_truncated_gzip_is_refused(tmp_path: Path, kept: float) -> None:
    content = gzip.compress(text_of(*(f"SET key:{n} {n * 7919}" for n in range(3000))))
    error = refused(tmp_path, content[: int(len(content) * kept)])
    assert "ends too early" in str(error)
    assert error.offset == int(len(content) * kept)


def test_gzip_is_recognised_by_content_and_members_follow_one_another(tmp_path: Path) -> None:
    lines = writing.commands("SET a 1", "SET b 2", "SET c 3")
    content = b"".join(gzip.compress(line + b"\n") for line in lines) + b"\0" * 512
    assert read(tmp_path, content).operations == 3


def test_a_line_without_end_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    source = tmp_path / "recording"
    with source.open("wb") as file:
        file.write(text_of("SET a 1") + writing.commands("SET b ")[0])
        file.truncate(200 * MIB)
    tracemalloc.start()
    with pytest.raises(InputError, match="longer than 64 MiB") as caught:
        read_recording(source, tmp_path / "trace.parquet")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert caught.value.line == 2
    assert peak < MAX_COMMAND_BYTES + 32 * MIB
    assert left_behind(tmp_path) == []


def test_a_decompression_bomb_is_refused_in_bounded_memory(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "recording", "wb", compresslevel=1) as file:
        file.write(text_of("SET a 1"))
        for _ in range(160):
            file.write(b"x" * MIB)
    tracemalloc.start()
    with pytest.raises(InputError, match="longer than 64 MiB"):
        read_recording(tmp_path / "recording", tmp_path / "trace.parquet")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MAX_COMMAND_BYTES + 32 * MIB


def test_a_long_recording_is_read_in_constant_memory(tmp_path: Path) -> None:
    """40 MiB of large values: only a row group and a block may be held."""
    value = b"v" * 100_000
    with (tmp_path / "recording").open("wb") as file:
        for number in range(2400):
            file.write(writing.line(number, [b"SET", b"k%d" % number]) + b' "' + value + b'"\n')
    tracemalloc.start()
    header = read_recording(tmp_path / "recording", tmp_path / "trace.parquet")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert header.operations == 2400
    assert peak < 150 * MIB  # of 229 MiB


def test_a_few_unreadable_lines_are_left_out_and_named(tmp_path: Path) -> None:
    lines = writing.commands(*["SET k v"] * 10)
    lines[3:3] = [b"127.0.0.1:6379> ", b'1700000000.002 [0 x] "GET"']
    header = read(tmp_path, b"\n".join(lines) + b"\n")
    assert header.operations == 10
    assert header.skipped == {"unreadable line": 2}
    assert header.notes == ("Unreadable lines were left out: 4, 5.",)


def test_a_prompt_and_a_warning_before_the_first_command_are_forgiven(tmp_path: Path) -> None:
    head = b"Warning: Using a password may not be safe.\n127.0.0.1:6379> MONITOR\nOK\n"
    header = read(tmp_path, head + text_of("SET k v"))
    assert header.operations == 1
    assert header.skipped == {"unreadable line": 2, "OK line": 1}


def test_too_many_unreadable_lines_are_refused_with_the_first(tmp_path: Path) -> None:
    good, bad = writing.commands(*["SET k v"] * 300), [b"noise"] * 21
    error = refused(tmp_path, b"\n".join([*good[:50], *bad, *good[50:]]))
    assert error.line == 51
    assert "21 of 321 lines cannot be read" in str(error)


def test_unreadable_lines_within_a_twentieth_are_accepted(tmp_path: Path) -> None:
    good, bad = writing.commands(*["SET k v"] * 399), [b"noise"] * 21
    header = read(tmp_path, b"\n".join([*good, *bad, b""]))
    assert (header.operations, header.skipped) == (399, {"unreadable line": 21})
    assert header.notes == ("Unreadable lines were left out: 400, 401, 402, 403, 404 and 16 more.",)


@pytest.mark.parametrize("cut", [b'"SET" "k" "val', b'"SET" "k" "val\\', b'"SET" "k" "', b"", b'"SET'])
def test_a_last_line_that_is_cut_off_is_left_out_and_noted(tmp_path: Path, cut: bytes) -> None:
    head = writing.commands("SET a 1", "SET b 2")
    last = head[1].split(b'"')[0] + cut
    header = read(tmp_path, b"\n".join([*head, last]))
    assert header.operations == 2
    assert header.skipped == {"truncated last line": 1}
    assert header.notes == ("The last line (3) is cut off and was left out.",)


def test_a_complete_last_line_without_newline_is_kept(tmp_path: Path) -> None:
    assert read(tmp_path, text_of("SET a 1", "SET b 2").rstrip(b"\n")).operations == 2


def test_times_a_little_out_of_order_are_put_right_and_counted(tmp_path: Path) -> None:
    times = [5_000_000, 5_000_900, 5_000_400, 4_000_900, 5_001_000]
    lines = [writing.line(t_us, [b"GET", b"k"]) for t_us in times]
    header = read(tmp_path, b"\n".join(lines) + b"\n")
    stored = [operation.t_us for operation in iter_operations(tmp_path / "trace.parquet")]
    assert stored == [0, 900, 900, 900, 1000]
    assert header.notes == (
        "2 lines had times up to 1.000000 s earlier than a line before them and were given that line's time.",
    )


def test_a_recording_whose_time_goes_back_is_refused_with_both_times(tmp_path: Path) -> None:
    times = [5_000_000, 9_500_000, 8_499_999, 9_600_000]
    error = refused(tmp_path, b"\n".join(writing.line(t_us, [b"GET", b"k"]) for t_us in times))
    assert error.line == 3
    assert "from 9.500000 to 8.499999" in str(error)


def test_a_recording_without_any_command_on_data_is_refused_with_what_it_has(tmp_path: Path) -> None:
    error = refused(
        tmp_path, text_of("PING", "PING", "CONFIG GET save", "CLIENT SETNAME x", "MULTI", "EXEC", "FOO.BAR x")
    )
    assert "none of the 7 commands works on keys" in str(error)
    assert "PING (2), CONFIG GET (1)" in str(error)


def test_one_command_on_data_is_enough(tmp_path: Path) -> None:
    header = read(tmp_path, text_of("PING", "GET k"))
    assert (header.operations, header.duration_us) == (2, 1000)


def test_a_database_number_no_server_has_is_unreadable(tmp_path: Path) -> None:
    lines = [*writing.commands("SET a 1"), writing.line(1_700_000_001_000_000, [b"GET", b"k"], db=40_000)]
    assert read(tmp_path, b"\n".join([*lines, b""])).skipped == {"unreadable line": 1}


def test_numbers_too_large_for_a_time_to_live_do_not_stop_the_reading(tmp_path: Path) -> None:
    read(tmp_path, text_of("SET k v EX 99999999999999999999", "EXPIRE k 9223372036854775807", "SET k v"))
    assert [one.ttl_ms for one in iter_operations(tmp_path / "trace.parquet")] == [None, None, None]


def test_reading_stops_when_asked_and_leaves_nothing(tmp_path: Path) -> None:
    writing.write(tmp_path / "recording", writing.commands("SET k v"))
    with pytest.raises(Cancelled):
        read_recording(tmp_path / "recording", tmp_path / "trace.parquet", should_stop=lambda: True)
    assert left_behind(tmp_path) == []


@pytest.mark.parametrize("compressed", [False, True], ids=["plain", "gzip"])
def test_progress_counts_the_bytes_of_the_file_as_it_is(tmp_path: Path, compressed: bool) -> None:
    lines = [writing.line(n, [b"SET", b"k", os.urandom(600)]) for n in range(2000)]
    source = writing.write(tmp_path / "recording", lines, compressed=compressed)
    reports: list[Progress] = []
    read_recording(source, tmp_path / "trace.parquet", report=reports.append)
    done = [progress.done for progress in reports]
    assert done == sorted(done)
    assert (done[-1], reports[-1].total, reports[-1].unit) == (source.stat().st_size, source.stat().st_size, "bytes")


def test_the_older_trace_survives_a_failed_reading(tmp_path: Path) -> None:
    read(tmp_path, text_of("SET k v"))
    before = (tmp_path / "trace.parquet").read_bytes()
    with pytest.raises(InputError):
        read(tmp_path, b"junk\n")
    assert (tmp_path / "trace.parquet").read_bytes() == before
