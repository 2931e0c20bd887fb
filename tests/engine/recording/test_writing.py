"""The file of a recording is complete or not there."""

from __future__ import annotations

import gzip
import json
import os
import resource
import stat
from pathlib import Path

import pytest

from engine.errors import InputError, Interrupted
from engine.recording.writing import TRAILER, RecordingFile


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty one."""
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def test_the_file_appears_when_it_is_finished_with_the_facts_last(folder: Path) -> None:
    target = folder / "out.gz"
    file = RecordingFile(target)
    file.write(b"one line\n")
    assert not target.exists()
    size = file.finish({"shards": 3})
    assert list(folder.iterdir()) == [target]
    assert target.stat().st_size == size
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    first, last = gzip.decompress(target.read_bytes()).splitlines()
    assert first == b"one line"
    assert last.startswith(TRAILER)
    assert json.loads(last[len(TRAILER) :]) == {"shards": 3}


def test_nothing_remains_of_one_that_was_abandoned(folder: Path) -> None:
    file = RecordingFile(folder / "out.gz")
    file.write(b"one line\n")
    file.abandon()
    assert list(folder.iterdir()) == []


def test_abandoning_after_the_end_does_no_harm(folder: Path) -> None:
    file = RecordingFile(folder / "out.gz")
    file.finish({})
    file.abandon()
    assert (folder / "out.gz").exists()


def test_a_folder_that_is_not_there_is_said_before_anything_is_recorded(folder: Path) -> None:
    with pytest.raises(InputError, match=r"out\.gz: cannot be written \(No such file or directory\)"):
        RecordingFile(folder / "missing" / "out.gz")


def test_a_disk_that_takes_no_more_is_said_plainly(folder: Path) -> None:
    """The system's own limit on a file's size stands for the end of the disk: the write really fails."""
    file = RecordingFile(folder / "out.gz")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(Interrupted, match=r"out\.gz: writing failed \(File too large\); nothing was kept"):
            file.write(os.urandom(1 << 20))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(folder.iterdir()) == []
