"""What a run replays on: the cluster asked for, and the engines that this machine can start for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from django.conf import settings

from engine.cluster.binaries import find_engines


@dataclass(frozen=True, slots=True)
class Cluster:
    """`shards` primaries with `replicas` each; `engine` a name as in `engine_choices`, empty for the default.

    With `ramp`, the highest rate whose 99th percentiles stay within the objectives is looked for after the replay. `players`:
    processes that play, None as many as the settings say. `zone_rtt_ms`: what commits are assumed to wait for between zones.
    """

    shards: int = 3
    replicas: int = 1
    mode: str = "cache"
    speed: float = 1.0
    engine: str = ""
    ramp: bool = False
    objective_read_ms: float = 2.0
    objective_write_ms: float = 5.0
    players: int | None = None
    zone_rtt_ms: float | None = None

    def ramp_json(self) -> dict[str, float] | None:
        """What a run keeps of its ramp; None without one."""
        if not self.ramp:
            return None
        return {"read_us": self.objective_read_ms * 1000, "write_us": self.objective_write_ms * 1000}

    def with_ramp(self, kept: Mapping[str, float] | None) -> Cluster:
        """The same with the ramp that a run has kept (`ramp_json`)."""
        if kept is None:
            return replace(self, ramp=False)
        read_ms, write_ms = kept["read_us"] / 1000, kept["write_us"] / 1000
        return replace(self, ramp=True, objective_read_ms=read_ms, objective_write_ms=write_ms)


def engine_choices() -> tuple[tuple[str, str], ...]:
    """`(name, what people read)` of every engine here, the default first."""
    return tuple(
        (engine.ident, f"{engine.title}, {engine.origin}") for engine in find_engines(settings.HEADROOM_ENGINE)
    )


def engine_path(name: str) -> str | None:
    """Where the engine of that name is; the name itself when it is not among those here; None for the default."""
    known = {engine.ident: str(engine.path) for engine in find_engines(settings.HEADROOM_ENGINE)}
    return known.get(name, name or settings.HEADROOM_ENGINE)
