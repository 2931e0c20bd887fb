"""The peak memory of what collects: every figure that is folded over the record of a replay, in a process of its own.

`python -m benchmarks.collector FOLDER` reads the plan and the record that stand in a folder and prints bytes as JSON: the
peak, and what the process held before it began, which is the program itself.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from engine.replay import pacer
from engine.replay.collecting import series
from engine.replay.incidents import unanswered
from engine.replay.latencies import by_class, latencies
from engine.replay.plan import PlanFiles
from engine.replay.records import RecordFile
from engine.replay.silence import by_shard, silences
from engine.slots import slot_ranges
from engine.stats import summary

_TIMEOUT_S = 300.0


def collected_bytes(files: PlanFiles) -> tuple[int, int]:
    """Peak memory, and memory before, of a process that collects the figures of a replay in closed loop."""
    command = [sys.executable, "-m", "benchmarks.collector", str(files.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=_TIMEOUT_S)
    said = json.loads(done.stdout)
    return int(said["peak"]), int(said["before"])


def collect(files: PlanFiles) -> int:
    """All of them; answers how many units were answered."""
    facts, recorded = files.read_facts(), RecordFile(files, closed=True)
    latencies(recorded, facts)
    by_class(files, facts)
    summary.late(recorded, pacer.LATE_AFTER_NS)
    unanswered(recorded)
    ended_ns = max((int(block.done_ns.max()) for block in recorded.blocks()), default=0)
    silences(by_shard(recorded, slot_ranges(1)), end_ns=ended_ns)
    return sum(series(recorded, ended_ns, ()).operations)


def _status(name: str) -> int:
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(name + ":"))


def main() -> None:
    """Collect from the folder that is named."""
    before = _status("VmRSS")
    answered = collect(PlanFiles(Path(sys.argv[1])))
    sys.stdout.write(json.dumps({"peak": _status("VmHWM"), "before": before, "answered": answered}) + "\n")


if __name__ == "__main__":
    main()
