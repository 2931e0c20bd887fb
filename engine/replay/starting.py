"""The moment a player starts: at once, or, with others, when all of them are ready."""

from __future__ import annotations

import json
import sys
import time

from engine.errors import Interrupted
from engine.replay.task import Task, say


def start_ns(task: Task, lead_ns: int) -> int:
    """The start of the replay on this machine's monotonic clock.

    With others: says `ready` and waits to be told. In closed loop nothing is due later, so the start is slept up to.
    """
    if not task.together:
        return time.perf_counter_ns() + lead_ns
    say({"ready": True})
    line = sys.stdin.readline()
    if not line:
        raise Interrupted("nobody gave the start.")
    start = int(json.loads(line)["start_clock_ns"])
    if task.depth is not None:
        time.sleep(max(start - time.perf_counter_ns(), 0) / 1e9)
    return start
