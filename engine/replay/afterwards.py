"""What a run does on its cluster when all else is measured, since it changes the data: snapshots under load, then the ramp."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from engine.cluster.local import LocalCluster
from engine.measurement import SnapshotImpact
from engine.plain import to_plain
from engine.progress import Report, ShouldStop
from engine.replay import ramping, snapshot_impact
from engine.replay.crew import Crew
from engine.replay.live_task import LiveTask


def impact_of_snapshots(
    task: LiveTask, cluster: LocalCluster, crew: Crew, *, report: Report, should_stop: ShouldStop
) -> SnapshotImpact | None:
    """Latency while snapshots are written; None where it was not asked for, and in closed loop."""
    if not task.snapshot_turn_s or task.depth is not None:
        return None
    return snapshot_impact.measure(
        cluster,
        task.files,
        task.facts,
        task.snapshot_turn_s,
        lambda folder: crew.child("player", {**crew.routes(), "folder": str(folder)}),
        report=report,
        should_stop=should_stop,
    )


def climb(
    task: LiveTask, cluster: LocalCluster, crew: Crew, *, report: Report, check: Callable[[], None]
) -> dict[str, Any] | None:
    """The ramp as plain JSON types; None where it was not asked for. `check` raises when it is to end."""
    if task.ramp is None:
        return None
    more = {
        **crew.routes(),
        "ports": [shard.primary.port for shard in cluster.shards],
        "password": cluster.password,
    }
    stage = ramping.Stage(cluster, task.files, task.facts, report, check, partial(crew.child, "player"), more)
    return to_plain(ramping.climb(task.ramp, stage))
