"""The same engine with another allocator: what keys would take there, worked out and then measured.

glibc's malloc is replaced by the system's jemalloc when the engine starts; where there is none, the test is skipped.
"""

from __future__ import annotations

import ctypes.util
from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.memory_loads import LOADS, Load, created
from engine.cluster.binaries import Engine, find_engines
from engine.cluster.local import ClusterSpec, boot
from engine.measurement import AllocatorCorrection
from engine.memory.allocators import JEMALLOC
from engine.replay import family_memory, loading, standstill, table_shape
from engine.replay.collecting_allocator import derived_correction
from engine.replay.population import Creation

pytestmark = pytest.mark.live
KEYS = 8_000  # of a quarter as many, pages that the heap keeps for itself are a per cent and a half
KINDS = [load for load in LOADS if load.title.split()[0] in ("counters,", "hashes", "sorted")]


def with_jemalloc(engine: Engine, folder: Path) -> Engine:
    """The engine started with the system's jemalloc in place of libc's malloc."""
    library = ctypes.util.find_library("jemalloc")
    if library is None:
        pytest.skip("needs the system's libjemalloc")
    script = folder / "with-jemalloc"
    script.write_text(f'#!/bin/sh\nLD_PRELOAD={library} exec "{engine.path}" "$@"\n')
    script.chmod(0o700)
    return replace(engine, path=script, allocator=JEMALLOC)


def weighed(engine: Engine) -> dict[str, tuple[AllocatorCorrection | None, int]]:
    """Each kind of keyspace by itself: the correction worked out for jemalloc, and the bytes the keys really took."""
    found = {}
    with boot(ClusterSpec(engine, 1, 0)) as cluster:
        for load in KINDS:
            cluster.shards[0].primary.ask("FLUSHALL", "SYNC")
            empty = standstill.memory(cluster)[0].settled
            part = Load(load.title, KEYS, load.name, load.create)
            words = (Creation(each[1], each) for key in created(part) for each in key)
            assert not loading.load_keys(cluster, words, total=KEYS, message="")
            corrected = family_memory.weigh(cluster, JEMALLOC).corrected
            took = standstill.memory(cluster)[0].settled - empty
            found[load.title] = derived_correction(engine, corrected, table_shape.of_cluster(cluster), JEMALLOC), took
    return found


def test_what_another_allocator_takes_is_worked_out_within_its_range(tmp_path: Path) -> None:
    engine = next((each for each in find_engines() if each.allocator == "libc"), None)
    if engine is None:
        pytest.skip("needs an engine that uses libc's malloc")
    here, there = weighed(engine), weighed(with_jemalloc(engine, tmp_path))
    for title, (correction, took) in here.items():
        assert correction is not None
        measured = there[title][1] / took
        assert correction.low <= measured <= correction.high, title
        assert correction.factor == pytest.approx(measured, abs=0.035), title
