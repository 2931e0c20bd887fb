"""How fast recordings become traces: each format beside a plain pass over the same bytes, in CPU time of one process.

`python -m benchmarks.reading FILE` reads one recording and prints the most memory it held, for the row on memory.
"""

from __future__ import annotations

import random
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import hiredis
import pyarrow.csv

from benchmarks.table import Row, row, say
from engine.traces.formats.reader import Options
from engine.traces.limits import MAX_RESIDENT_BYTES
from engine.traces.reading import read_recording

MONITOR_LINES = 400_000
AOF_COMMANDS = 400_000
TWITTER_ROWS = 2_000_000
LONG_COPIES = 25  # of the MONITOR file: ten million lines
_TIMES = 3
_SECOND = b"1700000000."


def reading_rows(folder: Path) -> list[Row]:
    """Every row on reading; the files are made in `folder`."""
    monitor = folder / "monitor.txt"
    monitor.write_bytes(b"".join(_monitor_lines()))
    return [*_monitor_rows(monitor, folder), _aof_row(folder), _twitter_row(folder), _memory_row(monitor, folder)]


def _monitor_rows(source: Path, folder: Path) -> Iterator[Row]:
    say(f"reading: {MONITOR_LINES:,} MONITOR lines")
    for redact in (False, True):
        ours, theirs = side_by_side(_reading(source, folder, redact), lambda: _plain_pass(source))
        yield row(
            f"MONITOR, redaction {'on' if redact else 'off'}, plain pass over the lines",
            MONITOR_LINES / ours,
            MONITOR_LINES / theirs,
            "lines/s",
            "To Parquet, on one core. The plain pass splits lines; it neither parses, checks nor stores.",
        )


def _aof_row(folder: Path) -> Row:
    say(f"reading: {AOF_COMMANDS:,} AOF commands")
    source = folder / "appendonly.aof"
    source.write_bytes(b"".join(_aof_commands()))
    ours, theirs = side_by_side(_reading(source, folder, False), lambda: _hiredis_pass(source))
    note = "To Parquet, on one core, redaction off. hiredis (C) only parses the same bytes."
    return row("AOF, hiredis", AOF_COMMANDS / ours, AOF_COMMANDS / theirs, "commands/s", note)


def _twitter_row(folder: Path) -> Row:
    say(f"reading: {TWITTER_ROWS:,} rows of a Twitter cache trace")
    source = folder / "twitter.csv"
    source.write_text("".join(_twitter_rows()))
    ours, theirs = side_by_side(_reading(source, folder, False), lambda: _arrow_pass(source))
    note = "To Parquet, on one core, redaction off. Arrow's CSV reader (C++), one thread, only parses the same bytes."
    return row("Twitter CSV, Arrow's CSV reader", TWITTER_ROWS / ours, TWITTER_ROWS / theirs, "rows/s", note)


def _memory_row(monitor: Path, folder: Path) -> Row:
    lines = MONITOR_LINES * LONG_COPIES
    say(f"reading: {lines:,} MONITOR lines, for their memory")
    source = folder / "long.txt"
    content = b"\n" + monitor.read_bytes()
    with source.open("wb") as file:
        for copy in range(LONG_COPIES):
            file.write(content.replace(b"\n" + _SECOND, b"\n%d." % (1_700_000_000 + copy))[1:])
    command = [sys.executable, "-m", "benchmarks.reading", str(source)]
    most = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    source.unlink()
    note = f"{lines:,} lines with redaction, all libraries included. The yardstick is the limit."
    return row("memory of reading, limit", most / (1 << 20), MAX_RESIDENT_BYTES / (1 << 20), "MiB", note)


def side_by_side(ours: Callable[[], object], theirs: Callable[[], object]) -> tuple[float, float]:
    """Median CPU seconds of each, in turns; the first turn only warms up."""
    pairs = [(_cpu_s(ours), _cpu_s(theirs)) for _ in range(_TIMES + 1)][1:]
    return statistics.median(pair[0] for pair in pairs), statistics.median(pair[1] for pair in pairs)


def _cpu_s(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started


def _reading(source: Path, folder: Path, redact: bool) -> Callable[[], object]:
    return lambda: read_recording(source, folder / "read.parquet", options=Options(redact=redact, duration_s=60.0))


def _plain_pass(source: Path) -> None:
    with source.open("rb") as file:
        for _ in file:
            pass


def _hiredis_pass(source: Path) -> None:
    reader = hiredis.Reader()
    with source.open("rb") as file:
        while block := file.read(1 << 20):
            reader.feed(block)
            while reader.gets() is not False:
                pass


def _arrow_pass(source: Path) -> None:
    options = pyarrow.csv.ReadOptions(use_threads=False, autogenerate_column_names=True)
    for _ in pyarrow.csv.open_csv(source, read_options=options):
        pass


def _calls() -> Iterator[tuple[bytes, ...]]:
    """Commands of a shop: sessions, carts, a leaderboard; values of 100 bytes that do not repeat."""
    chance = random.Random(1)
    while True:
        user = b"%d" % chance.randrange(100_000)
        match chance.randrange(10):
            case 0 | 1:
                yield b"SET", b"session:" + user, b"%050x" % chance.getrandbits(200) * 2, b"EX", b"1800"
            case 2:
                yield b"HSET", b"cart:" + user, b"item:%d" % chance.randrange(1000), b"%d" % chance.randrange(9)
            case 3:
                yield b"ZADD", b"leaderboard", b"%d" % chance.randrange(10_000), b"player:" + user
            case _:
                yield b"GET", b"session:" + user


def _monitor_lines() -> Iterator[bytes]:
    """All inside one second, so that copies of it can follow one another."""
    for number, words in zip(range(MONITOR_LINES), _calls(), strict=False):
        micros = number * 1_000_000 // MONITOR_LINES
        quoted = b" ".join(b'"%b"' % word for word in words)
        yield b"%b%06d [0 10.0.0.%d:%d] %b\n" % (_SECOND, micros, number % 7, 40_000 + number % 300, quoted)


def _aof_commands() -> Iterable[bytes]:
    for _, words in zip(range(AOF_COMMANDS), _calls(), strict=False):
        yield b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%b\r\n" % (len(word), word) for word in words)


def _twitter_rows() -> Iterator[str]:
    chance = random.Random(1)
    for number in range(TWITTER_ROWS):
        key = f"q:q:1:{chance.randrange(500_000):011d}"
        operation = "get" if number % 4 else "set"
        yield f"{number // 4000},{key},{len(key)},{200 + number % 300},{number % 50},{operation},{0 if number % 4 else 3600}\n"


def main(source: str) -> None:
    """Read, and print the most memory held, in bytes."""
    target = Path(source).with_suffix(".parquet")
    read_recording(Path(source), target)
    target.unlink()
    sys.stdout.write(f"{_most_resident_bytes()}\n")


def _most_resident_bytes() -> int:
    """Of this program alone; what getrusage says includes the process that started it."""
    status = Path("/proc/self/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024


if __name__ == "__main__":
    main(sys.argv[1])
