"""What a run is asked to do, and whether that can be done: said before anything is started."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.cluster import durability
from engine.cluster.node import EVICTIONS, NO_EVICTION
from engine.errors import InputError
from engine.ramp.model import RampSpec
from engine.replay.snapshot_slice import MAX_TURN_S
from engine.replay.splitting import require_players

MAX_SPEED = 1000.0
MAX_DEPTH = 1024
LEAST_MEMORY_BYTES = 4 << 20
MAX_ZONE_RTT_MS = 1000.0


@dataclass(frozen=True, slots=True)
class RunSpec:
    """What to measure. `speed` 2 replays in half the recorded time; `engine` is a name, a path or None for the default.

    With a `depth` the loop is closed: times are ignored and every connection has up to `depth` operations in flight.
    `players` processes share the recorded connections (fewer when there are fewer connections).
    `max_memory_bytes` limits every node (None: what this machine can give), `eviction` says what happens at the limit.
    Missing answers are waited for `patience_s` after the last operation.
    `zone_rtt_ms`: a round trip between zones to assume for commits, in durable mode.
    With a `ramp` the highest rate that keeps its objective is looked for afterwards, on the same cluster.
    `snapshot_turn_s`: how long each turn lasts in which snapshots are written under load, 0 for none.
    """

    trace: Path
    folder: Path
    shards: int = 3
    replicas: int = 1
    mode: str = durability.CACHE
    speed: float = 1.0
    engine: str | None = None
    seed: int = 1
    depth: int | None = None
    players: int = 1
    max_memory_bytes: int | None = None
    eviction: str = NO_EVICTION
    patience_s: float = 30.0
    ramp: RampSpec | None = None
    zone_rtt_ms: float | None = None
    snapshot_turn_s: float = 0.0


def require_sane(spec: RunSpec) -> None:
    """Raise InputError for what cannot be run."""
    durability.require_available(spec.mode, spec.replicas)
    _require_zone(spec)
    if not 0 < spec.speed <= MAX_SPEED:
        raise InputError(
            f"{spec.speed} is not a speed.", source="speed", expected=f"more than 0, at most {MAX_SPEED:g}."
        )
    if spec.depth is not None and not 1 <= spec.depth <= MAX_DEPTH:
        raise InputError(f"{spec.depth} is not a depth.", source="depth", expected=f"1 to {MAX_DEPTH:,}.")
    require_players(spec.players)
    _require_limits(spec)
    if spec.ramp is not None:
        spec.ramp.require_sane()
    if not 0 <= spec.snapshot_turn_s <= MAX_TURN_S:
        raise InputError(
            f"{spec.snapshot_turn_s:g} s is no turn.", source="snapshot-turn", expected=f"0 to {MAX_TURN_S:g} seconds."
        )


def _require_limits(spec: RunSpec) -> None:
    if spec.eviction not in EVICTIONS:
        raise InputError(
            f"{spec.eviction!r} is no policy.", source="eviction", expected=f"one of {', '.join(EVICTIONS)}."
        )
    if spec.max_memory_bytes is not None and spec.max_memory_bytes < LEAST_MEMORY_BYTES:
        raise InputError(
            f"{spec.max_memory_bytes:,} bytes are less than an empty node uses.",
            source="maxmemory",
            expected=f"at least {LEAST_MEMORY_BYTES:,} bytes for each node.",
        )
    if spec.patience_s <= 0:
        raise InputError(f"{spec.patience_s:g} s.", source="patience", expected="more than 0 seconds.")


def _require_zone(spec: RunSpec) -> None:
    if spec.zone_rtt_ms is None:
        return
    if spec.mode != durability.DURABLE:
        raise InputError("only commits go between zones.", source="zone round trip", expected="durable mode.")
    if not 0 <= spec.zone_rtt_ms <= MAX_ZONE_RTT_MS:
        raise InputError(
            f"{spec.zone_rtt_ms} ms.", source="zone round trip", expected=f"0 to {MAX_ZONE_RTT_MS:g} milliseconds."
        )
