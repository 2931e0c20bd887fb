"""Snapshots of a run: size and time, and what they do to latency while they are written."""

from __future__ import annotations

from dataclasses import dataclass

from engine.measured.latency import Quantiles


@dataclass(frozen=True, slots=True)
class SnapshotCase:
    """Response times of a shard's operations while its snapshot was written `on` its `primary` or `replica`, or while none
    was (`quiet`, all shards). `snapshots` were written; the other figures are the largest of them. `late`: operations that the
    player itself sent late, since the snapshot takes its processor time too."""

    on: str
    operations: int
    late: int
    response: Quantiles | None
    snapshots: int
    longest_s: float | None
    longest_fork_us: int | None
    cow_bytes: int | None


@dataclass(frozen=True, slots=True)
class SnapshotImpact:
    """The busiest `turn_s` seconds of the replay, played once for each case, on a machine with `cores` processors."""

    turn_s: float
    cores: int
    cases: tuple[SnapshotCase, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An RDB written after settling, on a replica where there is one. Sums of bytes, longest of seconds.

    `cow_bytes`: pages copied while the forked child wrote, with nobody writing. `impact`: what snapshots under load do (None:
    not asked for)."""

    bytes: int
    seconds: float
    taken_on: str
    cow_bytes: int | None = None
    impact: SnapshotImpact | None = None
