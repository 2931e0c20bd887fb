"""Durable mode needs three copies and a real disk, and says so."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from engine.cluster import disks, durability
from engine.errors import InputError


def test_durable_mode_has_two_replicas_unless_told_otherwise() -> None:
    assert (durability.default_replicas("durable"), durability.default_replicas("cache")) == (2, 1)
    durability.require_available("durable", 2)
    durability.require_available("cache", 0)


def test_fewer_than_three_copies_are_refused_with_the_remedy() -> None:
    with pytest.raises(InputError, match=r"replicas: durable mode with 1 replica of each.*at least 2.*Use 2 replicas"):
        durability.require_available("durable", 1)


def test_another_mode_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"'safe' is not a mode.*cache or durable"):
        durability.require_available("safe", 2)


def test_the_filesystem_of_a_folder_is_that_of_the_longest_mount_point_above_it(tmp_path: Path) -> None:
    assert disks.filesystem(Path("/proc/self")) == "proc"
    assert disks.filesystem(tmp_path / "not" / "there") == disks.filesystem(tmp_path)


def test_a_folder_in_memory_is_passed_over(monkeypatch: pytest.MonkeyPatch) -> None:
    if disks.filesystem(Path("/dev/shm")) != "tmpfs" or disks.filesystem(Path("/var/tmp")) == "tmpfs":
        pytest.skip("needs /dev/shm in memory and /var/tmp on a disk")
    monkeypatch.setattr(tempfile, "tempdir", "/dev/shm")
    assert disks.on_disk() == Path("/var/tmp")


def test_a_disk_that_is_too_small_is_said_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="append-only files of all copies need about"):
        disks.require_free(tmp_path, 1 << 60)
    disks.require_free(tmp_path, 0)
