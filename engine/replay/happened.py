"""What happens to a cluster and its machine without ending the run: dead replicas, evictions, jumps of the clock."""

from __future__ import annotations

from engine import weather
from engine.cluster.local import LocalCluster
from engine.replay.clock_watch import ClockWatch
from engine.replay.diagnosis import of_dead
from engine.weather import Incident


class Happened:
    """Keeps count of it from the boot on."""

    def __init__(self, cluster: LocalCluster, eviction: str) -> None:
        self.clock = ClockWatch()
        self.dead_replicas: set[int] = set()
        self._cluster = cluster
        self._eviction = eviction
        self._deaths: list[Incident] = []
        self._evicted = [0] * len(cluster.shards)

    def require_primaries(self, replayed_s: float | None) -> None:
        """Take note of replicas that are gone. Raises Interrupted when a primary is."""
        for each in self._cluster.casualties():
            if not each.is_primary and each.node.port not in self.dead_replicas:
                self.dead_replicas.add(each.node.port)
                self._deaths.append(of_dead(each, replayed_s))
        self._cluster.require_primaries()

    def count_evictions(self) -> None:
        """Before the engine's own counter begins anew."""
        for shard in self._cluster.shards:
            self._evicted[shard.index] += int(shard.primary.info("stats").get("evicted_keys", 0))

    def incidents(self, started_ns: int) -> list[Incident]:
        """All of it; `started_ns` is the monotonic clock at the start of the replay, 0 before."""
        evicted = [
            weather.evicted(
                weather.node("primary", shard.index), count, shard.primary.spec.max_memory_bytes, self._eviction
            )
            for shard, count in zip(self._cluster.shards, self._evicted, strict=True)
            if count
        ]
        jumped = [
            weather.clock_jumped((jump.monotonic_ns - started_ns) / 1e9 if started_ns else 0.0, jump.by_ns / 1e9)
            for jump in self.clock.jumps
        ]
        return [*self._deaths, *evicted, *jumped]
