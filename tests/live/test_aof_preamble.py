"""Append-only files with a snapshot: a real engine loads it, and its keys become the starting population."""

from __future__ import annotations

import getpass
import os
import tempfile
from pathlib import Path

import pytest

from engine.errors import InputError
from engine.traces.block import Block
from engine.traces.formats.aof import FORMAT
from engine.traces.formats.reader import About, Options
from tests.engine.traces.resp_writing import commands
from tests.engine.traces.wrapping_making import unwrapped, zipped

pytestmark = pytest.mark.live

PREAMBLE = (Path(__file__).parents[1] / "data" / "aof" / "redis_rdb-preamble.aof").read_bytes()
SNAPSHOT = PREAMBLE[:117]


def read(folder: Path, content: bytes) -> tuple[list[list[bytes]], list[list[bytes]], About]:
    """Words of the population and of the commands after it."""
    with unwrapped(folder, content) as opened:
        reader = FORMAT.open(opened.members, Options(duration_s=1))
        blocks = [block for block in reader.blocks() if isinstance(block, Block)]
    assert [block.population for block in blocks] == sorted((block.population for block in blocks), reverse=True)
    population = [words for block in blocks if block.population for words in block.words()]
    return (
        sorted(population),
        [words for block in blocks if not block.population for words in block.words()],
        reader.about,
    )


def folders() -> set[str]:
    base = Path(tempfile.gettempdir()) / f"headroom-{getpass.getuser()}-{os.getuid()}"
    return {path.name for path in base.glob(f"cluster-{os.getpid()}-*")}


def test_the_snapshot_before_the_commands_is_the_population(tmp_path: Path) -> None:
    before = folders()
    population, after, about = read(tmp_path, PREAMBLE)
    assert population == [[b"SET", b"k1", b"v1"], [b"SET", b"k2", b"v2"]]
    assert after == [[b"set", b"k3", b"v3"]]
    assert about.keyspace is not None
    assert about.keyspace["keys"] == 2
    assert folders() == before


def test_the_base_snapshot_of_a_folder_is_the_population(tmp_path: Path) -> None:
    manifest = b"file a.1.base.rdb seq 1 type b\nfile a.1.incr.aof seq 1 type i\n"
    files = [("d/a.1.base.rdb", SNAPSHOT), ("d/a.1.incr.aof", commands("INCR n")), ("d/a.manifest", manifest)]
    population, after, _ = read(tmp_path, zipped(files))
    assert ([words[1] for words in population], after) == ([b"k1", b"k2"], [[b"INCR", b"n"]])


def test_a_snapshot_no_engine_loads_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    before = folders()
    broken = b"REDIS9999" + SNAPSHOT[9:-8] + bytes(8)
    with pytest.raises(InputError):
        read(tmp_path, broken + commands("SET a 1"))
    assert folders() == before
