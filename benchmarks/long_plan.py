"""The player's peak memory on a plan of several million units beside that on a short one: it must not grow with the plan.

Every second unit is a SET whose expiry is a Unix time, so that times to be set at the start (`patches`) grow with it, too.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks import load
from benchmarks.table import Row, row, say
from engine.cluster.binaries import Engine
from engine.cluster.local import ClusterSpec, boot
from engine.replay.patches import PATCH
from engine.replay.plan import INDEX, PlanFiles
from engine.traces.model import Operation

UNITS = 200_000
TIMES = 20
DEPTH = 16
_MB = 1e6
_HOUR_MS = b"3600000"  # after the start of the recording


def long_plan_row(engine: Engine, folder: Path) -> Row:
    """Both plans played in closed loop on one node."""
    say(f"player: peak memory on {TIMES * UNITS:,} units")
    short, long = PlanFiles(folder / "short"), PlanFiles(folder / "long")
    load.write_plan(short, UNITS, operations=expiring)
    repeat(short, long, TIMES)
    with boot(ClusterSpec(engine, shards=1, replicas=0)) as cluster:
        peaks = [load.play(files, cluster, depth=DEPTH)["peak_bytes"] for files in (long, short)]
    megabytes = sum(path.stat().st_size for path in long.folder.glob("*.bin")) / _MB
    note = f"{megabytes:,.0f} MB of index, payload and records; {UNITS // 2 * TIMES:,} expiry times are set first."
    name = f"player, peak memory on {UNITS * TIMES // 1_000_000} million units and {UNITS / 1e6:g} million"
    return row(name, peaks[0] / _MB, peaks[1] / _MB, "MB", note)


def expiring(count: int) -> Iterator[Operation]:
    """The load, with a time at which each value expires."""
    for operation in load.operations(count):
        if operation.cmd == "SET":
            yield dataclasses.replace(operation, args=(*(operation.args or ()), b"PXAT", _HOUR_MS))
        else:
            yield operation


def repeat(short: PlanFiles, long: PlanFiles, times: int) -> None:
    """Write the plan `long`: `short`, so many times one after another."""
    long.folder.mkdir(parents=True)
    index, patches = np.fromfile(short.index, dtype=INDEX), np.fromfile(short.patches, dtype=PATCH)
    payload = short.payload.read_bytes()
    with long.index.open("wb") as rows, long.payload.open("wb") as bytes_, long.patches.open("wb") as moved:
        for _ in range(times):
            index.tofile(rows)
            patches.tofile(moved)
            bytes_.write(payload)
            index["start"] += len(payload)
            patches["start"] += len(payload)
    facts = short.read_facts()
    long.write_facts(dataclasses.replace(facts, units=facts.units * times, operations=facts.operations * times))
