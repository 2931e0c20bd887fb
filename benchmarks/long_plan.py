"""Peak memory of the player, and of what collects after it, on several million units beside that on few: neither may grow.

Every second unit is a SET whose expiry is a Unix time, so that times to be set at the start (`patches`) grow with it, too.
"""

from __future__ import annotations

import dataclasses
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import contest, load
from benchmarks.collector import collected_bytes
from benchmarks.table import Row, row, say, show, wants_json
from engine.cluster import binaries
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


def long_plan_rows(engine: Engine, folder: Path) -> list[Row]:
    """Both plans played in closed loop on one node, then collected from."""
    say(f"player and collector: peak memory on {TIMES * UNITS:,} units")
    short, long = PlanFiles(folder / "short"), PlanFiles(folder / "long")
    load.write_plan(short, UNITS, operations=expiring)
    repeat(short, long, TIMES)
    with boot(ClusterSpec(engine, shards=1, replicas=0)) as cluster:
        played = [contest.play(files, cluster, DEPTH)["peak_bytes"] for files in (long, short)]
    collected = [collected_bytes(files) for files in (long, short)]
    megabytes = sum(path.stat().st_size for path in long.folder.glob("*.bin")) / _MB
    note = f"{megabytes:,.0f} MB of index, payload and records; {UNITS // 2 * TIMES:,} expiry times are set first."
    lengths = f"peak memory on {UNITS * TIMES // 1_000_000} million units and {UNITS / 1e6:g} million"
    (long_peak, before), (short_peak, _) = collected
    program = f"All figures folded over the record, block by block; the program alone has {before / _MB:,.0f} MB."
    return [
        row(f"player, {lengths}", played[0] / _MB, played[1] / _MB, "MB", note),
        row(f"collector, {lengths}", long_peak / _MB, short_peak / _MB, "MB", program),
    ]


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


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and print these rows alone."""
    as_json = wants_json("Peak memory on a long plan beside a short one.", arguments)
    engine = binaries.choose(None)
    with tempfile.TemporaryDirectory(prefix="headroom-bench-") as name:
        show("long plan", engine, ("long", "short"), long_plan_rows(engine, Path(name)), as_json=as_json)


if __name__ == "__main__":
    main()
