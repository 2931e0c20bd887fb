"""What a player is told, what it says while it plays and what it answers: the same for every kind of player."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from engine.cluster.durability import WAIT_TIMEOUT_MS
from engine.replay.merging import gauge_counts

MAX_CLIENTS = 64  # recorded connections beyond share these; their order is kept all the same
MAX_BLOCKING = 256
MAX_WATCHING = 128  # clients that watch keys; each has a connection of its own
MAX_SUBSCRIBED = 128
MAX_REDIRECTS = 5
LEAD_NS = 50_000_000  # between "go" and the first operation
REPORT_NS = 500_000_000
LINGER_NS = 500_000_000  # how long messages are listened for after the last answer
DRAIN_NS = 30_000_000_000  # how long answers are waited for when nothing is left to send


@dataclass(frozen=True, slots=True)
class Task:
    """What to play and against whom. `ports[i]` is the primary of the slots `ranges[i]`.

    With a `depth` the loop is closed: due times are ignored and every connection has up to `depth` units in flight. `pure`
    asks for the player without compiled loops. `together` with other players: it starts when it is told to.
    `patience_ns`: how long missing answers are waited for. `copies`: a write is answered when so many replicas confirm it (0:
    at once), and fails when they do not within `wait_ms`. `cores`: those it has to itself (empty: any). `polls`: it has one
    whole, and asks for answers instead of sleeping until they come (compiled player, closed loop).
    """

    folder: str
    ports: tuple[int, ...]
    ranges: tuple[tuple[int, int], ...]
    password: str
    depth: int | None = None
    pure: bool = False
    together: bool = False
    patience_ns: int = DRAIN_NS
    copies: int = 0
    wait_ms: int = WAIT_TIMEOUT_MS
    cores: tuple[int, ...] = ()
    polls: bool = False

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Task:
        """The inverse of `dataclasses.asdict` through JSON."""
        ranges = tuple((int(first), int(last)) for first, last in data["ranges"])
        cores = tuple(data.get("cores", ()))
        return cls(**{**data, "ports": tuple(data["ports"]), "ranges": ranges, "cores": cores})


@dataclass(slots=True)
class Outcome:
    """Counts of operations (not units), and what the player itself used. Times in ns since the start of the replay.

    `bytes_in` and `bytes_out` are the servers': requests and replies. `started_clock_ns` is the start on the machine's
    monotonic clock, which every process here shares. `connections` carried the load.
    """

    sent: int = 0
    ok: int = 0
    errors: dict[str, int] = field(default_factory=dict)
    dropped: int = 0
    redirected: int = 0
    unanswered: int = 0
    late_units: int = 0
    out_of_memory: bool = False
    started_clock_ns: int = 0
    ended_ns: int = 0
    client_cpu_ns: int = 0  # without polling in vain
    bytes_in: int = 0
    bytes_out: int = 0
    connections: int = 0
    peak_bytes: int = 0  # most memory the player ever had resident
    aborted: int = 0  # transactions answered nil, because a key they watched had changed
    messages: int = 0  # that subscribers were sent
    message_bytes: int = 0
    tried_again: int = 0  # units sent again after TRYAGAIN
    waits: int = 0  # answered; not in `bytes_in` and `bytes_out`
    committed: int = 0  # writes
    held_late: int = 0  # of the late units those that left as soon as what they waited for was answered
    timed_out: int = 0  # writes that were executed and not confirmed in time
    stopped: str = ""  # why the replay ended before its end


def resident_peak() -> int:
    """The most memory (bytes) this process ever had resident; 0 where the kernel does not say."""
    # Not getrusage: that remembers the peak of whoever started the process.
    status = Path("/proc/self/status")
    lines = status.read_text().splitlines() if status.exists() else []
    return sum(1024 * int(line.split()[1]) for line in lines if line.startswith("VmHWM:"))


def say(line: Mapping[str, Any]) -> None:
    """One line to whoever started the player."""
    os.write(sys.stdout.fileno(), json.dumps(line).encode() + b"\n")


def say_progress(units: int, now_ns: int, recent_ns: npt.NDArray[np.int64], answered: int, outcome: Outcome) -> None:
    """How far the replay is, and how the units answered since the last time fared."""
    p50 = p99 = None
    if len(recent_ns):
        p50, p99 = (float(q) / 1000 for q in np.quantile(recent_ns, (0.5, 0.99)))
    say(
        {
            "progress": {
                "units": units,
                "now_ns": now_ns,
                "answered": answered,
                "response_p50_us": p50,
                "response_p99_us": p99,
                "late": outcome.late_units,
                "dropped": outcome.dropped,
                "errors": sum(outcome.errors.values()),
                "buckets": gauge_counts(recent_ns),
            }
        }
    )
